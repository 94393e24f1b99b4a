//! What the overview measures: a seam with three implementations.
//!
//! [`Kernel`] reads the kernel's files and is what Linux uses; [`Container`] measures CPU and memory against the
//! limits of a container instead; [`Portable`] asks the `sysinfo` crate, for systems without those files.
//! Disks are not here: how they are read without hanging is [`crate::filesystem`]'s business.

use std::fmt;
use std::time::Duration;

pub use container::{Container, Limits};
pub use kernel::Kernel;
pub use portable::Portable;

use crate::files::Files;
use crate::procfs::net_dev::DeviceBytes;
use crate::procfs::stat::CpuTicks;
use crate::roots::{Malformed, Reading};

mod container;
mod kernel;
mod portable;

/// A machine, or a container that plays one.
pub trait Machine: fmt::Debug + Send + Sync {
    /// CPU time so far.
    fn cpu(&self) -> Reading<CpuCount>;
    /// Memory at this moment.
    fn memory(&self, files: &mut Files) -> Reading<Memory>;
    /// Swap at this moment; a machine without any has a total of zero.
    fn swap(&self, files: &mut Files) -> Reading<Swap>;
    /// Bytes through each network device that counts: physical ones, and a container's own.
    fn network(&self) -> Reading<Vec<DeviceBytes>>;
}

/// CPU time so far; two of them make a usage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CpuCount {
    /// Of a whole machine, which also counts the time it had.
    Machine(CpuTicks),
    /// Of a part that may use so many cores.
    Share {
        /// CPU time used so far.
        used: Duration,
        /// How many cores it may use; a fraction when it is a quota.
        cores: f64,
    },
}

impl CpuCount {
    /// The share of the CPU time it could have had that was used since `earlier`, 0 to 1; `None` when the two
    /// cannot be compared.
    pub fn usage_since(&self, earlier: &Self, elapsed: Duration) -> Option<f64> {
        match (self, earlier) {
            (Self::Machine(later), Self::Machine(earlier)) => later.usage_since(earlier),
            (Self::Share { used, cores }, Self::Share { used: before, .. }) => {
                let used = used.checked_sub(*before)?.as_secs_f64();
                let had = elapsed.as_secs_f64() * cores;
                // A burst, or a quota that was just lowered, may exceed what it could have had.
                (had > 0.0).then(|| (used / had).min(1.0))
            }
            _ => None,
        }
    }
}

/// Memory in bytes; never more available than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    total: u64,
    available: u64,
}

impl Memory {
    /// Checks that the two can be true together.
    pub fn new(total: u64, available: u64) -> Result<Self, Malformed> {
        if total == 0 {
            Err(Malformed::Contradiction("there is no memory at all"))
        } else if available > total {
            Err(Malformed::Contradiction(
                "more memory is available than there is",
            ))
        } else {
            Ok(Self { total, available })
        }
    }

    /// All of it.
    pub fn total(self) -> u64 {
        self.total
    }

    /// What programs can have without swapping.
    pub fn available(self) -> u64 {
        self.available
    }

    /// What they cannot have.
    pub fn used(self) -> u64 {
        self.total - self.available
    }

    /// Used divided by total.
    pub fn usage(self) -> f64 {
        ratio(self.used(), self.total)
    }
}

/// Swap in bytes; never more used than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swap {
    total: u64,
    used: u64,
}

impl Swap {
    /// Checks that the two can be true together.
    pub fn new(total: u64, used: u64) -> Result<Self, Malformed> {
        if used > total {
            Err(Malformed::Contradiction("more swap is used than there is"))
        } else {
            Ok(Self { total, used })
        }
    }

    /// All of it; zero when there is none.
    pub fn total(self) -> u64 {
        self.total
    }

    /// What is used.
    pub fn used(self) -> u64 {
        self.used
    }

    /// Used divided by total; none without swap.
    pub fn usage(self) -> Option<f64> {
        (self.total > 0).then(|| ratio(self.used, self.total))
    }
}

/// `part / whole` as a ratio; `whole` is not zero.
#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio for people needs no 53 bits"
)]
pub fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests;
