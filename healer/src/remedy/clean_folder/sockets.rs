//! Sockets that are bound to a path, from `/proc/net/unix`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// Paths of bound sockets, of this network namespace.
#[derive(Clone, Debug)]
pub(super) struct LiveSockets {
    /// None when the list cannot be read: then every socket may be live.
    paths: Option<HashSet<PathBuf>>,
}

impl LiveSockets {
    pub(super) fn read(proc: &Path) -> Self {
        Self {
            paths: std::fs::read(proc.join("net/unix"))
                .ok()
                .map(|list| parse(&list)),
        }
    }

    /// A socket that was bound by a relative path is recognised by its name alone.
    pub(super) fn contains(&self, path: &Path) -> bool {
        self.paths.as_ref().is_none_or(|paths| {
            paths.contains(path)
                || path
                    .file_name()
                    .is_some_and(|name| paths.contains(Path::new(name)))
        })
    }
}

/// The eighth column, when there is one; `@` begins the abstract names, which are no files.
pub(super) fn parse(list: &[u8]) -> HashSet<PathBuf> {
    list.split(|byte| *byte == b'\n')
        .skip(1)
        .filter_map(|line| {
            let mut rest = line;
            for _ in 0..7 {
                rest = rest.trim_ascii_start();
                let end = rest.iter().position(|byte| *byte == b' ')?;
                rest = rest.get(end..)?;
            }
            let path = rest.get(1..)?;
            if path.is_empty() || path.first() == Some(&b'@') {
                return None;
            }
            let path = PathBuf::from(OsString::from_vec(path.to_vec()));
            let is_relative = !path.is_absolute();
            match path.file_name() {
                Some(name) if is_relative => Some(PathBuf::from(name)),
                _ => Some(path),
            }
        })
        .collect()
}
