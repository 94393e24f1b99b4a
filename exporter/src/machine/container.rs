//! A container that plays a host: CPU, memory and swap are measured against its own cgroup's limits. Where it has
//! no limit, or one that the machine cannot meet, the machine's figures count. Disks are unaffected.

use super::kernel::is_virtual_name;
use super::{CpuCount, Kernel, Machine, Memory, Swap};
use crate::cgroup::Cgroup;
use crate::files::Files;
use crate::procfs::net_dev::DeviceBytes;
use crate::roots::{ReadError, Reading, Roots};

/// A container on a machine.
#[derive(Debug)]
pub struct Container {
    kernel: Kernel,
    cgroup: Cgroup,
}

impl Container {
    /// Finds the cgroup of this process below `roots`.
    pub fn new(roots: Roots) -> Result<Self, ReadError> {
        Ok(Self {
            cgroup: Cgroup::locate(&roots)?,
            kernel: Kernel::new(roots),
        })
    }

    /// What it is bounded by at this moment.
    pub fn limits(&self) -> Result<Limits, ReadError> {
        Ok(Limits {
            cores: self.cgroup.cpu()?.map(|limit| limit.cores),
            memory: self.cgroup.memory()?.map(|limit| limit.bytes),
        })
    }
}

/// The limits of a container; none where the machine is the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// CPU quota in cores.
    pub cores: Option<f64>,
    /// Memory in bytes.
    pub memory: Option<u64>,
}

impl Machine for Container {
    fn cpu(&self) -> Reading<CpuCount> {
        let machine = self.kernel.ticks()?;
        let limit = self.cgroup.cpu()?;
        #[expect(clippy::cast_precision_loss, reason = "a number of CPUs")]
        let of_machine = |cores: f64| machine.is_some_and(|ticks| cores >= ticks.cpus as f64);
        Ok(match limit {
            Some(limit) if !of_machine(limit.cores) => Some(CpuCount::Share {
                used: limit.used,
                cores: limit.cores,
            }),
            _ => machine.map(CpuCount::Machine),
        })
    }

    fn memory(&self, files: &mut Files) -> Reading<Memory> {
        let machine = self.kernel.memory(files)?;
        let Some(limit) = self.cgroup.memory()? else {
            return Ok(machine);
        };
        if machine.is_some_and(|machine| limit.bytes >= machine.total()) {
            return Ok(machine);
        }
        // The kernel lets usage exceed a limit for a moment: then nothing is available.
        let available = limit.bytes.saturating_sub(limit.used);
        self.cgroup.checked(Memory::new(limit.bytes, available))
    }

    fn swap(&self, files: &mut Files) -> Reading<Swap> {
        let machine = self.kernel.swap(files)?;
        let Some(limit) = self.cgroup.swap()? else {
            return Ok(machine);
        };
        if machine.is_none_or(|machine| limit.bytes >= machine.total()) {
            return Ok(machine);
        }
        let used = limit.used.min(limit.bytes);
        self.cgroup.checked(Swap::new(limit.bytes, used))
    }

    /// The devices of a container are virtual on the machine, and its own all the same: sysfs is not asked.
    fn network(&self) -> Reading<Vec<DeviceBytes>> {
        self.kernel.devices(|device| !is_virtual_name(device))
    }
}

#[cfg(test)]
mod tests;
