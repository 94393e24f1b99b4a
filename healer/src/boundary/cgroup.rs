//! The cgroup that bounds a container, version 1 or 2: the outermost one that has a limit, from the top of the
//! hierarchy as it is mounted here down to that of this process. The exporter looks for it in the same way.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::Boundary;
use crate::remediation::steps::Roots;

/// A limit in bytes and what is used of it, caches that the kernel would give up first left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes {
    pub(crate) bytes: u64,
    pub(crate) used: u64,
}

/// A quota in processors and the time used so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quota {
    pub(crate) cores: f64,
    pub(crate) used: Duration,
}

/// Where the hierarchies of cgroups are, and where this process is in them.
#[derive(Debug)]
pub(crate) struct Cgroups<'r> {
    roots: &'r Roots,
    mounts: String,
    places: String,
}

impl<'r> Cgroups<'r> {
    /// The cgroups of this process, when its limits are what counts.
    pub(crate) fn that_count(roots: &'r Roots) -> std::io::Result<Option<Self>> {
        if roots.boundary != Boundary::Cgroup {
            return Ok(None);
        }
        let itself = roots.proc.join("self");
        Ok(Some(Self {
            roots,
            mounts: std::fs::read_to_string(itself.join("mountinfo"))?,
            places: std::fs::read_to_string(itself.join("cgroup"))?,
        }))
    }

    /// The memory limit; none without one.
    pub(crate) fn memory(&self) -> Option<Bytes> {
        let (names, folders) = match self.legacy("memory") {
            Some(folders) => (
                [
                    "memory.limit_in_bytes",
                    "memory.usage_in_bytes",
                    "total_active_file",
                    "total_inactive_file",
                    "-",
                ],
                folders,
            ),
            None => (
                [
                    "memory.max",
                    "memory.current",
                    "active_file",
                    "inactive_file",
                    "slab_reclaimable",
                ],
                self.unified()?,
            ),
        };
        let [limit, used, reclaimable @ ..] = names;
        folders.iter().find_map(|folder| {
            let bytes = number(&folder.join(limit))?;
            let used = number(&folder.join(used))?;
            let stat = std::fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
            let reclaimable: u64 = reclaimable.iter().filter_map(|key| keyed(&stat, key)).sum();
            Some(Bytes {
                bytes,
                used: used.saturating_sub(reclaimable),
            })
        })
    }

    /// The quota of processor time; none without one.
    pub(crate) fn cpu(&self) -> Option<Quota> {
        if let Some(folders) = self.legacy("cpu") {
            let accounting = self.legacy("cpuacct")?;
            return folders
                .iter()
                .zip(&accounting)
                .find_map(|(folder, accounting)| {
                    let quota = number(&folder.join("cpu.cfs_quota_us"))?;
                    let period = number(&folder.join("cpu.cfs_period_us"))?;
                    let nanos = number(&accounting.join("cpuacct.usage"))?;
                    Some(Quota {
                        cores: cores(quota, period)?,
                        used: Duration::from_nanos(nanos),
                    })
                });
        }
        self.unified()?.iter().find_map(|folder| {
            let max = std::fs::read_to_string(folder.join("cpu.max")).ok()?;
            let (quota, period) = max.trim().split_once(' ')?;
            let stat = std::fs::read_to_string(folder.join("cpu.stat")).ok()?;
            Some(Quota {
                cores: cores(quota.parse().ok()?, period.parse().ok()?)?,
                used: Duration::from_micros(keyed(&stat, "usage_usec")?),
            })
        })
    }

    /// Folders of the hierarchy of version 1 that has a controller, the outermost first.
    fn legacy(&self, controller: &str) -> Option<Vec<PathBuf>> {
        let has = |list: &str| list.split(',').any(|item| item == controller);
        let mount = self.mount(|kind, options| kind == "cgroup" && has(options))?;
        let place = self.places.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (list, place) = (fields.next()?, fields.next()?);
            has(list).then_some(place)
        })?;
        Some(self.folders(mount, place))
    }

    /// Folders of the hierarchy of version 2, the outermost first.
    fn unified(&self) -> Option<Vec<PathBuf>> {
        let mount = self.mount(|kind, _| kind == "cgroup2")?;
        let place = self
            .places
            .lines()
            .find_map(|line| line.strip_prefix("0::"))?;
        Some(self.folders(mount, place))
    }

    /// Root and mount point of the last mount whose type and options fit.
    fn mount(&self, fits: impl Fn(&str, &str) -> bool) -> Option<(&str, &str)> {
        self.mounts.lines().rev().find_map(|line| {
            let (own, of_type) = line.split_once(" - ")?;
            let mut own = own.split(' ').skip(3);
            let mut of_type = of_type.split(' ');
            let (root, point) = (own.next()?, own.next()?);
            let (kind, options) = (of_type.next()?, of_type.nth(1)?);
            fits(kind, options).then_some((root, point))
        })
    }

    fn folders(&self, (root, point): (&str, &str), place: &str) -> Vec<PathBuf> {
        let mut folder = self.roots.root.join(point.trim_start_matches('/'));
        let mut folders = vec![folder.clone()];
        let below = Path::new(place).strip_prefix(root).ok();
        for component in below.into_iter().flat_map(Path::components) {
            // `..` leads out of a cgroup namespace, where nothing is visible.
            let Component::Normal(name) = component else {
                break;
            };
            folder.push(name);
            folders.push(folder.clone());
        }
        folders
    }
}

/// A file with one number; none when it says `max`, is negative, or is not there: no limit.
fn number(path: &Path) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn keyed(content: &str, key: &str) -> Option<u64> {
    content.lines().find_map(|line| {
        let (name, value) = line.split_once(' ')?;
        (name == key).then(|| value.parse().ok()).flatten()
    })
}

#[expect(clippy::cast_precision_loss, reason = "microseconds far below 2^52")]
fn cores(quota: u64, period: u64) -> Option<f64> {
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}
