//! The course of a rehearsal: events in order of time, each told to the state machine of the cases that it is about, as
//! the engine does; what the engine would wait for comes as a later event.
//!
//! Only what takes time in reality takes time here: a remedy with its check, and the waits that guards ask for. At the
//! same moment episodes end before steps do, and those before waits and beginnings, so that what comes free is free.

mod cases;
mod clock;
mod driving;
mod ending;
mod log;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use super::Assume;
use super::facts::{self, Mounts};
use super::memory::Memory;
use super::reading::Reading;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::remediation::machine::{self, Answer, Event};
use crate::remediation::state::StepId;

use cases::{Case, CaseId};
use clock::Clock;
pub(super) use log::{Attempt, Decided, Done, Fate, Outcome as Course};

/// How long a repair with its check is taken to last, or half of what the rung allows, if that is less.
const REPAIR: Duration = Duration::from_secs(5);
/// How often an alert is confirmed: what was refused is asked again then.
const CONFIRMED_EVERY: i64 = 60_000;

/// What happens, ranked for events of the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Ends(usize),
    Step(CaseId),
    Wake(CaseId),
    Due(CaseId),
    Confirmed(CaseId),
    Begins(usize),
}

/// Runs episodes through a policy.
pub(super) fn run(policy: &Policy, reading: &Reading, assume: Assume) -> Course {
    let policy = Arc::new(facts::rehearsed(policy));
    let mut course = Running {
        memory: Memory::new(&policy),
        mounts: Mounts::of(&reading.episodes),
        clock: Clock::new(reading.span.from),
        is_firing: vec![false; reading.episodes.len()],
        cases_of: vec![Vec::new(); reading.episodes.len()],
        log: Course::new(reading.episodes.len()),
        queue: BinaryHeap::new(),
        cases: Vec::new(),
        live: BTreeSet::new(),
        steps: Vec::new(),
        ids: 0,
        reading,
        policy,
        assume,
    };
    for (index, episode) in reading.episodes.iter().enumerate() {
        course.at(episode.from, Happening::Begins(index));
    }
    while let Some(Reverse((at, happening))) = course.queue.pop() {
        course.clock.set(at);
        course.happens(happening);
    }
    course.log
}

struct Running<'r> {
    policy: Arc<Policy>,
    reading: &'r Reading,
    assume: Assume,
    mounts: Mounts,
    memory: Memory,
    clock: Clock,
    queue: BinaryHeap<Reverse<(i64, Happening)>>,
    is_firing: Vec<bool>,
    cases_of: Vec<Vec<CaseId>>,
    cases: Vec<Case>,
    /// Cases whose episode goes on, or that are under repair.
    live: BTreeSet<CaseId>,
    /// The step that is under way for each case.
    steps: Vec<StepId>,
    ids: u128,
    log: Course,
}

impl Running<'_> {
    fn at(&mut self, at: i64, happening: Happening) {
        self.queue.push(Reverse((at, happening)));
    }

    fn soon(&mut self, happening: Happening) {
        self.at(self.clock.millis(), happening);
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Begins(episode) => self.begins(episode),
            Happening::Ends(episode) => self.ends(episode),
            Happening::Step(case) => {
                let step = self.steps.get(case.0).copied().unwrap_or_default();
                self.drive(case, Event::Step(step, Answer::Applied(Ok(()))));
            }
            Happening::Due(case) => self.drive(case, Event::Due),
            Happening::Wake(case) => self.wake(case),
            Happening::Confirmed(case) => {
                if self
                    .case(case)
                    .is_some_and(|case| case.state.end().is_some())
                {
                    self.wake(case);
                }
            }
        }
    }

    fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.get(id.0)
    }

    fn begins(&mut self, index: usize) {
        let Some(episode) = self.reading.episodes.get(index) else {
            return;
        };
        let policy = Arc::clone(&self.policy);
        if !policy.is_about_this_host(&episode.labels) {
            self.log.refused(index, None, Reason::OtherHost);
            return;
        }
        let matches = policy.matches(&episode.labels);
        if matches.is_empty() {
            self.log.refused(index, None, Reason::NoRule);
            return;
        }
        self.set_firing(index, true);
        self.at(episode.to, Happening::Ends(index));
        let now = self.clock.now();
        for found in matches {
            let rule = policy
                .rules
                .iter()
                .position(|rule| rule.name == found.rule.name);
            match (rule, found.target) {
                (Some(rule), Ok(target)) => {
                    let id = CaseId(self.cases.len());
                    let remediation = self.next_id();
                    let Some(case) =
                        Case::new(index, episode, found.rule, rule, target, remediation, &now)
                    else {
                        continue;
                    };
                    self.cases.push(case);
                    self.steps.push(StepId::default());
                    self.live.insert(id);
                    if let Some(cases) = self.cases_of.get_mut(index) {
                        cases.push(id);
                    }
                    self.start(id);
                }
                (rule, Err(reason)) => self.log.refused(index, rule, reason),
                (None, Ok(_)) => {}
            }
        }
    }

    fn ends(&mut self, index: usize) {
        if !self.is_firing.get(index).copied().unwrap_or_default() {
            return;
        }
        self.set_firing(index, false);
        for id in self.cases_of.get(index).cloned().unwrap_or_default() {
            self.drive(id, Event::Resolved);
            if self.case(id).is_some_and(|case| case.state.end().is_some()) {
                self.live.remove(&id);
            }
        }
    }

    fn set_firing(&mut self, index: usize, is_firing: bool) {
        if let Some(place) = self.is_firing.get_mut(index) {
            *place = is_firing;
        }
    }

    fn is_firing(&self, id: CaseId) -> bool {
        self.case(id)
            .and_then(|case| self.is_firing.get(case.episode))
            .copied()
            .unwrap_or_default()
    }

    fn start(&mut self, id: CaseId) {
        let Some(case) = self.case(id) else { return };
        let (state, effects) = machine::begin(case.state.clone());
        self.proceed(id, state, effects);
    }

    /// Guards a case again that has ended while its alert goes on, or that waits.
    fn wake(&mut self, id: CaseId) {
        if !self.is_firing(id) {
            return;
        }
        let has_ended = self.case(id).is_some_and(|case| case.state.end().is_some());
        if has_ended {
            let (now, remediation) = (self.clock.now(), self.next_id());
            let policy = Arc::clone(&self.policy);
            if let Some(case) = self.cases.get_mut(id.0)
                && let Some(rule) = policy.rules.get(case.rule)
            {
                case.renew(rule, remediation, &now);
            }
            self.start(id);
        } else {
            self.drive(id, Event::Nudge);
        }
    }

    fn next_id(&mut self) -> u128 {
        self.ids += 1;
        self.ids
    }
}
