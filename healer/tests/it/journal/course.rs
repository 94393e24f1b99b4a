//! One remediation's course through the journal, and what can be read of it at each step.

use std::time::Duration;

use prunelle_healer::journal::{Entry, EventType, JournalError, Phase};
use prunelle_healer::reason::{Outcome, Reason};
use serde_json::json;

use super::fixture::{
    Fixture, admit, firing, history_of, intent, pass, refusal, remediation, resolved, target,
};

#[tokio::test]
async fn a_remediation_from_intent_to_end() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let id = remediation(1);

    let committed = admit(&journal, fixture.intent(id, "/tmp")).await;
    let unfinished = journal.unfinished().await.unwrap();
    assert_eq!(unfinished.len(), 1);
    assert_eq!(&unfinished[0].intent, committed.get());
    assert_eq!(unfinished[0].phase, Phase::Intent);

    fixture.advance(Duration::from_secs(1));
    let started = journal
        .start(committed, json!({"before": 1}), fixture.now())
        .await
        .unwrap();
    assert_eq!(started.get().evidence, json!({"before": 1}));
    assert_eq!(journal.unfinished().await.unwrap()[0].phase, Phase::Started);

    let acted = Entry::Acted {
        remediation: id,
        evidence: json!({"freed": 4096}),
        at: fixture.now(),
    };
    journal.record(acted).await.unwrap();
    let now = journal.unfinished().await.unwrap();
    assert_eq!(now[0].phase, Phase::Acted);
    assert_eq!(now[0].evidence, json!({"before": 1, "freed": 4096}));

    let verifying = Entry::Verifying {
        remediation: id,
        at: fixture.now(),
    };
    journal.record(verifying).await.unwrap();
    assert_eq!(
        journal.unfinished().await.unwrap()[0].phase,
        Phase::Verifying
    );

    fixture.advance(Duration::from_secs(2));
    journal.record(attempt_ended(&fixture, 1)).await.unwrap();
    let now = journal.unfinished().await.unwrap();
    assert_eq!(now[0].attempt_outcome, Some(Outcome::Success));

    journal.record(ended(&fixture, 1)).await.unwrap();
    assert!(journal.unfinished().await.unwrap().is_empty());
    journal.close().await;

    insta::assert_snapshot!(std::fs::read_to_string(fixture.log()).unwrap());
}

#[tokio::test]
async fn the_slot_of_a_target_is_held_until_the_end() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    admit(&journal, fixture.intent(remediation(1), "/tmp")).await;

    let other = fixture.intent(remediation(2), "/tmp");
    assert_eq!(
        refusal(&journal, other.clone()).await,
        Reason::JoinedRunning
    );
    // Another target is free, and the holder may go on to its next attempt.
    admit(&journal, fixture.intent(remediation(3), "/var/tmp")).await;
    let mut second = fixture.intent(remediation(1), "/tmp");
    second.attempt = 2;
    admit(&journal, second).await;

    journal.record(ended(&fixture, 1)).await.unwrap();
    admit(&journal, other).await;
}

#[tokio::test]
async fn a_refusal_writes_nothing() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let answer = journal
        .admit(
            fixture.intent(remediation(1), "/tmp"),
            Box::new(|history| {
                assert!(history.charges.is_empty());
                Err(Reason::Budget)
            }),
        )
        .await
        .unwrap();
    assert_eq!(answer.unwrap_err(), Reason::Budget);
    let history = journal
        .history(history_of("/tmp"), fixture.now())
        .await
        .unwrap();
    let nothing = prunelle_healer::facts::History {
        boots: journal.boots().clone(),
        ..prunelle_healer::facts::History::default()
    };
    assert_eq!(history, nothing);
}

#[tokio::test]
async fn a_check_that_panics_fails_alone() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let broken = journal.admit(
        fixture.intent(remediation(1), "/tmp"),
        Box::new(|_| panic!("a bug in a guard")),
    );
    let (broken, sound) = tokio::join!(
        broken,
        journal.admit(fixture.intent(remediation(2), "/var/tmp"), pass())
    );
    assert!(matches!(broken, Err(JournalError::Refused(_))));
    sound.unwrap().unwrap();
    assert_eq!(journal.unfinished().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_contradicts_the_journal_is_refused() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let unknown = journal.record(ended(&fixture, 7)).await;
    assert!(matches!(unknown, Err(JournalError::Refused(_))));

    admit(&journal, fixture.intent(remediation(1), "/tmp")).await;
    journal.record(ended(&fixture, 1)).await.unwrap();
    let twice = journal.record(ended(&fixture, 1)).await;
    assert!(matches!(twice, Err(JournalError::Refused(_))));
    let again = journal
        .admit(fixture.intent(remediation(1), "/tmp"), pass())
        .await;
    assert!(matches!(again, Err(JournalError::Refused(_))));
}

#[tokio::test]
async fn many_entries_are_kept_at_once_or_not_at_all() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    admit(&journal, fixture.intent(remediation(1), "/tmp")).await;
    let entries = vec![attempt_ended(&fixture, 1), ended(&fixture, 2)];
    let mixed = journal.record_all(entries).await;
    assert!(matches!(mixed, Err(JournalError::Refused(_))));
    assert!(journal.recent_events(10).await.unwrap().is_empty());
    let entries = vec![attempt_ended(&fixture, 1), ended(&fixture, 1)];
    journal.record_all(entries).await.unwrap();
    assert_eq!(journal.recent_actions(10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_intent_can_be_started_once_and_only_the_newest() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let first = admit(&journal, fixture.intent(remediation(1), "/tmp")).await;
    // After a crash the same attempt is written again.
    let same = admit(&journal, fixture.intent(remediation(1), "/tmp")).await;
    journal
        .start(same, json!(null), fixture.now())
        .await
        .unwrap();
    let stale = journal.start(first, json!(null), fixture.now()).await;
    assert!(matches!(stale, Err(JournalError::Refused(_))));
}

#[tokio::test]
async fn decisions_and_alerts_become_lines() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    journal
        .record_notification(fixture.notification(vec![firing(1)]))
        .await
        .unwrap();
    for (reason, is_deferred) in [
        (Reason::Cooldown, true),
        (Reason::OtherHost, false),
        (Reason::Observed, false),
    ] {
        journal
            .record(Entry::Decision {
                rung: None,
                alert: firing(1),
                rule: Some("disk-full".to_owned()),
                target: Some(target("/tmp")),
                victim: None,
                note: None,
                reason,
                plan: (reason == Reason::Observed).then(|| json!({"files": 3})),
                is_deferred,
                at: fixture.now(),
            })
            .await
            .unwrap();
    }
    journal
        .record_notification(fixture.notification(vec![resolved(1)]))
        .await
        .unwrap();
    let events = journal.recent_events(10).await.unwrap();
    let statuses: Vec<_> = events
        .iter()
        .map(|e| (e.event_type, e.status.as_str()))
        .collect();
    assert_eq!(
        statuses,
        [
            (EventType::Alert, "RESOLVED"),
            (EventType::Decision, "OBSERVED"),
            (EventType::Decision, "SUPPRESSED"),
            (EventType::Decision, "DEFERRED"),
            (EventType::Alert, "FIRING"),
        ]
    );
    assert!(journal.recent_actions(10).await.unwrap().is_empty());
    journal.close().await;
    insta::assert_snapshot!(std::fs::read_to_string(fixture.log()).unwrap());
}

#[tokio::test]
async fn nothing_is_answered_after_the_end() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    journal.close().await;
    journal.close().await;
    let answer = journal
        .admit(intent(fixture.now(), remediation(1), "/tmp"), pass())
        .await;
    assert!(matches!(answer, Err(JournalError::Closed)));
}

pub(super) fn attempt_ended(fixture: &Fixture, number: u128) -> Entry {
    Entry::AttemptEnded {
        remediation: remediation(number),
        outcome: Outcome::Success,
        reason: None,
        evidence: json!({"free_ratio": 0.5}),
        message: "Cleaned /tmp: 4096 bytes freed".to_owned(),
        at: fixture.now(),
    }
}

pub(super) fn ended(fixture: &Fixture, number: u128) -> Entry {
    Entry::Ended {
        remediation: remediation(number),
        outcome: Outcome::Success,
        reason: None,
        quarantine: Duration::ZERO,
        message: "/tmp has space again".to_owned(),
        at: fixture.now(),
    }
}

#[tokio::test]
async fn an_attempt_that_was_started_under_an_earlier_intent_is_told_of_until_the_next_attempt() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let id = remediation(1);
    let was_started_before = async || {
        let unfinished = journal.unfinished().await.unwrap();
        unfinished[0].was_started_before
    };
    let first = admit(&journal, fixture.intent(id, "/tmp")).await;
    assert!(!was_started_before().await);
    journal
        .start(first, json!(null), fixture.now())
        .await
        .unwrap();
    assert!(!was_started_before().await);

    // Crashed, and run again.
    let again = admit(&journal, fixture.intent(id, "/tmp")).await;
    assert!(was_started_before().await);
    journal
        .start(again, json!(null), fixture.now())
        .await
        .unwrap();
    journal.record(attempt_ended(&fixture, 1)).await.unwrap();

    let mut second = fixture.intent(id, "/tmp");
    second.attempt = 2;
    admit(&journal, second).await;
    assert!(!was_started_before().await);
}
