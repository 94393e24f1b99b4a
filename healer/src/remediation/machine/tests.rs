mod histories;
mod hosts;

use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Clock, ManualClock};

use super::*;
use crate::journal::Phase;
use crate::remediation::state::{Limits, Position, RETRY};

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
            approval: Duration::ZERO,
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
fn a_rung_that_is_not_for_it_is_passed_over() {
    let about_rungs = Reason::ALL
        .into_iter()
        .filter(|reason| reason.is_about_rung());
    for reason in about_rungs {
        let mut bench = Bench::new(&[3, 1]);
        bench.answer(Answer::Guards(Verdict::Suppress(reason)));
        assert_eq!(bench.effects, [Effect::Ask]);
        assert_eq!(
            bench.state.position,
            Position {
                rung: 1,
                attempt: 1
            }
        );
        // Nothing was done at all: there is nothing to escalate.
        bench.answer(Answer::Guards(Verdict::Suppress(reason)));
        bench.ends(Outcome::Cancelled, Some(reason));
        assert_eq!(bench.state.end().unwrap().quarantine, Duration::ZERO);
    }
}

#[test]
fn a_last_rung_that_is_passed_over_exhausts_a_ladder_that_was_tried() {
    let mut bench = Bench::new(&[1, 1]);
    bench
        .executing()
        .answer(Answer::Applied(Err(failure(Reason::RemedyFailed))))
        .answer(Answer::Settled)
        .answer(Answer::Guards(Verdict::Suppress(Reason::Denied)));
    bench.ends(Outcome::Failed, Some(Reason::LadderExhausted));
    bench.answer(Answer::Settled);
    assert_eq!(bench.state.end().unwrap().quarantine, QUARANTINE);
}

#[test]
fn a_person_may_take_the_time_that_the_rung_gives_after_an_attempt_too() {
    let wait = Duration::from_hours(1);
    let mut bench = Bench::new(&[1, 1]);
    let now = bench.clock.now();
    let limits = |approval| Limits {
        attempts: 1,
        within: WITHIN,
        approval,
    };
    let ladder = [limits(Duration::ZERO), limits(wait)].into_iter().collect();
    (bench.state, _) = begin(Remediation::with_ladder(ladder, QUARANTINE, &now));
    bench
        .executing()
        .answer(Answer::Applied(Err(failure(Reason::RemedyFailed))))
        .answer(Answer::Settled)
        .answer(Answer::Guards(Verdict::Defer(
            Reason::AwaitingApproval,
            wait,
        )));
    assert_eq!(bench.state.wake(&bench.clock.now()), Some(wait));
    bench
        .clock
        .advance(wait.saturating_sub(Duration::from_secs(1)));
    bench.on(Event::Nudge).executing();
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

#[test]
fn what_may_be_run_again_and_needs_not_is_verified_and_told_as_an_attempt() {
    for (event, is_active) in [
        (
            Answer::Guards(Verdict::Suppress(Reason::RecoveredByItself)),
            true,
        ),
        (
            Answer::Guards(Verdict::Suppress(Reason::NothingToClean)),
            true,
        ),
        (
            Answer::Guards(Verdict::Suppress(Reason::RecoveredByItself)),
            false,
        ),
    ] {
        let mut bench = Bench::new(&[1, 1]);
        let now = bench.clock.now();
        let (state, _) =
            begin(fresh(&[1, 1], &now).recovered(Position::FIRST, Phase::Started, &now));
        bench.state = state;
        bench.answer(Answer::Identified(Identified::RunAgain));
        if is_active {
            bench.answer(event);
        } else {
            bench.on(Event::Resolved);
        }
        assert_eq!(bench.effects, [Effect::Verify]);
        bench.answer(Answer::Verified(Ok(())));
        assert!(matches!(
            bench.effects[..],
            [Effect::Settle {
                attempt: Some(Ok(())),
                end: Some(_)
            }]
        ));
        bench.ends(Outcome::Success, None);
    }
}

#[test]
fn what_was_to_be_run_again_and_was_not_is_verified_though_its_intent_was_written() {
    for stage in [Answer::Admitted, Answer::Started] {
        let mut bench = Bench::new(&[1]);
        let now = bench.clock.now();
        let (state, _) = begin(fresh(&[1], &now).recovered(Position::FIRST, Phase::Started, &now));
        bench.state = state;
        bench.answer(Answer::Identified(Identified::RunAgain));
        bench.answer(Answer::Guards(Verdict::Proceed));
        if stage == Answer::Started {
            bench.answer(Answer::Admitted);
        }
        bench.on(Event::Resolved);
        bench.answer(stage);
        assert_eq!(bench.effects, [Effect::Verify], "{stage:?}");
        bench.answer(Answer::Verified(Ok(())));
        bench.ends(Outcome::Success, None);
    }
}
