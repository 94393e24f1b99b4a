//! How many files the processes of each service have open.
//!
//! Since Linux 6.2 the size of `/proc/<pid>/fd` is the number, which anybody may ask for at the price of one call. Before
//! that the folder must be listed, which the kernel lets root and the process' own user do, and which is bounded here.
//! A service that has a process which cannot be counted is left out: half a number is a wrong one.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::reader::is_gone;

/// So many entries are listed in one sample.
const LARGEST_LISTING: u64 = 10_000;
const PROCFS_MAGIC: rustix::fs::FsWord = 0x9fa0;

#[derive(Debug)]
pub(super) struct OpenFiles {
    /// Whether the kernel tells the number as the size of the folder.
    by_size: bool,
    /// Entries that may still be listed in this sample.
    left: u64,
    /// By cgroup of a service; none where the number is not known.
    services: HashMap<String, Option<u64>>,
}

impl OpenFiles {
    pub(super) fn new(procfs: &Path) -> Self {
        let is_procfs = rustix::fs::statfs(procfs).is_ok_and(|found| found.f_type == PROCFS_MAGIC);
        let by_size =
            is_procfs && fs::metadata(procfs.join("self/fd")).is_ok_and(|folder| folder.len() > 0);
        Self {
            by_size,
            left: 0,
            services: HashMap::new(),
        }
    }

    /// Begins a sample.
    pub(super) fn begin(&mut self) {
        self.services.clear();
        self.left = LARGEST_LISTING;
    }

    /// Counts the open files of the process in `folder` to every service that its cgroup lies in.
    pub(super) fn count(&mut self, folder: &Path, control_group: &str) {
        if !control_group.contains(".service") {
            return;
        }
        let Some(count) = self.of_process(folder) else {
            return;
        };
        for service in services(control_group) {
            let total = match self.services.get_mut(service) {
                Some(total) => total,
                None => self.services.entry(service.to_owned()).or_insert(Some(0)),
            };
            *total = total
                .zip(count)
                .map(|(total, count)| total.saturating_add(count));
        }
    }

    /// What is known.
    pub(super) fn all(&self) -> HashMap<String, u64> {
        let known = |(service, total): (&String, &Option<u64>)| Some((service.clone(), (*total)?));
        self.services.iter().filter_map(known).collect()
    }

    /// None when the process has ended; none within when it cannot be counted.
    #[expect(
        clippy::option_option,
        reason = "one that has ended does not count, one that cannot be counted spoils the number"
    )]
    fn of_process(&mut self, folder: &Path) -> Option<Option<u64>> {
        let folder = folder.join("fd");
        let counted = if self.by_size {
            fs::metadata(&folder).map(|it| it.len())
        } else {
            let most = usize::try_from(self.left).unwrap_or(usize::MAX);
            fs::read_dir(&folder).map(|entries| entries.take(most).count() as u64)
        };
        match counted {
            Ok(count) if self.by_size => Some(Some(count)),
            Ok(count) => {
                self.left -= count;
                Some((self.left > 0).then_some(count))
            }
            Err(error) if is_gone(&error) => None,
            Err(_) => Some(None),
        }
    }
}

/// The cgroups of services on the way to a cgroup, itself included.
fn services(control_group: &str) -> impl Iterator<Item = &str> {
    let ends = control_group.match_indices(".service");
    ends.filter_map(|(at, name)| {
        let end = at + name.len();
        let rest = control_group.get(end..)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| control_group.get(..end))?
    })
}

#[cfg(test)]
mod tests;
