//! `/proc/stat`: CPU time by mode since boot, over all CPUs and of each, and counters of the scheduler.
//!
//! Each caller reads the lines that it needs: [`parse`] those of the overview, [`cpus`] and [`totals`] those of the
//! collectors. Of the line `intr`, which may have thousands of columns, only the first is looked at.

use std::str::from_utf8;

use super::{is_whole, lines, number, words};
use crate::roots::Malformed;

/// The columns of a `cpu` line, in their order. Guest time is part of user time, and `guest_nice` of `nice`.
pub const MODES: [&str; COLUMNS] = [
    "user",
    "nice",
    "system",
    "idle",
    "iowait",
    "irq",
    "softirq",
    "steal",
    "guest",
    "guest_nice",
];
const COLUMNS: usize = 10;
/// The columns that add up to all of the time.
const COLUMNS_OF_TOTAL: usize = 8;
/// The columns that every kernel has: user, nice, system, idle.
const COLUMNS_OF_OLD: usize = 4;

/// CPU time in clock ticks since boot, over all CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuTicks {
    /// By [`MODES`]. A mode that the kernel does not know yet is counted in another by it, so that zero is right
    /// for it.
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
        for (mode, (later, earlier)) in self
            .modes
            .iter()
            .zip(earlier.modes)
            .enumerate()
            .take(COLUMNS_OF_TOTAL)
        {
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

/// CPU time of one CPU in clock ticks since it came online.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuLine<'a> {
    /// Its number, as text for a label.
    pub cpu: &'a str,
    /// By [`MODES`]; what this kernel does not know is zero.
    pub ticks: [u64; COLUMNS],
    /// How many of them this kernel knows.
    pub known: usize,
}

/// What is counted, or is the case at this moment, over all CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Interrupts serviced.
    pub interrupts: u64,
    /// Context switches.
    pub context_switches: u64,
    /// Seconds from 1970 to the boot.
    pub boot_time: u64,
    /// Processes and threads made.
    pub forks: u64,
    /// Tasks that run or can run.
    pub running: u64,
    /// Tasks that wait for I/O.
    pub blocked: u64,
}

/// CPU time over all CPUs, and how many there are.
pub fn parse(content: &[u8]) -> Result<CpuTicks, Malformed> {
    let mut modes = None;
    let mut cpus = 0;
    for (line, text) in cpu_lines(content) {
        let mut words = words(text);
        match words.next() {
            Some(b"cpu") => modes = Some(columns(line, words)?.0),
            _ => cpus += 1,
        }
    }
    Ok(CpuTicks {
        modes: modes.ok_or(Malformed::Missing("cpu"))?,
        cpus,
    })
}

/// CPU time of each CPU that is online, in the order of their numbers.
pub fn cpus(content: &[u8]) -> impl Iterator<Item = Result<CpuLine<'_>, Malformed>> {
    cpu_lines(content)
        .filter(|(_, text)| !text.starts_with(b"cpu "))
        .map(|(line, text)| {
            let mut words = words(text);
            let number = words.next().and_then(|name| name.strip_prefix(b"cpu"));
            let number = number.filter(|number| self::number(number).is_some());
            let cpu = number.and_then(|number| from_utf8(number).ok());
            let cpu = cpu.ok_or(Malformed::Item {
                line,
                item: "the CPU",
                wanted: "`cpu` and its number",
            })?;
            let (ticks, known) = columns(line, words)?;
            Ok(CpuLine { cpu, ticks, known })
        })
}

/// The counters after the lines of the CPUs; each of them is in every kernel.
pub fn totals(content: &[u8]) -> Result<Totals, Malformed> {
    is_whole(content)?;
    let (mut interrupts, mut context_switches, mut boot_time) = (None, None, None);
    let (mut forks, mut running, mut blocked) = (None, None, None);
    for (line, text) in lines(content) {
        let mut words = words(text);
        let field = match words.next() {
            Some(b"intr") => &mut interrupts,
            Some(b"ctxt") => &mut context_switches,
            Some(b"btime") => &mut boot_time,
            Some(b"processes") => &mut forks,
            Some(b"procs_running") => &mut running,
            Some(b"procs_blocked") => &mut blocked,
            _ => continue,
        };
        let value = words.next().and_then(number);
        *field = Some(value.ok_or(Malformed::Item {
            line,
            item: "a counter",
            wanted: "a number",
        })?);
    }
    Ok(Totals {
        interrupts: interrupts.ok_or(Malformed::Missing("intr"))?,
        context_switches: context_switches.ok_or(Malformed::Missing("ctxt"))?,
        boot_time: boot_time.ok_or(Malformed::Missing("btime"))?,
        forks: forks.ok_or(Malformed::Missing("processes"))?,
        running: running.ok_or(Malformed::Missing("procs_running"))?,
        blocked: blocked.ok_or(Malformed::Missing("procs_blocked"))?,
    })
}

/// The lines about CPUs, with which the file begins.
fn cpu_lines(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    lines(content).take_while(|(_, line)| line.starts_with(b"cpu"))
}

/// The columns, and how many of them there are.
fn columns<'a>(
    line: usize,
    words: impl Iterator<Item = &'a [u8]>,
) -> Result<([u64; COLUMNS], usize), Malformed> {
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
    Ok((modes, found))
}

#[cfg(test)]
mod tests;
