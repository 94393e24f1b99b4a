use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::notify::message::News;
use crate::policy::MessageLimit;

const LIMITS: Limits = Limits {
    gather: Duration::from_secs(30),
    receiver: MessageLimit {
        max: 30,
        per: Duration::from_mins(10),
    },
    incident: MessageLimit {
        max: 6,
        per: Duration::from_hours(1),
    },
    digest_every: Duration::from_hours(1),
    is_quiet: false,
};

fn at(second: u64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + i64::try_from(second).unwrap()).unwrap()
}

/// A brake with its rows, as the journal has them: everything that is told or waits.
#[derive(Default)]
struct Model {
    brake: Brake,
    /// By the incident.
    sent: BTreeMap<usize, Sent>,
    /// Rows of lists; none: of the digest.
    rows: BTreeMap<Option<String>, u64>,
    /// Seconds of messages of their own, of lists, of digests, with how much each tells.
    singles: Vec<u64>,
    lists: Vec<(u64, u64)>,
    digests: Vec<(u64, u64)>,
}

impl Model {
    fn news(
        &mut self,
        incident: usize,
        alert: &str,
        severity: Severity,
        second: u64,
        limits: &Limits,
    ) -> Verdict {
        let piece = Piece {
            alert,
            news: News::Began,
            severity,
            at: at(second),
        };
        let sent = self.sent.entry(incident).or_default();
        let verdict = self.brake.judge(piece, sent, limits, at(second));
        match &verdict {
            Verdict::Send => self.singles.push(second),
            Verdict::Gather(slot) => *self.rows.entry(Some(slot.to_text())).or_default() += 1,
            Verdict::Hold(_) => *self.rows.entry(None).or_default() += 1,
        }
        verdict
    }

    fn tick(&mut self, second: u64, limits: &Limits) {
        // As in the journal: what is told is taken away first.
        let due = self.brake.due(limits, at(second));
        let mut moves = Vec::new();
        for one in due {
            match one {
                Due::List(slot) => {
                    let rows = self.rows.remove(&Some(slot.to_text())).unwrap_or(0);
                    assert!(rows > 0, "a list with nothing in it");
                    self.lists.push((second, rows));
                }
                Due::Digest => {
                    let rows = self.rows.remove(&None).unwrap_or(0);
                    assert!(rows > 0, "a digest with nothing in it");
                    self.digests.push((second, rows));
                }
                Due::Hold(slot, _) => moves.push((slot, None)),
                Due::Burst(slot) => moves.push((slot, Some(Slot::Burst.to_text()))),
            }
        }
        for (slot, to) in moves {
            let rows = self.rows.remove(&Some(slot.to_text())).unwrap();
            *self.rows.entry(to).or_default() += rows;
        }
    }

    fn messages(&self) -> usize {
        self.singles.len() + self.lists.len() + self.digests.len()
    }

    fn told(&self) -> u64 {
        let lists: u64 = self.lists.iter().map(|(_, rows)| rows).sum();
        let digests: u64 = self.digests.iter().map(|(_, rows)| rows).sum();
        self.singles.len() as u64 + lists + digests
    }

    fn waiting(&self) -> u64 {
        self.rows.values().sum()
    }
}

#[test]
fn what_is_alike_is_gathered_after_a_first_message() {
    let mut model = Model::default();
    for incident in 0..1000 {
        let second = incident as u64 * 60 / 1000;
        model.tick(second, &LIMITS);
        model.news(incident, "ServiceDown", Severity::Critical, second, &LIMITS);
    }
    for second in 60..180 {
        model.tick(second, &LIMITS);
    }
    assert_eq!(model.singles.len(), 1);
    assert_eq!(model.lists.len(), 2);
    assert_eq!(model.told(), 1000);
}

#[test]
fn a_burst_of_different_names_is_a_few_messages_and_one_a_minute() {
    let mut model = Model::default();
    for incident in 0..1000 {
        let second = incident as u64 * 60 / 1000;
        model.tick(second, &LIMITS);
        let alert = format!("Alert{incident}");
        model.news(incident, &alert, Severity::Critical, second, &LIMITS);
    }
    for second in 60..180 {
        model.tick(second, &LIMITS);
    }
    assert_eq!(model.singles.len(), BURST);
    assert_eq!(model.lists.len(), 1, "{:?}", model.lists);
    assert_eq!(model.told(), 1000);
}

#[test]
fn over_the_limit_a_warning_waits_for_the_digest_and_what_is_critical_passes() {
    let mut model = Model::default();
    let mut second = 0;
    for incident in 0..30 {
        second = incident as u64 * 10;
        let alert = format!("Alert{incident}");
        assert_eq!(
            model.news(incident, &alert, Severity::Warning, second, &LIMITS),
            Verdict::Send
        );
    }
    let held = Verdict::Hold(HeldWhy::ReceiverLimit);
    assert_eq!(
        model.news(40, "Other", Severity::Warning, second, &LIMITS),
        held
    );
    assert_eq!(
        model.news(41, "Worse", Severity::Critical, second, &LIMITS),
        Verdict::Send
    );
    model.tick(second + 3599, &LIMITS);
    assert_eq!(model.digests, []);
    model.tick(second + 3600, &LIMITS);
    assert_eq!(model.digests, [(second + 3600, 1)]);
    assert!(model.brake.is_idle());
}

#[test]
fn one_incident_is_not_told_of_for_ever() {
    let mut model = Model::default();
    for round in 0..6 {
        let second = round * 100;
        assert_eq!(
            model.news(1, "Flaps", Severity::Critical, second, &LIMITS),
            Verdict::Send
        );
    }
    assert_eq!(
        model.news(1, "Flaps", Severity::Critical, 600, &LIMITS),
        Verdict::Hold(HeldWhy::IncidentLimit)
    );
    assert_eq!(
        model.news(1, "Flaps", Severity::Critical, 3601, &LIMITS),
        Verdict::Send
    );
}

#[test]
fn quiet_hours_let_pass_what_is_critical_and_tell_the_rest_at_their_end() {
    let quiet = Limits {
        is_quiet: true,
        ..LIMITS
    };
    let mut model = Model::default();
    assert_eq!(
        model.news(1, "Slow", Severity::Warning, 0, &quiet),
        Verdict::Hold(HeldWhy::QuietHours)
    );
    assert_eq!(
        model.news(2, "Down", Severity::Critical, 0, &quiet),
        Verdict::Send
    );
    model.tick(7200, &quiet);
    assert_eq!(model.digests, []);
    assert!(model.brake.wake(&quiet, at(7200)).unwrap() <= at(7260));
    model.tick(7201, &LIMITS);
    assert_eq!(model.digests, [(7201, 1)]);
}

#[test]
fn what_is_for_information_only_waits_for_the_digest_unless_a_person_is_needed() {
    let mut model = Model::default();
    assert_eq!(
        model.news(1, "CpuUnusual", Severity::Info, 0, &LIMITS),
        Verdict::Hold(HeldWhy::Information)
    );
    model.tick(3599, &LIMITS);
    assert_eq!(model.digests, []);
    model.tick(3600, &LIMITS);
    assert_eq!(model.digests, [(3600, 1)]);
    for news in [News::NotRepaired, News::AwaitingApproval] {
        let piece = Piece {
            alert: "CpuUnusual",
            news,
            severity: Severity::Info,
            at: at(4000),
        };
        let verdict = model
            .brake
            .judge(piece, &mut Sent::default(), &LIMITS, at(4000));
        assert_eq!(verdict, Verdict::Send, "{news:?}");
    }
}

#[test]
fn what_happened_long_ago_is_told_in_a_digest_soon() {
    let mut model = Model::default();
    let piece = Piece {
        alert: "ServiceDown",
        news: News::Began,
        severity: Severity::Critical,
        at: at(0),
    };
    let mut sent = Sent::default();
    let verdict = model.brake.judge(piece, &mut sent, &LIMITS, at(3601));
    assert_eq!(verdict, Verdict::Hold(HeldWhy::Late));
    assert_eq!(model.brake.wake(&LIMITS, at(3601)), Some(at(3631)));
    assert_eq!(model.brake.due(&LIMITS, at(3631)), [Due::Digest]);
}

#[test]
fn a_clock_that_is_put_back_holds_nothing_up() {
    let mut model = Model::default();
    for incident in 0..3 {
        model.news(incident, "Down", Severity::Critical, 10_000, &LIMITS);
    }
    model.tick(5000, &LIMITS);
    assert_eq!(model.lists, [(5000, 2)]);
}

/// What comes, after how many seconds.
#[derive(Clone, Debug)]
struct Coming {
    after: u64,
    incident: usize,
    name: u8,
    is_critical: bool,
    is_quiet: bool,
}

fn coming() -> impl Strategy<Value = Coming> {
    (
        prop_oneof![5 => Just(0_u64), 3 => 1..20_u64, 1 => 20..2000_u64],
        0..40_usize,
        0..60_u8,
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.05),
    )
        .prop_map(|(after, incident, name, is_critical, is_quiet)| Coming {
            after,
            incident,
            name,
            is_critical,
            is_quiet,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Everything is told once, in a message, a list or a digest, and never more messages than the limits allow.
    #[test]
    fn everything_is_told_once_and_within_the_limits(
        all in prop::collection::vec(coming(), 1..400),
        max in 1..40_u32,
        gather in 0..60_u64,
    ) {
        let limits = Limits {
            gather: Duration::from_secs(gather),
            receiver: MessageLimit { max, per: Duration::from_mins(10) },
            ..LIMITS
        };
        let mut model = Model::default();
        let mut second = 0;
        for one in &all {
            let limits = Limits { is_quiet: one.is_quiet, ..limits };
            for _ in 0..one.after {
                second += 1;
                model.tick(second, &limits);
            }
            let severity = if one.is_critical { Severity::Critical } else { Severity::Warning };
            model.news(one.incident, &format!("Alert{}", one.name), severity, second, &limits);
        }
        let count = all.len() as u64;
        prop_assert_eq!(model.told() + model.waiting(), count);
        for _ in 0..4 {
            // At the moment at which it asks to be woken.
            let now = model.brake.wake(&limits, at(second)).unwrap_or(at(second));
            second = u64::try_from(now.as_second() - 1_700_000_000).unwrap();
            model.tick(second, &limits);
        }
        second += 4000;
        model.tick(second, &limits);
        model.tick(second + 4000, &limits);
        prop_assert_eq!((model.told(), model.waiting()), (count, 0));
        prop_assert!(model.brake.is_idle());

        let mut messages: Vec<u64> = model.singles.clone();
        messages.extend(model.lists.iter().map(|(second, _)| second));
        messages.sort_unstable();
        for (index, begin) in messages.iter().enumerate() {
            let within = messages.iter().skip(index).take_while(|at| **at < begin + 600).count();
            // Beyond what is critical may take, one list of a burst a minute.
            prop_assert!(within <= 2 * max as usize + 11, "{} within ten minutes", within);
        }
        prop_assert!(model.messages() as u64 <= count);
    }
}
