//! Processor time used: of the machine by `/proc/stat`, of a container by its cgroup.

use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::{UsageError, container, ratio, read};
use crate::remediation::steps::Roots;

/// Columns of the line `cpu` that add up to all of the time; guest time is part of user time.
const COLUMNS: usize = 8;

/// What has been used so far.
#[derive(Clone, Debug)]
pub(super) enum Counted {
    /// Of all processors, in clock ticks.
    Machine([u64; COLUMNS]),
    /// Of a quota.
    Quota { used: Duration, cores: f64, at: Now },
}

/// What has been used until now.
pub(super) fn count(roots: &Roots, at: Now) -> Result<Counted, UsageError> {
    let path = roots.proc.join("stat");
    let content = read(path.clone())?;
    let ticks = ticks(&content).ok_or(UsageError::Malformed { path })?;
    if let Some(quota) = container(roots)?.and_then(|cgroups| cgroups.cpu())
        && quota.cores < processors(&content)
    {
        return Ok(Counted::Quota {
            used: quota.used,
            cores: quota.cores,
            at,
        });
    }
    Ok(Counted::Machine(ticks))
}

impl Counted {
    /// The share that was used since `earlier` (0–1); none when no time passed, or when the measure changed.
    pub(super) fn since(&self, earlier: &Self) -> Option<f64> {
        match (self, earlier) {
            (Self::Machine(later), Self::Machine(earlier)) => {
                let passed = |column: usize| {
                    let (later, earlier) = (later.get(column), earlier.get(column));
                    Some(later?.saturating_sub(*earlier?))
                };
                let total: u64 = (0..COLUMNS).filter_map(passed).sum();
                // A processor that waits for a disk can run something else.
                let unused: u64 = [3, 4].into_iter().filter_map(passed).sum();
                ratio(total - unused, total)
            }
            (
                Self::Quota { used, cores, at },
                Self::Quota {
                    used: before,
                    at: then,
                    ..
                },
            ) => {
                let passed = at.since(then).as_secs_f64() * cores;
                let used = used.saturating_sub(*before).as_secs_f64();
                (passed > 0.0).then(|| (used / passed).min(1.0))
            }
            _ => None,
        }
    }
}

/// The line `cpu` over all processors; what an old kernel does not count is zero.
fn ticks(content: &str) -> Option<[u64; COLUMNS]> {
    let line = content.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let mut ticks = [0; COLUMNS];
    let mut words = line.split_ascii_whitespace();
    for (place, column) in ticks.iter_mut().enumerate() {
        match words.next() {
            Some(word) => *column = word.parse().ok()?,
            None if place >= 4 => break,
            None => return None,
        }
    }
    Some(ticks)
}

#[expect(clippy::cast_precision_loss, reason = "a number of processors")]
fn processors(content: &str) -> f64 {
    let lines = content.lines().filter(|line| {
        line.strip_prefix("cpu")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    lines.count() as f64
}
