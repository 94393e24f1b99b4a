//! The machine as the `sysinfo` crate describes it: what systems without `/proc` and `/sys` use.
//!
//! `sysinfo` gives a usage since its last refresh, not CPU time, so that the time used is added up here; it is
//! asked by the sampler only, once each step.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prunelle_foundation::clock::{Now, SharedClock};
use sysinfo::{Networks, System};

use super::kernel::is_virtual_name;
use super::{CpuCount, Machine, Memory, Swap};
use crate::files::Files;
use crate::procfs::net_dev::DeviceBytes;
use crate::roots::{Malformed, ReadError, Reading};

/// Asks `sysinfo`.
pub struct Portable {
    clock: SharedClock,
    state: Mutex<State>,
}

struct State {
    system: System,
    networks: Networks,
    used: Duration,
    refreshed: Now,
}

impl Portable {
    /// Looks at this machine for the first time; none where `sysinfo` does not know the system.
    pub fn new(clock: SharedClock) -> Result<Self, sysinfo::Error> {
        let mut system = System::new()?;
        system.refresh_cpu_usage();
        let state = State {
            system,
            networks: Networks::new()?,
            used: Duration::ZERO,
            refreshed: clock.now(),
        };
        Ok(Self {
            clock,
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Portable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portable").finish_non_exhaustive()
    }
}

impl Machine for Portable {
    fn cpu(&self) -> Reading<CpuCount> {
        let mut state = self.state();
        state.system.refresh_cpu_usage();
        let now = self.clock.now();
        #[expect(clippy::cast_precision_loss, reason = "a number of CPUs")]
        let cores = state.system.cpus().len() as f64;
        if cores == 0.0 {
            return Ok(None);
        }
        let share = f64::from(state.system.global_cpu_usage() / 100.0).clamp(0.0, 1.0);
        let elapsed = now.since(&state.refreshed);
        state.used += elapsed.mul_f64(share * cores);
        state.refreshed = now;
        let used = state.used;
        Ok(Some(CpuCount::Share { used, cores }))
    }

    fn memory(&self, _: &mut Files) -> Reading<Memory> {
        let mut state = self.state();
        state.system.refresh_memory();
        let memory = Memory::new(state.system.total_memory(), state.system.available_memory());
        memory.map(Some).map_err(malformed)
    }

    fn swap(&self, _: &mut Files) -> Reading<Swap> {
        let mut state = self.state();
        state.system.refresh_memory();
        let swap = Swap::new(state.system.total_swap(), state.system.used_swap());
        swap.map(Some).map_err(malformed)
    }

    fn network(&self) -> Reading<Vec<DeviceBytes>> {
        let mut state = self.state();
        state.networks.refresh(true);
        let devices = state.networks.iter().map(|(device, data)| DeviceBytes {
            device: device.to_string_lossy().into_owned(),
            received: data.total_received(),
            sent: data.total_transmitted(),
        });
        let counted = devices.filter(|it| !is_virtual_name(&it.device));
        Ok(Some(counted.collect()))
    }
}

fn malformed(problem: Malformed) -> ReadError {
    ReadError::Malformed {
        path: "sysinfo".into(),
        problem,
    }
}

#[cfg(test)]
mod tests;
