//! The engine is dropped at every durable step, and started anew on the same journal.

use std::time::Duration;

use prunelle_foundation::clock::{BootId, Clock as _};
use prunelle_healer::journal::{Entry, HistoryOf, Intent, Journal};
use prunelle_healer::remediation::RemediationId;
use prunelle_healer::work::Muted;
use prunelle_systemd::Verb;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fake_manager::Start;
use super::rig::{POLICY, Rig, down};

const UNIT: &str = "web.service";
const STEP: Duration = Duration::from_millis(200);

#[tokio::test]
async fn dropped_after_any_commit_it_goes_on_and_never_starts_a_unit_twice_for_one_attempt() {
    for commits in 1..14 {
        let mut rig = Rig::stopped(POLICY);
        rig.start_engine().await;
        rig.manager.fail(UNIT);
        let begun = rig.journal().stats().commits();
        let delivery = rig.post(vec![down(UNIT)]);
        // The sender may never hear: it is the engine that dies.
        let _ = tokio::time::timeout(Duration::from_secs(5), delivery).await;
        let stats = rig.journal().stats();
        for _ in 0..200 {
            if stats.commits() >= begun + commits {
                break;
            }
            rig.advance(STEP);
            tokio::task::yield_now().await;
            std::thread::sleep(Duration::from_micros(200));
        }
        rig.crash().await;
        rig.advance(Duration::from_secs(1));
        rig.start_engine().await;
        // Alertmanager repeats what still fires.
        rig.post(vec![down(UNIT)]).await;
        rig.reconcile(vec![down(UNIT)]).await;
        let story = rig
            .until_advancing("the end", STEP, || {
                let story = rig.story();
                story
                    .iter()
                    .any(|line| line == "outcome SUCCESS -" || line.contains("recovered_by_itself"))
                    .then_some(story)
            })
            .await;
        let attempts = story
            .iter()
            .filter(|line| line.starts_with("action"))
            .count();
        let calls = rig.manager.calls().len();
        assert!(
            calls == 1,
            "after {commits} commits: {calls} starts, {story:?}"
        );
        assert!(attempts <= 2, "after {commits} commits: {story:?}");
        let outcomes = story
            .iter()
            .filter(|line| line.starts_with("outcome"))
            .count();
        assert!(outcomes <= 2, "after {commits} commits: {story:?}");
        rig.settle().await;
        assert!(
            rig.journal().unfinished().await.unwrap().is_empty(),
            "after {commits} commits something never ended: {story:?}"
        );
    }
}

/// A journal that remembers an alert and an intent, as an earlier run left them.
struct Left {
    rig: Rig,
    intent: Intent,
}

enum LeftAt {
    Intent,
    Started,
    Acted,
    AttemptEnded,
}

impl Left {
    async fn at(step: LeftAt) -> Self {
        let rig = Rig::stopped(POLICY);
        rig.manager.fail(UNIT);
        let journal = rig.open_journal();
        let alert = down(UNIT);
        let now = rig.clock.now();
        journal
            .record_active(vec![alert.clone()], Muted::new(), now.clone())
            .await
            .unwrap();
        let intent = Intent {
            remediation: RemediationId(Uuid::from_u128(7)),
            episode: alert.episode.clone(),
            alert_name: "ServiceDown".to_owned(),
            rule: "service-down".to_owned(),
            target: "unit:web.service".parse().unwrap(),
            victim: None,
            rung: 0,
            attempt: 1,
            remedy: "restart_service".to_owned(),
            plan: json!({"verb": "start", "state_before": "failed (exit-code)", "invocation_before": null}),
            policy_revision: "test".to_owned(),
            at: now,
            within: Duration::from_secs(30),
        };
        write(&journal, &rig, &intent, step).await;
        journal.close().await;
        Self { rig, intent }
    }

    async fn goes_on(mut self) -> (Vec<String>, usize) {
        self.rig.start_engine().await;
        let story = self.rig.outcomes(1).await;
        let first = self.rig.lines();
        let outcome = first
            .iter()
            .find(|line| line["event_type"] == "outcome")
            .unwrap();
        assert_eq!(
            outcome["details"]["remediation"],
            Value::String(self.intent.remediation.to_string())
        );
        (story, self.rig.manager.calls().len())
    }
}

async fn write(journal: &Journal, rig: &Rig, intent: &Intent, step: LeftAt) {
    let committed = journal
        .admit(intent.clone(), Box::new(|_| Ok(())))
        .await
        .unwrap()
        .unwrap();
    if matches!(step, LeftAt::Intent) {
        return;
    }
    let at = rig.clock.now();
    journal
        .start(committed, intent.plan.clone(), at.clone())
        .await
        .unwrap();
    let remediation = intent.remediation;
    if matches!(step, LeftAt::Acted) {
        journal
            .record(Entry::Acted {
                remediation,
                evidence: json!({"job": 1}),
                at: at.clone(),
            })
            .await
            .unwrap();
    }
    if matches!(step, LeftAt::AttemptEnded) {
        journal
            .record(Entry::AttemptEnded {
                remediation,
                outcome: prunelle_healer::reason::Outcome::NotVerified,
                reason: Some(prunelle_healer::reason::Reason::NotVerified),
                evidence: json!({}),
                message: "it died".to_owned(),
                at,
            })
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn an_intent_without_start_mark_is_guarded_again_under_the_same_remediation() {
    let (story, calls) = Left::at(LeftAt::Intent).await.goes_on().await;
    assert_eq!(story, ["action SUCCESS -", "outcome SUCCESS -"]);
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn a_started_restart_that_did_not_happen_counts_as_an_attempt() {
    let (story, calls) = Left::at(LeftAt::Started).await.goes_on().await;
    assert_eq!(
        story,
        [
            "action FAILED interrupted",
            "action SUCCESS -",
            "outcome SUCCESS -"
        ]
    );
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn a_started_restart_that_happened_is_verified_and_not_repeated() {
    let left = Left::at(LeftAt::Started).await;
    left.rig.manager.script([Start::Well]);
    run_by_hand(&left.rig).await;
    let (story, calls) = left.goes_on().await;
    assert_eq!(story, ["action SUCCESS -", "outcome SUCCESS -"]);
    assert_eq!(calls, 1, "the one of before the crash");
}

#[tokio::test]
async fn a_started_restart_whose_job_is_queued_is_waited_for() {
    let mut left = Left::at(LeftAt::Started).await;
    left.rig.manager.script([Start::Waits]);
    run_by_hand(&left.rig).await;
    left.rig.start_engine().await;
    left.rig.settle().await;
    assert_eq!(left.rig.story(), Vec::<String>::new());
    left.rig.manager.finish_jobs();
    let story = left.rig.outcomes(1).await;
    assert_eq!(story, ["action SUCCESS -", "outcome SUCCESS -"]);
    assert_eq!(left.rig.manager.calls().len(), 1);
}

#[tokio::test]
async fn an_attempt_that_had_acted_is_verified() {
    let left = Left::at(LeftAt::Acted).await;
    run_by_hand(&left.rig).await;
    let (story, calls) = left.goes_on().await;
    assert_eq!(story, ["action SUCCESS -", "outcome SUCCESS -"]);
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn after_an_attempt_that_had_ended_the_next_one_comes() {
    let (story, calls) = Left::at(LeftAt::AttemptEnded).await.goes_on().await;
    assert_eq!(
        story,
        [
            "action NOT_VERIFIED not_verified",
            "action SUCCESS -",
            "outcome SUCCESS -"
        ]
    );
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn after_a_reboot_the_unit_tells_and_what_was_charged_stays_charged() {
    let mut left = Left::at(LeftAt::Started).await;
    left.rig.clock.reboot(BootId::new("b"));
    left.rig.clock.advance(Duration::from_mins(10));
    run_by_hand(&left.rig).await;
    left.rig.start_engine().await;
    let story = left.rig.outcomes(1).await;
    assert_eq!(story, ["action SUCCESS -", "outcome SUCCESS -"]);
    let history = left
        .rig
        .journal()
        .history(HistoryOf::intent(&left.intent), left.rig.clock.now())
        .await
        .unwrap();
    assert_eq!(history.charges.len(), 1);
    assert_eq!(history.running, None);
}

#[tokio::test]
async fn a_remediation_whose_rule_is_gone_ends_as_unknown() {
    let mut left = Left::at(LeftAt::Started).await;
    left.rig
        .set_policy(&POLICY.replace("service-down", "another-name"));
    left.rig.start_engine().await;
    left.rig
        .until("it has ended", || {
            left.rig
                .story()
                .contains(&"outcome UNKNOWN unknown_after_crash".to_owned())
                .then_some(())
        })
        .await;
}

/// Has the unit started as the run before the crash had it started.
async fn run_by_hand(rig: &Rig) {
    use prunelle_healer::service_manager::ServiceManager as _;
    rig.manager
        .enqueue(Verb::Start, &UNIT.parse().unwrap())
        .await
        .unwrap();
}
