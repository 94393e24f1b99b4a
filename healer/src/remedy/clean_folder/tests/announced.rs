//! `apply` through a real journal: nothing happens that was not announced.

use prunelle_foundation::lifecycle::Lifecycle;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::alert::{Episode, Fingerprint};
use crate::journal::{Intent, Journal, JournalOptions};
use crate::remediation::RemediationId;

/// A started attempt on `target`, in a journal of its own.
pub(super) async fn started(folder: &Path, target: Target, plan: Value) -> Committed<Started> {
    let lifecycle = Lifecycle::new();
    let clock = Arc::new(SystemClock::new().unwrap());
    let options = JournalOptions {
        reserve_bytes: 4096,
        ..JournalOptions::new(folder)
    };
    let at = clock.now();
    let journal = Journal::open(options, clock, &lifecycle.tasks(), lifecycle.stop()).unwrap();
    let intent = Intent {
        remediation: RemediationId(Uuid::from_u128(1)),
        episode: Episode {
            fingerprint: Fingerprint::try_from("00000000000000aa".to_owned()).unwrap(),
            starts_at: at.wall,
        },
        alert_name: "DiskFull".to_owned(),
        rule: "disk-full".to_owned(),
        target,
        victim: None,
        rung: 0,
        attempt: 1,
        remedy: "clean_folder".to_owned(),
        plan,
        policy_revision: String::new(),
        at: at.clone(),
        within: DAY,
    };
    let admitted = journal.admit(intent, Box::new(|_| Ok(()))).await;
    let committed = admitted.unwrap().unwrap();
    let started = journal.start(committed, json!({}), at).await;
    journal.close().await;
    started.unwrap()
}

#[tokio::test]
async fn what_was_announced_is_done() {
    let fixture = Fixture::new();
    fixture.file("a", 1);
    let target = Target::Path(fixture.job.folder.clone());
    let started = started(fixture.root.path(), target, json!({})).await;
    assert_eq!(apply(started, &fixture.job).unwrap().files, 1);
}

#[tokio::test]
async fn what_was_not_announced_is_not_done() {
    let fixture = Fixture::new();
    fixture.file("a", 1);
    let target = Target::Path("/var/tmp/other".into());
    let started = started(fixture.root.path(), target, json!({})).await;
    let error = apply(started, &fixture.job).unwrap_err();
    assert_eq!(error.reason(), Reason::RemedyFailed);
    assert!(
        error
            .to_string()
            .starts_with("the journal's intent is about path:/var/tmp/other, not about "),
        "{error}"
    );
    assert_eq!(fixture.left(), ["a"]);
}
