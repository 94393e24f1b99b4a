//! The choice of the greediest unit: pure, over samples.
//!
//! A unit stands out when it holds a tenth of the memory, or uses a tenth of the processors and a fifth of one at least.
//! Less than that is not why a machine runs out of either. Units within a tenth of each other are near-ties: the one that
//! grew most between two samples is chosen. A lesser unit never stands in for the greediest one.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::{Bytes, Capacity, Place, Sample, Usage};
use crate::facts::Victim;
use crate::target::Resource;

/// The share of the machine's memory, or of its processors, that a unit has to use to stand out.
const STANDS_OUT: f64 = 0.1;
/// The share of one processor that it has to use at least.
const STANDS_OUT_PROCESSOR: f64 = 0.2;
/// A unit that uses this share of what the greediest does is a near-tie with it.
const NEAR_TIE: f64 = 0.9;
/// How many others the evidence names.
const RUNNERS_UP: usize = 2;

/// What came of a choice.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// This one, in this place.
    Greediest(Victim, Place),
    /// No unit stands out.
    Nobody,
    /// There is a near-tie, which only another sample can break.
    NearTie,
}

/// What a place uses: bytes, or processors.
#[derive(Clone, Debug)]
struct Share<'a> {
    place: &'a Place,
    used: f64,
    /// By how much it grew, in bytes; none where that is not known.
    growth: Option<f64>,
    processes: u32,
}

/// Chooses by `later`; `earlier` tells the growth of memory, and is needed for CPU time, which is used between the two.
/// `ticks_per_second` is how CPU time is counted.
pub fn choose(
    resource: Resource,
    earlier: Option<&Sample>,
    later: &Sample,
    capacity: &Capacity,
    ticks_per_second: u64,
) -> Choice {
    let mut shares = match (resource, earlier) {
        (Resource::Memory, earlier) => by_memory(earlier, later),
        (Resource::Cpu, Some(earlier)) => by_cpu(earlier, later, capacity, ticks_per_second),
        (Resource::Cpu, None) => return Choice::NearTie,
    };
    let least = match resource {
        Resource::Memory => as_f64(capacity.memory) * STANDS_OUT,
        Resource::Cpu => (capacity.processors * STANDS_OUT).max(STANDS_OUT_PROCESSOR),
    };
    shares.sort_by(|one, other| {
        let by_use = other.used.total_cmp(&one.used);
        by_use.then_with(|| one.place.cmp(other.place))
    });
    let Some(most) = shares
        .first()
        .map(|share| share.used)
        .filter(|&most| most >= least)
    else {
        return Choice::Nobody;
    };
    let tied = shares
        .iter()
        .take_while(|share| share.used >= (most * NEAR_TIE).max(least))
        .count();
    if tied > 1 && resource == Resource::Memory {
        if earlier.is_none() {
            return Choice::NearTie;
        }
        // Stable: what grew as much stays in the order of use.
        if let Some(tied) = shares.get_mut(..tied) {
            tied.sort_by(|one, other| {
                other
                    .growth
                    .unwrap_or(0.0)
                    .total_cmp(&one.growth.unwrap_or(0.0))
            });
        }
    }
    let Some((greediest, others)) = shares.split_first() else {
        return Choice::Nobody;
    };
    let victim = Victim {
        unit: greediest.place.unit.clone(),
        evidence: evidence(resource, greediest, others, capacity),
    };
    Choice::Greediest(victim, greediest.place.clone())
}

fn by_memory<'a>(earlier: Option<&Sample>, later: &'a Sample) -> Vec<Share<'a>> {
    let before: Option<HashMap<&Place, u64>> = earlier.map(|earlier| {
        let mut sums = HashMap::new();
        for process in &earlier.processes {
            if let Some(place) = earlier.places.get(process.place) {
                *sums.entry(place).or_default() += process.memory;
            }
        }
        sums
    });
    let mut shares = empty_shares(later);
    for process in &later.processes {
        if let Some(share) = shares.get_mut(process.place) {
            share.used += as_f64(process.memory);
            share.processes += 1;
        }
    }
    for share in &mut shares {
        // What was not there before has grown from nothing.
        share.growth = before
            .as_ref()
            .map(|before| share.used - as_f64(before.get(share.place).copied().unwrap_or(0)));
    }
    shares
}

fn by_cpu<'a>(
    earlier: &Sample,
    later: &'a Sample,
    capacity: &Capacity,
    ticks_per_second: u64,
) -> Vec<Share<'a>> {
    let between = later.at.saturating_sub(earlier.at);
    let mut shares = empty_shares(later);
    for (process, ticks) in ticks_between(earlier, later) {
        if let Some(share) = shares.get_mut(process.place) {
            share.used += busy_processors(ticks, between, ticks_per_second);
            share.processes += 1;
        }
    }
    for share in &mut shares {
        // Ticks are counted a little late or early: nobody uses more than there is.
        share.used = share.used.min(capacity.processors);
    }
    shares
}

/// CPU time of each process between two samples, with that of children which have ended meanwhile.
pub(crate) fn ticks_between<'a>(
    earlier: &Sample,
    later: &'a Sample,
) -> impl Iterator<Item = (&'a Usage, u64)> {
    let identity = |process: &Usage| (process.pid, process.start);
    let before: HashMap<_, Usage> = earlier
        .processes
        .iter()
        .map(|process| (identity(process), *process))
        .collect();
    let mut vanished: HashMap<_, Usage> = before.clone();
    for process in &later.processes {
        vanished.remove(&identity(process));
    }
    // What an ended child had used before the first sample comes to its parent only now.
    let mut inherited: HashMap<u32, u64> = HashMap::new();
    for process in vanished.values() {
        *inherited.entry(process.parent).or_default() += process.cpu + process.children;
    }
    later.processes.iter().map(move |process| {
        let known = before.get(&identity(process)).copied().unwrap_or_default();
        let own = process.cpu.saturating_sub(known.cpu);
        // The first process is left the children of others: their work is not its own.
        let children = if process.pid == 1 {
            0
        } else {
            process
                .children
                .saturating_sub(known.children)
                .saturating_sub(inherited.get(&process.pid).copied().unwrap_or(0))
        };
        (process, own + children)
    })
}

/// Processors that were kept busy on average.
pub(crate) fn busy_processors(ticks: u64, between: Duration, ticks_per_second: u64) -> f64 {
    let seconds = between.as_secs_f64();
    if seconds > 0.0 && ticks_per_second > 0 {
        as_f64(ticks) / as_f64(ticks_per_second) / seconds
    } else {
        0.0
    }
}

fn empty_shares(sample: &Sample) -> Vec<Share<'_>> {
    let share = |place| Share {
        place,
        used: 0.0,
        growth: None,
        processes: 0,
    };
    sample.places.iter().map(share).collect()
}

fn evidence(
    resource: Resource,
    greediest: &Share<'_>,
    others: &[Share<'_>],
    capacity: &Capacity,
) -> String {
    let share = match resource {
        Resource::Memory => greediest.used / as_f64(capacity.memory),
        Resource::Cpu => greediest.used / capacity.processors,
    };
    let of = match resource {
        Resource::Memory => "of memory",
        Resource::Cpu => "of all processors",
    };
    let processes = if greediest.processes == 1 {
        "process"
    } else {
        "processes"
    };
    let mut text = format!(
        "{} uses {} in {} {processes}, {:.0} % {of}",
        name(greediest.place),
        amount(resource, greediest.used),
        greediest.processes,
        share * 100.0,
    );
    if let Some(growth) = greediest.growth.filter(|&growth| growth >= 1.0) {
        let _ = write!(text, ", and grew by {} meanwhile", amount(resource, growth));
    }
    let mut others: Vec<_> = others.iter().filter(|other| other.used > 0.0).collect();
    others.sort_by_key(|other| Reverse(to_u64(other.used * 1000.0)));
    for (index, other) in others.iter().take(RUNNERS_UP).enumerate() {
        let lead = if index == 0 { "; next" } else { "," };
        let _ = write!(
            text,
            "{lead} {} {}",
            name(other.place),
            amount(resource, other.used)
        );
    }
    text
}

/// The unit, or what else the cgroup is.
fn name(place: &Place) -> String {
    if place.unit.kind() == "slice" {
        format!(
            "cgroup `{}`, which is no unit's,",
            super::printable(place.control_group.as_bytes())
        )
    } else {
        format!("`{}`", place.unit)
    }
}

fn amount(resource: Resource, used: f64) -> String {
    match resource {
        Resource::Memory => Bytes(to_u64(used)).to_string(),
        Resource::Cpu => format!("{used:.2} processors"),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share of more than 2⁵³ bytes needs no last bit"
)]
fn as_f64(value: u64) -> f64 {
    value as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "amounts are not negative, and the conversion saturates"
)]
fn to_u64(value: f64) -> u64 {
    value as u64
}
