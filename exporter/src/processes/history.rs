//! How much CPU time each process used since the sample before. Pure.
//!
//! What ended in between left its time with the parent that waited for it (`cutime`): that is how a build of a thousand
//! short compilers is seen. What was counted of it while it lived is taken off again; where it is not clear whose
//! parent got it, it is taken off wherever it may have gone: rather too little than counted twice.

use std::collections::HashMap;
use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::reader::Process;

/// The sample before.
#[derive(Debug, Default)]
pub(super) struct History {
    at: Option<Now>,
    seen: HashMap<u64, Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    start: u64,
    parent: u64,
    cpu: u64,
    children: u64,
}

/// CPU time over the interval.
#[derive(Debug)]
pub(super) struct CpuUsage {
    /// How long the interval was; none at the first sample.
    pub(super) over: Option<Duration>,
    /// Of each process, in clock ticks.
    pub(super) ticks: Vec<u64>,
}

impl History {
    /// Compares `processes` with those of the sample before, and keeps them for the next.
    pub(super) fn usage(&mut self, at: &Now, processes: &[Process]) -> CpuUsage {
        let over = self.at.as_ref().map(|before| at.since(before));
        let ended = Ended::between(&self.seen, processes);
        let used = |process: &Process| {
            let Some(before) = &self.at else {
                return 0;
            };
            let children =
                |before| ended.unseen(process.pid, process.children.saturating_sub(before));
            match self.seen.get(&process.pid) {
                Some(seen) if seen.start == process.start => {
                    let own = process.cpu.saturating_sub(seen.cpu);
                    own.saturating_add(children(seen.children))
                }
                // A new one, under a pid that may have been another's.
                _ if is_younger(process, before) => process.cpu.saturating_add(children(0)),
                // It was not to be seen before.
                _ => 0,
            }
        };
        let ticks = processes.iter().map(used).collect();
        self.at = Some(at.clone());
        self.seen = processes.iter().map(|it| (it.pid, Seen::of(it))).collect();
        CpuUsage { over, ticks }
    }
}

impl Seen {
    fn of(process: &Process) -> Self {
        Self {
            start: process.start,
            parent: process.parent,
            cpu: process.cpu,
            children: process.children,
        }
    }

    /// What its parent gets when it ends, as far as it is known.
    fn total(&self) -> u64 {
        self.cpu.saturating_add(self.children)
    }
}

/// Whether a process was started after a sample; that was taken over some time, and ticks are rounded.
fn is_younger(process: &Process, sample: &Now) -> bool {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    let start = Duration::from_millis(process.start.saturating_mul(1000) / per_second);
    start + Duration::from_secs(1) >= sample.boot
}

/// What was counted already of processes that have ended.
#[derive(Debug, Default)]
struct Ended {
    /// By the parent that is still there.
    with_parent: HashMap<u64, u64>,
    /// Of those whose parent has ended too: whoever they were left to has got it.
    orphaned: u64,
}

impl Ended {
    fn between(seen: &HashMap<u64, Seen>, processes: &[Process]) -> Self {
        let starts: HashMap<u64, u64> = processes.iter().map(|it| (it.pid, it.start)).collect();
        let is_there = |pid: u64| {
            let before = seen.get(&pid).map(|it| it.start);
            before.is_some() && starts.get(&pid).copied() == before
        };
        let mut ended = Self::default();
        for (&pid, process) in seen {
            if is_there(pid) {
                continue;
            }
            let place = if is_there(process.parent) {
                ended.with_parent.entry(process.parent).or_default()
            } else {
                &mut ended.orphaned
            };
            *place = place.saturating_add(process.total());
        }
        ended
    }

    /// Of what the ended children of a process used, what was never counted.
    fn unseen(&self, parent: u64, children: u64) -> u64 {
        let counted = self.with_parent.get(&parent).copied().unwrap_or(0);
        children.saturating_sub(counted.saturating_add(self.orphaned))
    }
}

#[cfg(test)]
mod tests;
