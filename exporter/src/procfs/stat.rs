//! `/proc/stat`: CPU time by mode since boot, over all CPUs.

use super::{lines, number, words};
use crate::roots::Malformed;

/// The columns of the `cpu` line that count, in their order; guest time, which follows, is part of user time.
const COLUMNS: usize = 8;
/// The columns that every kernel has: user, nice, system, idle.
const COLUMNS_OF_OLD: usize = 4;

/// CPU time in clock ticks since boot, over all CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuTicks {
    /// user, nice, system, idle, iowait, irq, softirq, steal. A mode that the kernel does not know yet is
    /// counted in another by it, so that zero is right for it.
    modes: [u64; COLUMNS],
    /// How many CPUs are online.
    pub cpus: usize,
}

impl CpuTicks {
    /// The share of CPU time that was used from `earlier` to this; `None` when no time passed.
    ///
    /// Idle and iowait are unused: a CPU that waits for a disk can run something else. Steal is used: the time
    /// was wanted, was not to be had, and the machine is as slow as a fully used one (the node mixin counts
    /// alike). Guest time is not added, because the kernel has it in user and nice already. A mode that went
    /// backwards, as the kernel lets iowait do, counts as unchanged.
    pub fn usage_since(&self, earlier: &Self) -> Option<f64> {
        let mut unused = 0_u64;
        let mut total = 0_u64;
        for (mode, (later, earlier)) in self.modes.iter().zip(earlier.modes).enumerate() {
            let passed = later.saturating_sub(earlier);
            total = total.saturating_add(passed);
            if matches!(mode, 3 | 4) {
                unused = unused.saturating_add(passed);
            }
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "ticks within one interval are far below 2^52"
        )]
        (total > 0).then(|| (total - unused) as f64 / total as f64)
    }
}

/// Parses the file.
pub fn parse(content: &[u8]) -> Result<CpuTicks, Malformed> {
    let mut modes = None;
    let mut cpus = 0;
    for (line_number, line) in lines(content) {
        let mut words = words(line);
        match words.next() {
            Some(b"cpu") => modes = Some(columns(line_number, words)?),
            Some(name) if name.starts_with(b"cpu") => cpus += 1,
            _ => {}
        }
    }
    Ok(CpuTicks {
        modes: modes.ok_or(Malformed::Missing("cpu"))?,
        cpus,
    })
}

fn columns<'a>(
    line: usize,
    words: impl Iterator<Item = &'a [u8]>,
) -> Result<[u64; COLUMNS], Malformed> {
    let mut modes = [0; COLUMNS];
    let mut found = 0;
    for (mode, word) in modes.iter_mut().zip(words) {
        *mode = number(word).ok_or(Malformed::Item {
            line,
            item: "CPU time",
            wanted: "a number of ticks",
        })?;
        found += 1;
    }
    if found < COLUMNS_OF_OLD {
        return Err(Malformed::Item {
            line,
            item: "the line `cpu`",
            wanted: "at least four columns",
        });
    }
    Ok(modes)
}

#[cfg(test)]
mod tests;
