//! Random histories: answers in any order, strays, duplicates, crashes, clocks that jump. The promises hold in all.

use proptest::prelude::*;

use super::*;

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
        let limit = deadline.left(&world.clock.now());
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
