//! CPU time as it is published: of each CPU and mode, and never going backwards.
//!
//! The kernel lets iowait and idle time shrink a little, which Prometheus would take for a restart and count twice. A
//! time that shrank is held at what it was, until it has grown past that. A CPU whose idle time shrank by seconds was
//! taken offline and came back: it starts anew. One that is offline is forgotten. The collector `cpu` keeps this over
//! scrapes; `node_exporter` does the same.

use crate::procfs::is_whole;
use crate::procfs::stat::{self, CpuLine};
use crate::roots::Malformed;

/// Ticks in a second, for programs; the kernel's own tick may be another.
const TICKS_PER_SECOND: u16 = 100;
/// Idle time that shrank by so much is another life of the CPU.
const TICKS_OF_ANOTHER_LIFE: u64 = 300;
/// The place of idle time among the modes.
const IDLE: usize = 3;

/// The time of each CPU that is online, in the order of their numbers.
#[derive(Debug, Default)]
pub struct CpuTimes {
    cpus: Vec<CpuTime>,
}

/// The time of one CPU.
#[derive(Debug)]
pub struct CpuTime {
    cpu: String,
    ticks: [u64; stat::MODES.len()],
    known: usize,
}

impl CpuTimes {
    /// Takes over what `/proc/stat` says now.
    pub fn update(&mut self, content: &[u8]) -> Result<(), Malformed> {
        is_whole(content)?;
        let mut online = 0;
        for line in stat::cpus(content) {
            let line = line?;
            let ahead = self.cpus.iter().skip(online);
            if let Some(offline) = ahead.clone().position(|it| it.cpu == line.cpu) {
                self.cpus.drain(online..online + offline);
            } else {
                self.cpus.insert(online, CpuTime::new(line.cpu));
            }
            if let Some(cpu) = self.cpus.get_mut(online) {
                cpu.update(&line);
            }
            online += 1;
        }
        self.cpus.truncate(online);
        if online == 0 {
            return Err(Malformed::Missing("cpu0"));
        }
        Ok(())
    }

    /// The CPUs that are online.
    pub fn cpus(&self) -> &[CpuTime] {
        &self.cpus
    }
}

impl CpuTime {
    fn new(cpu: &str) -> Self {
        Self {
            cpu: cpu.to_owned(),
            ticks: Default::default(),
            known: 0,
        }
    }

    fn update(&mut self, line: &CpuLine<'_>) {
        let shrank = self.ticks[IDLE].saturating_sub(line.ticks[IDLE]);
        if shrank >= TICKS_OF_ANOTHER_LIFE {
            self.ticks = Default::default();
        }
        for (held, &ticks) in self.ticks.iter_mut().zip(&line.ticks) {
            *held = ticks.max(*held);
        }
        self.known = line.known;
    }

    /// Its number, as text for a label.
    pub fn cpu(&self) -> &str {
        &self.cpu
    }

    /// Seconds in each mode that this kernel knows, in the order of [`stat::MODES`].
    pub fn seconds(&self) -> impl Iterator<Item = f64> {
        let known = self.ticks.iter().take(self.known);
        known.map(|&ticks| seconds(ticks))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a CPU does not run for the 2.8 million years that 2^53 ticks are"
)]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / f64::from(TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests;
