use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use prunelle_foundation::clock::{BootId, Clock, ManualClock};

use super::*;
use crate::journal::Phase;
use crate::remediation::state::{Limits, SLACK};

const WITHIN: Duration = Duration::from_secs(30);
const QUARANTINE: Duration = Duration::from_hours(1);

fn clock() -> ManualClock {
    ManualClock::new(Now {
        wall: Timestamp::from_second(1_800_000_000).unwrap(),
        boot: Duration::from_secs(1000),
        boot_id: BootId::new("a"),
    })
}

fn fresh(attempts: &[u32], now: &Now) -> Remediation {
    let ladder = attempts
        .iter()
        .map(|&attempts| Limits {
            attempts,
            within: WITHIN,
        })
        .collect();
    Remediation::with_ladder(ladder, QUARANTINE, now)
}

fn failure(reason: Reason) -> Failure {
    Failure {
        outcome: Outcome::Failed,
        reason,
    }
}

/// Runs a remediation by hand: answers the step under way and shows what is asked for next.
struct Bench {
    clock: ManualClock,
    state: Remediation,
    effects: Vec<Effect>,
}

impl Bench {
    fn new(attempts: &[u32]) -> Self {
        let clock = clock();
        let (state, effects) = begin(fresh(attempts, &clock.now()));
        Self {
            clock,
            state,
            effects,
        }
    }

    fn on(&mut self, event: Event) -> &mut Self {
        let (state, effects) = step(self.state.clone(), event, &self.clock.now());
        self.state = state;
        self.effects = effects;
        self
    }

    fn answer(&mut self, answer: Answer) -> &mut Self {
        let step = self.state.step;
        self.on(Event::Step(step, answer))
    }

    fn executing(&mut self) -> &mut Self {
        self.answer(Answer::Guards(Verdict::Proceed))
            .answer(Answer::Admitted)
            .answer(Answer::Started);
        assert_eq!(self.effects, [Effect::Apply]);
        self
    }

    #[track_caller]
    fn ends(&self, outcome: Outcome, reason: Option<Reason>) {
        let end = match (&self.state.stage, self.state.end()) {
            (Stage::Settling(Next::End(end)), _) => *end,
            (_, Some(end)) => end,
            (stage, None) => panic!("it has not ended: {stage:?}"),
        };
        assert_eq!((end.outcome, end.reason), (outcome, reason));
    }
}

#[test]
fn a_repair_that_works_asks_admits_starts_applies_verifies_and_settles_in_this_order() {
    let mut bench = Bench::new(&[2]);
    assert_eq!(bench.effects, [Effect::Ask]);
    bench.answer(Answer::Guards(Verdict::Proceed));
    assert_eq!(bench.effects, [Effect::Admit]);
    bench.answer(Answer::Admitted);
    assert_eq!(bench.effects, [Effect::Start]);
    bench.answer(Answer::Started);
    assert_eq!(bench.effects, [Effect::Apply]);
    bench.answer(Answer::Applied(Ok(())));
    assert_eq!(bench.effects, [Effect::Verify]);
    bench.answer(Answer::Verified(Ok(())));
    assert!(matches!(
        bench.effects[..],
        [Effect::Settle {
            attempt: Some(Ok(())),
            end: Some(_)
        }]
    ));
    bench.answer(Answer::Settled);
    assert_eq!(bench.effects, []);
    bench.ends(Outcome::Success, None);
}

#[test]
fn an_exhausted_ladder_escalates_with_quarantine_after_every_attempt_of_every_rung() {
    let mut bench = Bench::new(&[2, 1]);
    let mut positions = Vec::new();
    while bench.state.end().is_none() {
        positions.push((bench.state.position.rung, bench.state.position.attempt));
        bench
            .executing()
            .answer(Answer::Applied(Err(failure(Reason::RemedyFailed))))
            .answer(Answer::Settled);
    }
    assert_eq!(positions, [(0, 1), (0, 2), (1, 1)]);
    bench.ends(Outcome::Failed, Some(Reason::LadderExhausted));
    assert_eq!(bench.state.end().unwrap().quarantine, QUARANTINE);
}

#[test]
fn a_failure_that_no_repetition_cures_goes_to_the_next_rung_at_once() {
    for reason in [Reason::NotPermitted, Reason::NothingToClean] {
        let mut bench = Bench::new(&[3, 1]);
        bench
            .executing()
            .answer(Answer::Applied(Err(failure(reason))))
            .answer(Answer::Settled);
        assert_eq!(
            bench.state.position,
            Position {
                rung: 1,
                attempt: 1
            }
        );
        assert_eq!(bench.effects, [Effect::Ask]);
    }
}

#[test]
fn a_stop_by_a_person_ends_the_repair_without_another_attempt_or_a_quarantine() {
    let mut bench = Bench::new(&[3, 1]);
    bench
        .executing()
        .answer(Answer::Applied(Ok(())))
        .answer(Answer::Verified(Err(Failure {
            outcome: Outcome::Cancelled,
            reason: Reason::StoppedByPerson,
        })));
    bench.ends(Outcome::Cancelled, Some(Reason::StoppedByPerson));
    bench.answer(Answer::Settled);
    assert_eq!(bench.state.end().unwrap().quarantine, Duration::ZERO);
}

#[test]
fn resolved_before_executing_is_cancelled_wherever_it_stands() {
    let mut guarding = Bench::new(&[1]);
    guarding.on(Event::Resolved);
    guarding.ends(Outcome::Cancelled, Some(Reason::Resolved));

    let mut admitting = Bench::new(&[1]);
    admitting
        .answer(Answer::Guards(Verdict::Proceed))
        .on(Event::Resolved)
        .answer(Answer::Admitted);
    admitting.ends(Outcome::Cancelled, Some(Reason::Resolved));

    let mut starting = Bench::new(&[1]);
    starting
        .answer(Answer::Guards(Verdict::Proceed))
        .answer(Answer::Admitted)
        .on(Event::Resolved)
        .answer(Answer::Started);
    assert!(!starting.effects.contains(&Effect::Apply));
    starting.ends(Outcome::Cancelled, Some(Reason::Resolved));
}

#[test]
fn resolved_while_executing_finishes_and_verifies_but_climbs_no_further() {
    let mut bench = Bench::new(&[2, 2]);
    bench
        .executing()
        .on(Event::Resolved)
        .answer(Answer::Applied(Ok(())));
    assert_eq!(bench.effects, [Effect::Verify]);
    bench.answer(Answer::Verified(Err(failure(Reason::NotVerified))));
    bench.ends(Outcome::Failed, Some(Reason::NotVerified));
    assert_eq!(bench.answer(Answer::Settled).effects, []);
}

#[test]
fn a_start_mark_that_comes_back_after_the_deadline_runs_nothing() {
    let mut bench = Bench::new(&[1]);
    bench
        .answer(Answer::Guards(Verdict::Proceed))
        .answer(Answer::Admitted);
    bench.clock.advance(WITHIN);
    bench.answer(Answer::Started);
    assert!(!bench.effects.contains(&Effect::Apply));
    bench.ends(Outcome::Timeout, Some(Reason::LadderExhausted));
}

#[test]
fn a_remedy_that_hangs_is_timed_out_at_the_deadline_and_not_before() {
    let mut bench = Bench::new(&[1]);
    bench.executing();
    assert_eq!(bench.state.wake(&bench.clock.now()), Some(WITHIN));
    bench
        .clock
        .advance(WITHIN.saturating_sub(Duration::from_millis(1)));
    assert_eq!(bench.on(Event::Due).effects, []);
    bench.clock.advance(Duration::from_millis(1));
    bench.on(Event::Due);
    bench.ends(Outcome::Timeout, Some(Reason::LadderExhausted));
}

#[test]
fn a_deferred_alert_is_asked_again_when_due_and_when_a_fact_changes() {
    let wait = Duration::from_mins(20);
    for event in [Event::Due, Event::Nudge] {
        let mut bench = Bench::new(&[1]);
        bench.answer(Answer::Guards(Verdict::Defer(Reason::Paused, wait)));
        assert_eq!(
            bench.effects,
            [Effect::Decide {
                reason: Reason::Paused,
                is_deferred: true
            }]
        );
        assert_eq!(bench.state.wake(&bench.clock.now()), Some(wait));
        if event == Event::Due {
            assert_eq!(bench.on(Event::Due).effects, []);
            bench.clock.advance(wait);
        }
        assert_eq!(bench.on(event).effects, [Effect::Ask]);
    }
}

#[test]
fn a_fact_that_changes_while_guards_are_asked_has_them_asked_once_more() {
    let mut bench = Bench::new(&[1]);
    bench
        .on(Event::Nudge)
        .answer(Answer::Guards(Verdict::Suppress(Reason::Protected)));
    assert_eq!(bench.effects, [Effect::Ask]);
    bench.answer(Answer::Guards(Verdict::Suppress(Reason::Protected)));
    bench.ends(Outcome::Cancelled, Some(Reason::Protected));
}

#[test]
fn a_wait_that_outlasts_the_remediation_ends_it_with_the_outcome_of_what_it_did() {
    let mut bench = Bench::new(&[2]);
    bench
        .executing()
        .answer(Answer::Applied(Err(failure(Reason::RemedyFailed))))
        .answer(Answer::Settled)
        .answer(Answer::Guards(Verdict::Defer(
            Reason::Budget,
            Duration::from_mins(50),
        )));
    bench.ends(Outcome::Failed, Some(Reason::Budget));
}

#[test]
fn what_the_journal_refuses_or_cannot_keep_is_asked_again_and_nothing_is_run() {
    let mut bench = Bench::new(&[1]);
    bench
        .answer(Answer::Guards(Verdict::Proceed))
        .answer(Answer::Refused(Reason::Paused));
    assert!(matches!(
        bench.state.stage,
        Stage::Deferred {
            reason: Reason::Paused,
            ..
        }
    ));
    bench.clock.advance(RETRY);
    assert_eq!(bench.on(Event::Due).effects, [Effect::Ask]);
}

#[test]
fn after_a_crash_the_last_durable_state_decides_how_it_goes_on() {
    let now = clock().now();
    let position = Position {
        rung: 0,
        attempt: 2,
    };
    let first = |phase| begin(fresh(&[2], &now).recovered(position, phase, &now)).1;
    assert_eq!(first(Phase::Intent), [Effect::Ask]);
    assert_eq!(first(Phase::Started), [Effect::Identify]);
    assert_eq!(first(Phase::Acted), [Effect::Verify]);
    assert_eq!(first(Phase::Verifying), [Effect::Verify]);
}

#[test]
fn what_is_identified_after_a_crash_is_verified_counted_rerun_or_unknown() {
    let resumed = |answer| {
        let mut bench = Bench::new(&[2]);
        let now = bench.clock.now();
        let (state, effects) =
            begin(fresh(&[2], &now).recovered(Position::FIRST, Phase::Started, &now));
        bench.state = state;
        bench.effects = effects;
        bench.answer(Answer::Identified(answer));
        bench
    };
    assert_eq!(resumed(Identified::Happened).effects, [Effect::Verify]);
    assert_eq!(resumed(Identified::RunAgain).effects, [Effect::Ask]);
    let counted = resumed(Identified::DidNot);
    assert_eq!(
        counted.effects,
        [Effect::Settle {
            attempt: Some(Err(failure(Reason::Interrupted))),
            end: None
        }]
    );
    resumed(Identified::Unknown).ends(Outcome::Unknown, Some(Reason::UnknownAfterCrash));
}

// ---- random histories -------------------------------------------------------------------------------------------

/// One thing that can happen in a random history.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// The step under way answers, the choice decides how.
    Answer(u8),
    /// An answer to some earlier or later step arrives.
    Stray(u32, u8),
    Due,
    Nudge,
    Resolved,
    Refired,
    Pass(u64),
    StepWall(i64),
    Crash,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => any::<u8>().prop_map(Happening::Answer),
        2 => (0_u32..40, any::<u8>()).prop_map(|(step, choice)| Happening::Stray(step, choice)),
        2 => Just(Happening::Due),
        1 => Just(Happening::Nudge),
        1 => Just(Happening::Resolved),
        1 => Just(Happening::Refired),
        3 => (0_u64..40_000).prop_map(Happening::Pass),
        1 => (1_500_000_000_i64..2_000_000_000).prop_map(Happening::StepWall),
        1 => Just(Happening::Crash),
    ]
}

/// The world around the machine: a journal with a budget, and what the disk remembers.
struct World {
    clock: ManualClock,
    state: Remediation,
    last_effect: Option<Effect>,
    disk: Option<(Position, Phase)>,
    has_ended_on_disk: bool,
    charges: u32,
    intents: u32,
    applied: u32,
    ends: u32,
    open_start_mark: bool,
}

const BUDGET: u32 = 4;

impl World {
    fn new() -> Self {
        let clock = clock();
        let (state, effects) = begin(fresh(&[2, 1], &clock.now()));
        let mut world = Self {
            clock,
            state,
            last_effect: None,
            disk: None,
            has_ended_on_disk: false,
            charges: 0,
            intents: 0,
            applied: 0,
            ends: 0,
            open_start_mark: false,
        };
        world.take(effects);
        world
    }

    fn take(&mut self, effects: Vec<Effect>) {
        let steps = effects
            .iter()
            .filter(|effect| !matches!(effect, Effect::Decide { .. }))
            .count();
        assert!(steps <= 1, "one step at a time: {effects:?}");
        for effect in effects {
            match effect {
                Effect::Decide { .. } => {}
                Effect::Apply => {
                    assert!(self.open_start_mark, "applied without a start mark");
                    self.open_start_mark = false;
                    self.applied += 1;
                    self.last_effect = Some(effect);
                }
                _ => self.last_effect = Some(effect),
            }
        }
    }

    fn event(&mut self, event: Event) {
        let before = self.state.clone();
        let (state, effects) = step(before.clone(), event, &self.clock.now());
        if before.end().is_some() {
            assert_eq!(before.end(), state.end(), "an end is not left");
            assert_eq!(effects, []);
        } else if state.end().is_some() {
            self.ends += 1;
        }
        self.state = state;
        self.take(effects);
    }

    /// The world's true answer to the step under way; `choice` picks among those that are possible.
    fn answer(&mut self, choice: u8) {
        let answer = match self.last_effect.take() {
            None => return,
            Some(Effect::Ask) => Answer::Guards(match choice % 6 {
                0..=2 => Verdict::Proceed,
                3 => Verdict::Defer(Reason::TargetBusy, Duration::from_secs(u64::from(choice))),
                4 => Verdict::Observe,
                _ => Verdict::Suppress(Reason::Protected),
            }),
            Some(Effect::Admit) if self.charges >= BUDGET => Answer::Refused(Reason::Budget),
            Some(Effect::Admit) if choice.is_multiple_of(7) => Answer::Refused(Reason::Paused),
            Some(Effect::Admit) => {
                self.charges += 1;
                self.intents += 1;
                self.disk = Some((self.state.position, Phase::Intent));
                Answer::Admitted
            }
            Some(Effect::Start) if choice.is_multiple_of(7) => Answer::Refused(Reason::FactUnknown),
            Some(Effect::Start) => {
                self.disk = Some((self.state.position, Phase::Started));
                self.open_start_mark = true;
                Answer::Started
            }
            Some(Effect::Apply) => Answer::Applied(match choice % 3 {
                0 => Err(failure(Reason::RemedyFailed)),
                1 => Err(failure(Reason::StoppedByPerson)),
                _ => Ok(()),
            }),
            Some(Effect::Identify) => Answer::Identified(match choice % 4 {
                0 => Identified::Happened,
                1 => Identified::DidNot,
                2 => Identified::RunAgain,
                _ => Identified::Unknown,
            }),
            Some(Effect::Verify) => Answer::Verified(if choice.is_multiple_of(2) {
                Ok(())
            } else {
                Err(failure(Reason::NotVerified))
            }),
            Some(Effect::Settle { end, .. }) => {
                if end.is_some() {
                    assert!(self.disk.is_some(), "ended without an intent");
                    assert!(!self.has_ended_on_disk, "ended twice");
                    self.has_ended_on_disk = true;
                }
                Answer::Settled
            }
            Some(Effect::Decide { .. }) => unreachable!("not a step"),
        };
        let id = self.state.step;
        self.event(Event::Step(id, answer));
    }

    fn crash(&mut self) {
        let now = self.clock.now();
        let state = fresh(&[2, 1], &now);
        let state = match self.disk {
            Some(_) if self.has_ended_on_disk => return,
            Some((position, phase)) => state.recovered(position, phase, &now),
            None => state,
        };
        if self.state.end().is_some() {
            return;
        }
        self.open_start_mark = false;
        let (state, effects) = begin(state);
        self.state = state;
        self.take(effects);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Answer(choice) => self.answer(choice),
            Happening::Stray(id, choice) if StepId(id) != self.state.step => {
                let answers = [
                    Answer::Guards(Verdict::Proceed),
                    Answer::Admitted,
                    Answer::Started,
                    Answer::Applied(Ok(())),
                    Answer::Verified(Ok(())),
                    Answer::Settled,
                ];
                let before = self.state.clone();
                self.event(Event::Step(
                    StepId(id),
                    answers[usize::from(choice) % answers.len()],
                ));
                assert_eq!(before, self.state, "a stray answer changes nothing");
            }
            Happening::Stray(..) => {}
            Happening::Due => self.event(Event::Due),
            Happening::Nudge => self.event(Event::Nudge),
            Happening::Resolved => self.event(Event::Resolved),
            Happening::Refired => self.event(Event::Refired),
            Happening::Pass(millis) => self.clock.advance(Duration::from_millis(millis)),
            Happening::StepWall(to) => self.clock.step_wall(Timestamp::from_second(to).unwrap()),
            Happening::Crash => self.crash(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_history_keeps_the_promises(history in prop::collection::vec(happening(), 0..120)) {
        let mut world = World::new();
        for happening in history {
            world.happen(happening);
            prop_assert!(world.charges <= BUDGET);
            prop_assert!(world.applied <= world.intents, "at most one execution for an intent");
            prop_assert!(world.ends <= 1);
            if let Some(end) = world.state.end() {
                prop_assert_eq!(end.outcome == Outcome::Success, end.reason.is_none());
            }
        }
    }

    #[test]
    fn an_admitted_remediation_ends_before_its_deadline_whatever_hangs(
        history in prop::collection::vec(happening(), 0..60),
        hangs in any::<[bool; 4]>(),
    ) {
        let mut world = World::new();
        for happening in history {
            world.happen(happening);
        }
        let Some(deadline) = world.state.deadline.clone() else { return Ok(()) };
        // From here only time passes; the journal answers, everything else may hang.
        let limit = deadline.left(&world.clock.now()) + WITHIN + SLACK;
        let from = world.clock.now();
        let mut rounds = 0;
        while world.state.end().is_none() {
            rounds += 1;
            prop_assert!(rounds < 1000, "it goes round in circles: {:?}", world.state);
            let hangs_now = match world.last_effect {
                Some(Effect::Ask) => hangs[0],
                Some(Effect::Apply) => hangs[1],
                Some(Effect::Identify) => hangs[2],
                Some(Effect::Verify) => hangs[3],
                Some(_) => false,
                None => true,
            };
            if hangs_now {
                let wake = world.state.wake(&world.clock.now());
                prop_assert!(wake.is_some(), "nothing would ever wake it: {:?}", world.state);
                world.clock.advance(wake.unwrap());
                world.event(Event::Due);
            } else {
                world.answer(1);
            }
        }
        prop_assert!(world.clock.now().since(&from) <= limit, "{:?}", world.clock.now().since(&from));
    }
}
