//! Where package managers keep what they downloaded. Looked at only; a folder that cannot be read counts as empty.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// A package manager that `prunelle-clean-package-cache.service` knows.
struct Manager {
    program: &'static str,
    cache: &'static str,
    /// Ending of its packages' files.
    ending: &'static str,
}

/// In the order in which the helper looks for them.
const MANAGERS: [Manager; 3] = [
    Manager {
        program: "usr/bin/apt-get",
        cache: "var/cache/apt/archives",
        ending: "deb",
    },
    Manager {
        program: "usr/bin/dnf5",
        cache: "var/cache/libdnf5",
        ending: "rpm",
    },
    Manager {
        program: "usr/bin/dnf",
        cache: "var/cache/dnf",
        ending: "rpm",
    },
];

/// Folders below a cache that are looked into: `REPOSITORY/packages`.
const DEPTH: u32 = 2;

/// What lies in the cache of the package manager that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Which one; none when none is there, or its cache is elsewhere.
    pub(super) manager: Option<&'static str>,
    /// How many packages.
    pub(super) files: u64,
    /// What they take on disk.
    pub(super) bytes: u64,
}

/// Looks at the cache of the first package manager that is there, if its folder is wanted.
pub(super) fn usage(root: &Path, is_wanted: impl Fn(&Path) -> bool) -> Usage {
    let mut usage = Usage::default();
    let manager = MANAGERS
        .iter()
        .find(|manager| root.join(manager.program).exists());
    let Some(manager) = manager else {
        return usage;
    };
    let cache = root.join(manager.cache);
    if is_wanted(&cache) {
        usage.manager = manager.program.rsplit('/').next();
        add(&mut usage, &cache, manager.ending, DEPTH);
    }
    usage
}

fn add(usage: &mut Usage, folder: &Path, ending: &str, depth: u32) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        // Not followed: links lead elsewhere.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        let path = entry.path();
        if metadata.is_dir() && depth > 0 {
            add(usage, &path, ending, depth - 1);
        } else if metadata.is_file() && path.extension().is_some_and(|is| is == ending) {
            usage.files += 1;
            usage.bytes += metadata.blocks().saturating_mul(512);
        }
    }
}

#[cfg(test)]
mod tests;
