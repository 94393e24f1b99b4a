//! Whatever is asked at the same time, and however the clock is set over reboots, no window holds more charges than the
//! budget allows, and no target runs two remediations.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use proptest::prelude::*;
use prunelle_foundation::clock::{BootId, Now};
use prunelle_healer::facts::History;
use prunelle_healer::journal::{AdmissionCheck, Entry};
use prunelle_healer::reason::{Outcome, Reason};

use super::fixture::{Fixture, admit, remediation};

const MAX: usize = 3;
const HOST_MAX: usize = 5;
const PER: Duration = Duration::from_mins(10);

/// What happens at the same time, and how long nothing happens before it.
#[derive(Clone, Debug)]
struct Round {
    pause: Duration,
    targets: Vec<u8>,
    start: Start,
}

/// Whether the healer was started anew meanwhile, and how.
#[derive(Clone, Debug)]
enum Start {
    None,
    Daemon,
    /// The wall clock is off by so many seconds afterwards.
    Machine {
        set: i64,
    },
}

fn start() -> impl Strategy<Value = Start> {
    prop_oneof![
        4 => Just(Start::None),
        1 => Just(Start::Daemon),
        2 => (-100_000i64..100_000).prop_map(|set| Start::Machine { set }),
    ]
}

fn round() -> impl Strategy<Value = Round> {
    (0u64..400, prop::collection::vec(0u8..3, 1..6), start()).prop_map(|(pause, targets, start)| {
        Round {
            pause: Duration::from_secs(pause),
            targets,
            start,
        }
    })
}

fn recent(history: &History, charges: &[Now], now: &Now) -> usize {
    charges
        .iter()
        .filter(|charge| history.boots.certain(charge, now) < PER)
        .count()
}

/// The same by the time that has really passed.
fn really_recent(charges: &[Duration], passed: Duration) -> usize {
    charges
        .iter()
        .filter(|charge| passed.saturating_sub(**charge) < PER)
        .count()
}

fn check(now: Now) -> AdmissionCheck {
    Box::new(move |history: &History| {
        if recent(history, &history.charges, &now) >= MAX {
            Err(Reason::Budget)
        } else if recent(history, &history.host_charges, &now) >= HOST_MAX {
            Err(Reason::HostBudget)
        } else {
            Ok(())
        }
    })
}

async fn run(rounds: Vec<Round>) {
    let fixture = Fixture::new();
    let mut journal = fixture.open();
    let mut charged: BTreeMap<u8, Vec<Duration>> = BTreeMap::new();
    let (mut number, mut passed) = (0, Duration::ZERO);
    for (index, round) in rounds.into_iter().enumerate() {
        fixture.advance(round.pause);
        passed += round.pause;
        if !matches!(round.start, Start::None) {
            journal.close().await;
            if let Start::Machine { set } = round.start {
                fixture.clock.reboot(BootId::new(&index.to_string()));
                let wall = fixture.now().wall + SignedDuration::from_secs(set);
                fixture.clock.step_wall(wall);
            }
            journal = fixture.open();
        }
        let now = fixture.now();
        let asked = round.targets.iter().map(|target| {
            number += 1;
            let intent = fixture.intent(remediation(number), &format!("/tmp/{target}"));
            let admitted = journal.admit(intent, check(now.clone()));
            async move { (*target, admitted.await.unwrap().ok()) }
        });
        let mut running = Vec::new();
        for (target, admitted) in join_all(asked).await {
            if let Some(committed) = admitted {
                assert!(!running.contains(&target), "two at once on {target}");
                running.push(target);
                charged.entry(target).or_default().push(passed);
                let ended = Entry::Ended {
                    remediation: committed.get().remediation,
                    outcome: Outcome::Cancelled,
                    reason: Some(Reason::Resolved),
                    quarantine: Duration::ZERO,
                    message: "resolved".to_owned(),
                    at: now.clone(),
                };
                journal.record(ended).await.unwrap();
            }
        }
        let all: Vec<Duration> = charged.values().flatten().copied().collect();
        assert!(really_recent(&all, passed) <= HOST_MAX);
        assert!(
            charged
                .values()
                .all(|charges| really_recent(charges, passed) <= MAX)
        );
    }
    assert!(!charged.is_empty(), "the first one always fits");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_window_is_overdrawn(rounds in prop::collection::vec(round(), 1..12)) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(run(rounds));
    }
}

#[tokio::test]
async fn what_was_spent_is_told_over_all_rules_and_targets() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let mut expected = Vec::new();
    for (number, (rule, path)) in [(1, ("disk-full", "/tmp/a")), (2, ("other", "/tmp/b"))] {
        let at = fixture.now();
        let mut intent = fixture.intent(remediation(number), path);
        rule.clone_into(&mut intent.rule);
        let admitted = admit(&journal, intent).await;
        let started = journal.start(admitted, serde_json::Value::Null, at.clone());
        let started = started.await.unwrap();
        fixture.advance(Duration::from_secs(1));
        let ended = Entry::Ended {
            remediation: started.get().intent.remediation,
            outcome: Outcome::Failed,
            reason: Some(Reason::RemedyFailed),
            quarantine: Duration::ZERO,
            message: "failed".to_owned(),
            at: fixture.now(),
        };
        journal.record(ended).await.unwrap();
        expected.push((rule, format!("path:{path}"), at));
    }
    let rules = ["disk-full", "unused"].map(str::to_owned).to_vec();
    let spent = journal.spent(rules).await.unwrap();
    let charges: Vec<_> = spent
        .charges
        .iter()
        .map(|charge| {
            (
                charge.rule.as_str(),
                charge.target.clone(),
                charge.at.clone(),
            )
        })
        .collect();
    assert_eq!(charges, expected);
    let ends: Vec<_> = spent
        .ends
        .iter()
        .map(|(rule, ends)| (rule.as_str(), ends.iter().map(|(_, good)| *good).collect()))
        .collect();
    assert_eq!(ends, [("disk-full", vec![false]), ("unused", vec![])]);
}
