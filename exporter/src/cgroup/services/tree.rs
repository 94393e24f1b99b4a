//! The hierarchies that are mounted here, and which of the sources each of them has.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::super::hierarchy;
use super::sources::{Hierarchy, SOURCES, Source};
use crate::procfs::mountinfo::Mount;
use crate::roots::Roots;

/// What can be read of every unit, and below which folder.
#[derive(Debug)]
pub(super) struct Trees(Vec<(&'static Source, Tree)>);

/// One hierarchy.
#[derive(Clone, Debug)]
struct Tree {
    /// Where it is mounted.
    folder: PathBuf,
    /// The cgroup that is mounted there.
    root: PathBuf,
}

impl Trees {
    pub(super) fn new(mounts: &[Mount], roots: &Roots) -> Self {
        let tree = |mount: &Mount| Tree {
            folder: hierarchy::folder(mount, roots),
            root: root(Path::new(OsStr::from_bytes(&mount.root))),
        };
        let of = |source: &'static Source| {
            let mount = match source.hierarchy {
                Hierarchy::Unified => hierarchy::unified(mounts),
                Hierarchy::Legacy(controller) => hierarchy::legacy(mounts, controller),
            };
            Some((source, tree(mount?)))
        };
        Self(SOURCES.iter().filter_map(of).collect())
    }

    /// The sources in their order, with the path of each for a unit; none where the unit is outside of what is mounted.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&'static Source, &Path, &Path)> {
        self.0
            .iter()
            .map(|(source, tree)| (*source, tree.folder.as_path(), tree.root.as_path()))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Where the file of a unit is.
pub(super) fn path(folder: &Path, root: &Path, control_group: &str, file: &str) -> Option<PathBuf> {
    let below = Path::new(control_group).strip_prefix(root).ok()?;
    let mut path = folder.join(below);
    path.push(file);
    Some(path)
}

/// What lies above the cgroup namespace of this process reads as `/..`: the whole hierarchy, as far as a host's is
/// mounted into a container.
fn root(root: &Path) -> PathBuf {
    let is_above = root
        .components()
        .all(|it| matches!(it, Component::RootDir | Component::ParentDir));
    if is_above {
        "/".into()
    } else {
        root.to_owned()
    }
}
