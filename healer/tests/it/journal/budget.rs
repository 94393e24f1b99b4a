//! Whatever is asked at the same time, no window holds more charges than the budget allows, and no target runs two
//! remediations.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::*;
use prunelle_foundation::clock::Now;
use prunelle_healer::facts::History;
use prunelle_healer::journal::{AdmissionCheck, Entry};
use prunelle_healer::reason::{Outcome, Reason};

use super::fixture::{Fixture, remediation};

const MAX: usize = 3;
const HOST_MAX: usize = 5;
const PER: Duration = Duration::from_mins(10);

/// What happens at the same time, and how long nothing happens before it.
#[derive(Clone, Debug)]
struct Round {
    pause: Duration,
    targets: Vec<u8>,
    reopens: bool,
}

fn round() -> impl Strategy<Value = Round> {
    (
        0u64..400,
        prop::collection::vec(0u8..3, 1..6),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(pause, targets, reopens)| Round {
            pause: Duration::from_secs(pause),
            targets,
            reopens,
        })
}

fn recent(charges: &[Now], now: &Now) -> usize {
    charges
        .iter()
        .filter(|charge| now.since(charge) < PER)
        .count()
}

fn check(now: Now) -> AdmissionCheck {
    Box::new(move |history: &History| {
        if recent(&history.charges, &now) >= MAX {
            Err(Reason::Budget)
        } else if recent(&history.host_charges, &now) >= HOST_MAX {
            Err(Reason::HostBudget)
        } else {
            Ok(())
        }
    })
}

async fn run(rounds: Vec<Round>) {
    let fixture = Fixture::new();
    let mut journal = fixture.open();
    let mut charged: BTreeMap<u8, Vec<Now>> = BTreeMap::new();
    let mut number = 0;
    for round in rounds {
        fixture.advance(round.pause);
        if round.reopens {
            journal.close().await;
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
                charged.entry(target).or_default().push(now.clone());
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
        let all: Vec<Now> = charged.values().flatten().cloned().collect();
        assert!(recent(&all, &now) <= HOST_MAX);
        assert!(charged.values().all(|charges| recent(charges, &now) <= MAX));
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
