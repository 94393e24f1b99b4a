//! Names of sockets that somebody is bound to, from `/proc/<pid>/net/unix`, once for each network namespace.
//!
//! Using a socket changes none of its time stamps, so age says nothing about it; and it holds no space. Hence the
//! caution: sockets are compared by their last name alone (who bound it may have used another path), and when not all
//! namespaces can be read, every socket counts as live.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::open_files::{is_user_process, processes};

/// What is bound.
#[derive(Clone, Debug)]
pub(super) struct LiveSockets {
    /// None when not all can be told.
    names: Option<HashSet<OsString>>,
}

impl LiveSockets {
    pub(super) fn read(proc: &Path) -> Self {
        Self {
            names: read_all(proc),
        }
    }

    pub(super) fn contains(&self, name: &OsStr) -> bool {
        self.names.as_ref().is_none_or(|names| names.contains(name))
    }
}

fn read_all(proc: &Path) -> Option<HashSet<OsString>> {
    let mut names = HashSet::new();
    let mut namespaces = HashSet::new();
    for (_, process) in processes(proc) {
        let namespace = match std::fs::metadata(process.join("ns/net")) {
            Ok(namespace) => (namespace.dev(), namespace.ino()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(_) if is_user_process(&process) => return None,
            Err(_) => continue,
        };
        if namespaces.contains(&namespace) {
            continue;
        }
        // A process that has just ended leaves its namespace to the next one.
        if let Ok(list) = std::fs::read(process.join("net/unix")) {
            names.extend(parse(&list));
            namespaces.insert(namespace);
        }
    }
    (!namespaces.is_empty()).then_some(names)
}

/// The last name of the eighth column, when there is one; `@` begins the abstract names, which are no files.
pub(super) fn parse(list: &[u8]) -> impl Iterator<Item = OsString> {
    list.split(|byte| *byte == b'\n')
        .skip(1)
        .filter_map(|line| {
            let mut rest = line;
            for _ in 0..7 {
                rest = rest.trim_ascii_start();
                let end = rest.iter().position(|byte| *byte == b' ')?;
                rest = rest.get(end..)?;
            }
            let path = rest.get(1..).filter(|path| path.first() != Some(&b'@'))?;
            Path::new(OsStr::from_bytes(path))
                .file_name()
                .map(OsStr::to_owned)
        })
}
