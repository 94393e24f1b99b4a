//! How much there is of a resource on this machine, or in the container that it is.

use super::parse::key_in_kilobytes;
use super::{Folder, ProcessesError};
use crate::boundary::cgroup::Cgroups;
use crate::remediation::steps::Roots;

/// What the machine has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    /// Memory in bytes, swap not counted.
    pub memory: u64,
    /// Processors, or the quota of them.
    pub processors: f64,
    /// Whether anything is swapped out.
    pub is_swapping: bool,
}

impl Capacity {
    /// Reads `meminfo` and `stat` of the machine, and the limits of the container when it plays a host.
    pub fn read(proc: &Folder, roots: &Roots) -> Result<Self, ProcessesError> {
        let mut content = Vec::new();
        proc.read("meminfo", &mut content)?;
        let value = |key: &[u8], item| {
            key_in_kilobytes(&content, key).ok_or(ProcessesError::Malformed {
                path: proc.path().join("meminfo"),
                item,
            })
        };
        let memory = value(b"MemTotal", "MemTotal")?;
        let is_swapping = value(b"SwapTotal", "SwapTotal")? > value(b"SwapFree", "SwapFree")?;
        proc.read("stat", &mut content)?;
        let processors = content
            .split(|&byte| byte == b'\n')
            .filter(|line| {
                let number = line.strip_prefix(b"cpu");
                number.is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
            })
            .count();
        let processors = u32::try_from(processors).unwrap_or(u32::MAX).max(1);
        let of_machine = Self {
            memory: memory.max(1),
            processors: f64::from(processors),
            is_swapping,
        };
        let cgroups = Cgroups::that_count(roots).map_err(|source| ProcessesError::Read {
            path: roots.proc.join("self/mountinfo"),
            source,
        })?;
        Ok(cgroups.map_or(of_machine, |cgroups| of_machine.within(&cgroups)))
    }

    /// No more than the container may use.
    fn within(self, cgroups: &Cgroups<'_>) -> Self {
        let memory = cgroups.memory().map_or(self.memory, |limit| limit.bytes);
        let processors = cgroups.cpu().map_or(self.processors, |quota| quota.cores);
        Self {
            memory: memory.clamp(1, self.memory),
            processors: processors.min(self.processors),
            ..self
        }
    }
}
