//! The choice of the process inside the victim unit: pure, over what was read of its members.
//!
//! The greediest process is ended or none: one that must not be touched is never spared by ending a lesser one.

use crate::processes::identity::{Identity, Present};
use crate::processes::{Capacity, Place, Root};
use crate::reason::Reason;
use crate::target::Resource;

/// So many of the greediest are looked at more closely.
pub(super) const CLOSER: usize = 3;
/// Within this share of the greediest, the kernel's own score for the case of no memory decides.
const NEAR_TIE: f64 = 0.95;
/// The share of the machine's memory, or of one processor, that a process has to use for its end to change anything.
const LEAST_MEMORY: f64 = 0.01;
const LEAST_PROCESSOR: f64 = 0.05;
/// `oom_score_adj` of what the kernel itself would never end.
const EXEMPT: i32 = -1000;

/// A member of the unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) identity: Identity,
    pub(super) present: Present,
    /// Bytes, or processors.
    pub(super) used: f64,
    /// The same with shared memory counted once over all who share it, where that may be read.
    pub(super) proportional: Option<f64>,
    pub(super) oom_score: i32,
}

impl Candidate {
    /// By which candidates are compared.
    fn weight(&self, by_proportion: bool) -> f64 {
        match self.proportional {
            Some(proportional) if by_proportion => proportional,
            _ => self.used,
        }
    }
}

/// The healer itself, which never ends itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// Its pid, and those of the processes above it.
    pub(super) pids: Vec<u32>,
    /// Its unit, or cgroup.
    pub(super) place: Option<Place>,
}

/// Why a process must not be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Untouchable {
    /// The first process, or a thread of the kernel.
    System,
    /// The healer, a process above it, or one in its cgroup.
    Healer,
    /// `oom_score_adj` is -1000.
    Exempt,
}

impl Untouchable {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::System => "it is the system's own",
            Self::Healer => "it belongs to the healer",
            Self::Exempt => "its oom_score_adj is -1000",
        }
    }
}

/// Whether a process must not be touched, whatever it uses.
pub(super) fn untouchable(
    identity: &Identity,
    present: &Present,
    own: &Own,
    root: &Root,
) -> Option<Untouchable> {
    if identity.pid <= 1 || present.stat.is_kernel_thread {
        Some(Untouchable::System)
    } else if own.pids.contains(&identity.pid)
        || (own.place.is_some() && root.place(&identity.control_group) == own.place)
    {
        Some(Untouchable::Healer)
    } else if present.oom_score_adj <= EXEMPT {
        Some(Untouchable::Exempt)
    } else {
        None
    }
}

/// Brings the candidates into the order of what they use; the first [`CLOSER`] deserve a closer look.
pub(super) fn order(candidates: &mut [Candidate]) {
    candidates.sort_by(|one, other| {
        let by_use = other.used.total_cmp(&one.used);
        by_use.then_with(|| other.identity.start.cmp(&one.identity.start))
    });
}

/// The greediest of ordered candidates, or why nobody is to be ended.
pub(super) fn choose<'a>(
    resource: Resource,
    ordered: &'a [Candidate],
    capacity: &Capacity,
    own: &Own,
    root: &Root,
) -> Result<&'a Candidate, Reason> {
    let closer = ordered.get(..ordered.len().min(CLOSER)).unwrap_or_default();
    let by_proportion = closer
        .iter()
        .all(|candidate| candidate.proportional.is_some());
    let weight = |candidate: &Candidate| candidate.weight(by_proportion);
    let most = closer.iter().map(weight).fold(0.0, f64::max);
    let chosen = closer
        .iter()
        .filter(|candidate| weight(candidate) >= most * NEAR_TIE)
        .reduce(|best, next| {
            if next.oom_score > best.oom_score {
                next
            } else {
                best
            }
        })
        .ok_or(Reason::NoVictim)?;
    if untouchable(&chosen.identity, &chosen.present, own, root).is_some() {
        return Err(Reason::Protected);
    }
    if chosen.used < least(resource, capacity) {
        return Err(Reason::NoVictim);
    }
    Ok(chosen)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share of memory needs no last bit"
)]
fn least(resource: Resource, capacity: &Capacity) -> f64 {
    match resource {
        Resource::Memory => capacity.memory as f64 * LEAST_MEMORY,
        Resource::Cpu => LEAST_PROCESSOR,
    }
}
