//! Removing the log's own files: plain ones that are compressed by now, half-compressed ones, and those that are too old.

use std::fs;
use std::io;
use std::path::Path;

use super::part_name::PartName;

/// Removes a finished file of a log. Whatever does not bear a name that the log itself gives, or is not a file, stays.
#[expect(
    clippy::disallowed_methods,
    reason = "the log's own files only, by names that nothing but the log gives, and no alert or policy has a say in"
)]
pub(super) fn remove(log: &Path, path: &Path) -> io::Result<()> {
    let (Some(log_name), Some(name)) = (log.file_name(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let is_own = PartName::parse(log_name, name).is_some() && log.parent() == path.parent();
    if !is_own || !fs::symlink_metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    fs::remove_file(path)
}
