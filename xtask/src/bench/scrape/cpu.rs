//! CPU time of a process to the nanosecond: `/proc/PID/stat` counts in hundredths of a second, too coarse for a minute
//! of small scrapes, so the scheduler's own count of each thread is added up.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, Result};
use rustix::process::Pid;

/// Counts from the moment it is made. A thread that ends takes with it what it used since the last look.
pub(in crate::bench) struct CpuMeter {
    process: Pid,
    /// Nanoseconds of each thread at the last look.
    threads: HashMap<String, u64>,
    used: u64,
}

impl CpuMeter {
    pub(in crate::bench) fn start(process: Pid) -> Result<Self> {
        let mut meter = Self {
            process,
            threads: HashMap::new(),
            used: 0,
        };
        meter.look()?;
        meter.used = 0;
        Ok(meter)
    }

    /// Adds what was used since the last look.
    pub(in crate::bench) fn look(&mut self) -> Result<()> {
        let folder = format!("/proc/{}/task", self.process.as_raw_pid());
        for entry in fs::read_dir(&folder).context("the program is gone")? {
            let thread = entry?.file_name().to_string_lossy().into_owned();
            // It may have ended by now.
            let Ok(text) = fs::read_to_string(format!("{folder}/{thread}/schedstat")) else {
                continue;
            };
            let first = text.split(' ').next().context("an empty schedstat")?;
            let now: u64 = first.parse()?;
            let before = self.threads.insert(thread, now).unwrap_or(0);
            self.used += now.saturating_sub(before);
        }
        Ok(())
    }

    /// Up to the last look.
    pub(in crate::bench) fn milliseconds(&self) -> f64 {
        std::time::Duration::from_nanos(self.used).as_secs_f64() * 1e3
    }
}
