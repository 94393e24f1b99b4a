//! Which folders a policy may name.

use std::path::{Component, Path, PathBuf};

use super::checker::Problem;

/// Folders in which nothing is ever cleaned, at whatever depth.
pub(super) const PROTECTED: [&str; 16] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/prunelle",
    "/var/log/prunelle",
    "/var/lib/systemd",
];

/// Folders that hold much more than what can be cleaned; folders below them may be named.
const TOO_WIDE: [&str; 5] = [
    "/var/lib",
    "/var/log",
    "/var/spool",
    "/var/mail",
    "/var/opt",
];

/// An absolute path without `.` and `..`.
pub(super) fn absolute(text: &str) -> Result<PathBuf, Problem> {
    let path = Path::new(text);
    if !path.is_absolute() {
        return Err(Problem::new(
            format!("`{text}` is not an absolute path"),
            "begin with `/`",
        ));
    }
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::RootDir | Component::Normal(_)))
        && !text.split('/').any(|part| part == ".");
    if !is_plain {
        return Err(Problem::new(
            format!("`{text}` has `.` or `..` in it"),
            "write the folder that is meant",
        ));
    }
    // Collected from its parts: `/tmp//x/` becomes `/tmp/x`.
    Ok(path.components().collect())
}

/// A folder that a remedy may clean.
pub(super) fn cleanable(text: &str, protected: &[PathBuf]) -> Result<PathBuf, Problem> {
    let path = absolute(text)?;
    let depth = path.components().count() - 1;
    if TOO_WIDE.iter().any(|wide| path == Path::new(wide))
        || (depth < 2 && path != Path::new("/tmp"))
    {
        return Err(Problem::new(
            format!("`{text}` is too wide to be cleaned"),
            "name a folder below it; at the root only `/tmp` may be named",
        ));
    }
    if let Some(hit) = protected.iter().find(|folder| path.starts_with(folder)) {
        return Err(Problem::new(
            format!("`{text}` is protected, as everything in {}", hit.display()),
            "name another folder, or run the cleaning with a tool of its own",
        ));
    }
    if let Some(hit) = protected.iter().find(|folder| folder.starts_with(&path)) {
        return Err(Problem::new(
            format!("`{text}` holds the protected folder {}", hit.display()),
            "name a folder beside it",
        ));
    }
    Ok(path)
}
