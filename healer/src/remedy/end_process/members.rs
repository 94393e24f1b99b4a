//! Reading the processes of one unit, and who the healer itself is. All of it blocks.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use super::choice::{self, CLOSER, Candidate, Own};
use super::command_line;
use crate::processes::cgroup::control_group;
use crate::processes::identity::Identity;
use crate::processes::{self, Folder, Place, ProcessesError, Root, parse};

/// Processes above the healer, at most: more would be a loop.
const MOST_ANCESTORS: usize = 64;

/// CPU time by process, at one moment.
pub(super) type CpuTimes = HashMap<(u32, u64), u64>;

/// What the members of a unit are read with.
pub(super) struct Members {
    pub(super) proc: Folder,
    pub(super) root: Root,
    pub(super) own: Own,
}

impl Members {
    pub(super) fn open(proc: &Path) -> Result<Self, ProcessesError> {
        let proc = Folder::open(proc)?;
        let root = processes::root(&proc, &mut Vec::new())?;
        let own = own(&proc, &root)?;
        Ok(Self { proc, root, own })
    }

    /// All that are in a place and hold anything, in the order of their memory. A place outside of what the service
    /// manager keeps has none.
    pub(super) fn by_memory(&self, place: &Place) -> Result<Vec<Candidate>, ProcessesError> {
        let mut candidates = self.read(place, |candidate| {
            let memory = candidate.present.status.memory?;
            Some(as_f64(memory.total()))
        })?;
        choice::order(&mut candidates);
        for candidate in candidates.iter_mut().take(CLOSER) {
            candidate.proportional = self.proportional(candidate.identity.pid);
        }
        Ok(candidates)
    }

    /// CPU time of all that are in a place.
    pub(super) fn cpu_times(&self, place: &Place) -> Result<CpuTimes, ProcessesError> {
        let members = self.read(place, |_| Some(0.0))?;
        let time = |member: Candidate| {
            let stat = member.present.stat;
            ((member.identity.pid, stat.start), stat.cpu)
        };
        Ok(members.into_iter().map(time).collect())
    }

    /// All that are in a place, in the order of the CPU time that they used since `before`.
    pub(super) fn by_cpu(
        &self,
        place: &Place,
        before: &CpuTimes,
        between: Duration,
        ticks_per_second: u64,
    ) -> Result<Vec<Candidate>, ProcessesError> {
        let mut candidates = self.read(place, |candidate| {
            let stat = candidate.present.stat;
            let before = before.get(&(candidate.identity.pid, stat.start));
            let ticks = stat.cpu.saturating_sub(before.copied().unwrap_or(0));
            Some(processes::busy_processors(ticks, between, ticks_per_second))
        })?;
        choice::order(&mut candidates);
        Ok(candidates)
    }

    /// The command line of a process, without secrets.
    pub(super) fn command_line(&self, pid: u32) -> String {
        let mut buffer = Vec::new();
        match self.proc.read(&format!("{pid}/cmdline"), &mut buffer) {
            Ok(true) => command_line::masked(&buffer),
            Ok(false) | Err(_) => String::new(),
        }
    }

    fn read(
        &self,
        place: &Place,
        used: impl Fn(&Candidate) -> Option<f64>,
    ) -> Result<Vec<Candidate>, ProcessesError> {
        let mut found = Vec::new();
        let mut buffer = Vec::new();
        for pid in self.proc.pids()? {
            if !self.proc.read(&format!("{pid}/cgroup"), &mut buffer)?
                || !control_group(&buffer).is_some_and(|path| place.holds(&path))
            {
                continue;
            }
            let Some(folder) = self.proc.process(pid)? else {
                continue;
            };
            let Some((identity, present)) = Identity::read(&folder)? else {
                continue;
            };
            // It may have moved since.
            if !place.holds(&identity.control_group) {
                continue;
            }
            let oom_score = if folder.read("oom_score", &mut buffer)? {
                parse::single(&buffer).unwrap_or(0)
            } else {
                0
            };
            let mut candidate = Candidate {
                identity,
                present,
                used: 0.0,
                proportional: None,
                oom_score,
            };
            if let Some(used) = used(&candidate) {
                candidate.used = used;
                found.push(candidate);
            }
        }
        Ok(found)
    }

    /// Needs the right to look into the process.
    fn proportional(&self, pid: u32) -> Option<f64> {
        let mut buffer = Vec::new();
        match self.proc.read(&format!("{pid}/smaps_rollup"), &mut buffer) {
            Ok(true) => parse::proportional(&buffer).map(as_f64),
            Ok(false) | Err(_) => None,
        }
    }
}

fn own(proc: &Folder, root: &Root) -> Result<Own, ProcessesError> {
    let mut buffer = Vec::new();
    let mut pids = Vec::new();
    let mut pid = std::process::id();
    while pid > 1 && pids.len() < MOST_ANCESTORS && !pids.contains(&pid) {
        pids.push(pid);
        let Some(folder) = proc.process(pid)? else {
            break;
        };
        let Some((_, present)) = Identity::read(&folder)? else {
            break;
        };
        pid = present.stat.parent;
    }
    let is_read = proc.read(&format!("{}/cgroup", std::process::id()), &mut buffer)?;
    let place = is_read
        .then(|| control_group(&buffer))
        .flatten()
        .and_then(|path| root.place(&path));
    Ok(Own { pids, place })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share of memory needs no last bit"
)]
fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}
