//! What the cgroups of watched services say, of version 1, 2 or both at once.
//!
//! Descriptors are kept open from one scrape to the next, up to a limit: reading an open file costs a tenth of opening
//! it. What must hold: no figure is of a former cgroup of the same name. The kernel answers `ENODEV` through a descriptor
//! of a cgroup that is gone; then whatever was read of the unit in this scrape is dropped and it is read again from its
//! path, once. Called by the collector `service_resources`.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use crate::procfs::mountinfo;
use crate::roots::{self, ReadError, Roots};
use kept::{Kept, Outcome};
use tree::Trees;

mod kept;
mod sources;
mod tree;

/// What one service has used; what its kernel does not tell, or not of it, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// CPU time in user mode and in the kernel.
    pub cpu: Option<CpuTime>,
    /// What a CPU quota has held back; none while there never was one.
    pub throttling: Option<Throttling>,
    /// Memory in bytes, caches included.
    pub memory: Option<u64>,
    /// The most there was of it.
    pub memory_peak: Option<u64>,
    /// Swap in bytes.
    pub swap: Option<u64>,
    /// Memory in bytes that no file stands behind.
    pub anon: Option<u64>,
    /// Page cache in bytes, shared memory included.
    pub file: Option<u64>,
    /// Processes that were killed because memory was short.
    pub oom_kills: Option<u64>,
    /// Bytes and operations to and from devices.
    pub io: Io,
    /// Time lost to waiting for the CPU.
    pub cpu_pressure: Option<Pressure>,
    /// Time lost to waiting for memory.
    pub memory_pressure: Option<Pressure>,
    /// Time lost to waiting for I/O.
    pub io_pressure: Option<Pressure>,
    /// Processes and threads.
    pub tasks: Option<u64>,
}

/// CPU time so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuTime {
    /// In user mode.
    pub user: Duration,
    /// In the kernel.
    pub system: Duration,
}

/// What a CPU quota has held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttling {
    /// Periods in which something ran.
    pub periods: u64,
    /// Periods in which the quota was used up.
    pub throttled_periods: u64,
    /// How long tasks were held back.
    pub throttled: Duration,
}

/// What went to and from all devices together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Io {
    /// Bytes read.
    pub read_bytes: Option<u64>,
    /// Bytes written.
    pub written_bytes: Option<u64>,
    /// Reads.
    pub reads: Option<u64>,
    /// Writes.
    pub writes: Option<u64>,
}

/// Time lost to waiting for a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pressure {
    /// Some task waited.
    pub waiting: Duration,
    /// All tasks waited at once.
    pub stalled: Option<Duration>,
}

/// The cgroup of a unit, as systemd tells of it.
#[derive(Clone, Copy, Debug)]
pub struct UnitCgroup<'a> {
    /// The unit: what it is kept by.
    pub name: &'a str,
    /// `ControlGroup`: its path in every hierarchy.
    pub control_group: &'a str,
    /// `InvocationID`: another one is another cgroup, of whatever name.
    pub invocation_id: Option<&'a str>,
}

/// The cgroups of all watched services.
#[derive(Debug, Default)]
pub struct ServiceCgroups {
    /// None until they have been found.
    trees: Option<Trees>,
    units: HashMap<String, Kept>,
    /// How many descriptors may be kept; what is beyond is opened each time. None until it is asked for.
    limit: Option<usize>,
    open: usize,
    round: u64,
    buffer: Vec<u8>,
}

impl ServiceCgroups {
    /// Nothing is open yet; at most `limit` descriptors will be, instead of as many as this process can afford.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit: Some(limit),
            ..Self::default()
        }
    }

    /// Begins to read all units; those that are not read until [`Self::end`] are forgotten.
    pub fn begin(&mut self) {
        self.round += 1;
        self.buffer.resize(self.buffer.len().max(4096), 0);
    }

    /// Closes the descriptors of units that were not read since [`Self::begin`].
    pub fn end(&mut self) {
        let round = self.round;
        self.units.retain(|_, kept| kept.round == round);
        self.open = self.units.values().map(Kept::open).sum();
    }

    /// How many descriptors are kept open.
    pub fn open(&self) -> usize {
        self.open
    }

    /// What the cgroup of a unit says; nothing at all when it has none.
    pub fn read(&mut self, roots: &Roots, unit: UnitCgroup<'_>) -> Result<Figures, ReadError> {
        if !is_path(unit.control_group) {
            return Ok(Figures::default());
        }
        let trees = match &mut self.trees {
            Some(trees) => &*trees,
            place => &*place.insert(locate(roots)?),
        };
        if !self.units.contains_key(unit.name) {
            self.units.insert(unit.name.to_owned(), Kept::default());
        }
        let Some(kept) = self.units.get_mut(unit.name) else {
            return Ok(Figures::default());
        };
        kept.round = self.round;
        self.open -= kept.open();
        kept.turn_to(unit, trees);
        let limit = *self.limit.get_or_insert_with(kept::descriptor_limit);
        let room = limit.saturating_sub(self.open);
        let mut outcome = kept.read(trees, room, &mut self.buffer);
        if matches!(outcome, Ok(Outcome::Gone)) {
            kept.close();
            outcome = kept.read(trees, room, &mut self.buffer);
        }
        self.open += kept.open();
        match outcome? {
            Outcome::Figures(figures) => Ok(*figures),
            // It goes at this very moment.
            Outcome::Gone => Ok(Figures::default()),
        }
    }
}

fn locate(roots: &Roots) -> Result<Trees, ReadError> {
    let path = roots.procfs.join("self/mountinfo");
    let mounts = roots::parse(&path, mountinfo::parse)?.unwrap_or_default();
    Ok(Trees::new(&mounts, roots))
}

/// Whether `ControlGroup` names a cgroup below the root. The root is every process, and empty is none.
fn is_path(control_group: &str) -> bool {
    let path: &Path = control_group.as_ref();
    let names = path.strip_prefix("/").map(Path::components);
    names.is_ok_and(|mut names| {
        let mut count = 0;
        names.all(|name| {
            count += 1;
            matches!(name, std::path::Component::Normal(_))
        }) && count > 0
    })
}

#[cfg(test)]
mod tests;
