//! The cgroup that bounds a container, version 1 or 2, and what it uses of its limits.
//!
//! The bound is the outermost cgroup that has the limit, on the way from the top of the hierarchy as it is
//! mounted here down to the cgroup of this process: a container sees its own cgroup at the top, so that a limit
//! of one service inside it is not mistaken for the container's. Called by [`crate::machine::Container`].

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::procfs::mountinfo::{self, Mount};
use crate::roots::{self, Malformed, ReadError, Reading, Roots};

mod hierarchy;
pub(crate) mod parse;
pub mod services;
mod v1;
mod v2;

/// The limit of a cgroup in bytes, and what it uses of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteLimit {
    /// The limit.
    pub bytes: u64,
    /// What is used, caches that the kernel would give up first not counted.
    pub used: u64,
}

/// The CPU quota of a cgroup, and the CPU time it has used so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuLimit {
    /// The quota divided by its period.
    pub cores: f64,
    /// CPU time so far.
    pub used: Duration,
}

/// Where the controllers of this process are.
#[derive(Debug)]
pub struct Cgroup {
    cpu: Option<Controller>,
    memory: Option<Controller>,
}

/// The folders of one controller, from the top as mounted here down to the cgroup of this process.
#[derive(Debug)]
enum Controller {
    V1 {
        folders: Vec<PathBuf>,
        /// CPU time has a hierarchy of its own there; empty for memory.
        accounting: Vec<PathBuf>,
    },
    V2 {
        folders: Vec<PathBuf>,
    },
}

/// What one version of cgroups calls the files about memory.
struct MemoryFiles {
    limit: &'static str,
    used: &'static str,
    /// Keys of `memory.stat`: what the kernel would give up before it refuses memory.
    reclaimable: &'static [&'static str],
}

impl MemoryFiles {
    fn read(&self, folder: &Path) -> Reading<ByteLimit> {
        let Some(bytes) = limit(&folder.join(self.limit))? else {
            return Ok(None);
        };
        let Some(used) = value(&folder.join(self.used))? else {
            return Ok(None);
        };
        let stat = folder.join("memory.stat");
        let reclaimable = roots::parse(&stat, |content| parse::sum(content, self.reclaimable))?;
        Ok(Some(ByteLimit {
            bytes,
            used: used.saturating_sub(reclaimable.unwrap_or(0)),
        }))
    }
}

impl Cgroup {
    /// Finds the hierarchies through `/proc/self/mountinfo` and `/proc/self/cgroup`.
    pub fn locate(roots: &Roots) -> Result<Self, ReadError> {
        let itself = roots.procfs.join("self");
        let mounts = roots::parse(&itself.join("mountinfo"), mountinfo::parse)?.unwrap_or_default();
        let places = roots::read(&itself.join("cgroup"))?.unwrap_or_default();
        let v1 = |controller: &str| v1_folders(&mounts, &places, roots, controller);
        let v2 = || {
            let mount = hierarchy::unified(&mounts)?;
            Some(folders(mount, place(&places, |id, _| id == b"0")?, roots))
        };
        let controller = |controller, accounting: Vec<PathBuf>| match v1(controller) {
            Some(folders) => Some(Controller::V1 {
                folders,
                accounting,
            }),
            None => v2().map(|folders| Controller::V2 { folders }),
        };
        Ok(Self {
            cpu: controller("cpu", v1("cpuacct").unwrap_or_default()),
            memory: controller("memory", Vec::new()),
        })
    }

    /// The CPU quota; none without one.
    pub fn cpu(&self) -> Reading<CpuLimit> {
        match &self.cpu {
            Some(Controller::V1 {
                folders,
                accounting,
            }) => first(folders, |depth, folder| {
                let Some(accounting) = accounting.get(depth) else {
                    return Ok(None);
                };
                v1::cpu(folder, accounting)
            }),
            Some(Controller::V2 { folders }) => first(folders, |_, folder| v2::cpu(folder)),
            None => Ok(None),
        }
    }

    /// The memory limit; none without one.
    pub fn memory(&self) -> Reading<ByteLimit> {
        match &self.memory {
            Some(Controller::V1 { folders, .. }) => {
                first(folders, |_, folder| v1::MEMORY.read(folder))
            }
            Some(Controller::V2 { folders }) => first(folders, |_, folder| v2::MEMORY.read(folder)),
            None => Ok(None),
        }
    }

    /// The swap limit; none without one.
    pub fn swap(&self) -> Reading<ByteLimit> {
        match &self.memory {
            Some(Controller::V1 { folders, .. }) => first(folders, |_, folder| v1::swap(folder)),
            Some(Controller::V2 { folders }) => first(folders, |_, folder| v2::swap(folder)),
            None => Ok(None),
        }
    }

    /// Turns a value that contradicts itself into an error that names the memory controller's folder.
    pub fn checked<T>(&self, value: Result<T, Malformed>) -> Reading<T> {
        value.map(Some).map_err(|problem| ReadError::Malformed {
            path: match &self.memory {
                Some(Controller::V1 { folders, .. } | Controller::V2 { folders }) => {
                    folders.first().cloned().unwrap_or_default()
                }
                None => PathBuf::new(),
            },
            problem,
        })
    }
}

fn v1_folders(
    mounts: &[Mount],
    places: &[u8],
    roots: &Roots,
    controller: &str,
) -> Option<Vec<PathBuf>> {
    let mount = hierarchy::legacy(mounts, controller)?;
    let place = place(places, |_, list| hierarchy::has(list, controller))?;
    Some(folders(mount, place, roots))
}

/// The path in the line of `/proc/self/cgroup` for which `is_it(id, controllers)` holds.
fn place(places: &[u8], is_it: impl Fn(&[u8], &[u8]) -> bool) -> Option<&[u8]> {
    places.split(|&byte| byte == b'\n').find_map(|line| {
        let mut fields = line.splitn(3, |&byte| byte == b':');
        let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        is_it(id, controllers).then_some(path)
    })
}

/// The folders from the mount point down to `place`; the mount point alone when `place` is not below it.
fn folders(mount: &Mount, place: &[u8], roots: &Roots) -> Vec<PathBuf> {
    let path = |bytes| Path::new(OsStr::from_bytes(bytes));
    let mut folder = hierarchy::folder(mount, roots);
    let mut folders = vec![folder.clone()];
    let below = path(place).strip_prefix(path(&mount.root)).ok();
    for component in below.into_iter().flat_map(Path::components) {
        // `..` leads out of a cgroup namespace, where nothing is visible.
        let std::path::Component::Normal(name) = component else {
            break;
        };
        folder.push(name);
        folders.push(folder.clone());
    }
    folders
}

/// The first folder from the top that has a limit.
fn first<T>(folders: &[PathBuf], limit: impl Fn(usize, &Path) -> Reading<T>) -> Reading<T> {
    for (depth, folder) in folders.iter().enumerate() {
        if let Some(limit) = limit(depth, folder)? {
            return Ok(Some(limit));
        }
    }
    Ok(None)
}

/// A file that holds a limit; none when that says that there is none.
fn limit(path: &Path) -> Reading<u64> {
    roots::parse(path, parse::limit).map(Option::flatten)
}

/// A file that holds one number.
fn value(path: &Path) -> Reading<u64> {
    roots::parse(path, parse::value)
}

/// One key of a file of `key number` lines; absent when the file does not have it.
fn keyed(path: &Path, wanted: &'static str) -> Reading<u64> {
    let found = roots::parse(path, |content| parse::keyed(content, [wanted]))?;
    Ok(found.and_then(|[value]| value))
}

/// Quota divided by period, in cores.
#[expect(clippy::cast_precision_loss, reason = "microseconds far below 2^52")]
fn cores(quota: u64, period: u64) -> Option<f64> {
    (period > 0 && quota > 0).then(|| quota as f64 / period as f64)
}

#[cfg(test)]
mod tests;
