//! Which groups are the greediest. Pure.

use std::collections::HashMap;
use std::hash::Hash;

use super::Group;

/// What one process has used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage<'a> {
    pub(super) name: &'a str,
    pub(super) unit: &'a str,
    /// CPU time over the interval, in clock ticks.
    pub(super) ticks: u64,
    /// Resident memory in bytes, and how much of it is shared.
    pub(super) resident: u64,
    pub(super) shared: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Total {
    ticks: u64,
    own: u64,
    largest_shared: u64,
    processes: u64,
}

impl Total {
    /// Memory that is shared within a group counts once. Summing it up would make a database with a hundred processes a
    /// hundred times too large; what the kernel knows better (`smaps_rollup`) it tells root alone, and it costs more the
    /// more memory a process has.
    fn memory(&self) -> u64 {
        self.own.saturating_add(self.largest_shared)
    }
}

/// The `count` greediest groups by CPU and the `count` greediest by memory, each once, the greediest by CPU first.
/// `had` is how many ticks the machine had; without it there was no interval.
pub(super) fn greediest<'a>(
    usages: impl Iterator<Item = Usage<'a>>,
    had: Option<f64>,
    count: usize,
) -> Vec<Group> {
    let mut totals: HashMap<(&str, &str), Total> = HashMap::new();
    for usage in usages {
        let total = totals.entry((usage.unit, usage.name)).or_default();
        let shared = usage.shared.min(usage.resident);
        total.ticks = total.ticks.saturating_add(usage.ticks);
        total.own = total.own.saturating_add(usage.resident - shared);
        total.largest_shared = total.largest_shared.max(shared);
        total.processes += 1;
    }
    let by_cpu = top(&totals, count, |total| total.ticks);
    let by_memory = top(&totals, count, Total::memory);
    let is_new = |key: &&(&str, &str)| !by_cpu.contains(key);
    let chosen = by_cpu.iter().chain(by_memory.iter().filter(is_new));
    let group = |key: &(&str, &str)| {
        let total = totals.get(key)?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a ratio for people needs no 53 bits"
        )]
        let cpu = had.filter(|&had| had > 0.0).map(|had| {
            // Ticks are rounded, and a sample takes its time.
            (total.ticks as f64 / had).min(1.0)
        });
        Some(Group {
            name: key.1.to_owned(),
            unit: key.0.to_owned(),
            cpu,
            memory: total.memory(),
            processes: total.processes,
        })
    };
    chosen.filter_map(group).collect()
}

/// The keys with the highest figures, zero excepted; of two alike the lower key, so that it does not change by chance.
fn top<K: Copy + Eq + Hash + Ord>(
    totals: &HashMap<K, Total>,
    count: usize,
    figure: impl Fn(&Total) -> u64,
) -> Vec<K> {
    let mut keys: Vec<_> = totals
        .iter()
        .map(|(key, total)| (std::cmp::Reverse(figure(total)), *key))
        .filter(|(figure, _)| figure.0 > 0)
        .collect();
    keys.sort_unstable();
    keys.truncate(count);
    keys.into_iter().map(|(_, key)| key).collect()
}

#[cfg(test)]
mod tests;
