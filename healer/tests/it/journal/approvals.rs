//! Questions to people: asked once, answered once and in time, used up once, and only for what was asked.

use std::time::Duration;

use prunelle_healer::facts::Approval;
use prunelle_healer::journal::{AnswerRefused, Answered, ApprovalRequest, HistoryOf, Journal};
use prunelle_healer::reason::{Outcome, Reason};

use super::fixture::{Fixture, admit, firing, intent, lines, remediation, resolved, target};

const HOUR: Duration = Duration::from_hours(1);

fn request(fixture: &Fixture) -> ApprovalRequest {
    ApprovalRequest {
        of: HistoryOf::intent(&fixture.intent(remediation(1), "/tmp")),
        alert_name: "DiskFull".to_owned(),
        plan: serde_json::json!({"message": "remove 3 files from `/tmp`"}),
        lasts: HOUR,
        at: fixture.now(),
    }
}

async fn answer(
    journal: &Journal,
    fixture: &Fixture,
    number: i64,
    is_approved: bool,
) -> Result<Answered, AnswerRefused> {
    journal
        .answer_approval(number, is_approved, true, "ada".to_owned(), fixture.now())
        .await
        .unwrap()
}

async fn seen(journal: &Journal, of: &HistoryOf, fixture: &Fixture) -> Option<Approval> {
    let history = journal.history(of.clone(), fixture.now()).await.unwrap();
    history.approval
}

#[tokio::test]
async fn a_question_is_asked_once_and_answered_once() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let request = request(&fixture);
    let asked = journal.ask_approval(request.clone()).await.unwrap();
    assert_eq!(asked.is_approved, None);
    fixture.advance(Duration::from_mins(1));
    let again = journal.ask_approval(request.clone()).await.unwrap();
    assert_eq!(again, asked);

    let answered = answer(&journal, &fixture, asked.number, true)
        .await
        .unwrap();
    assert_eq!(answered.target, target("/tmp"));
    assert_eq!(answered.message, "remove 3 files from `/tmp`");
    let refused = answer(&journal, &fixture, asked.number, false).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "question 1 was approved by ada at 2026-11-24T08:01:00Z: an answer is given once"
    );
    let unknown = answer(&journal, &fixture, 7, true).await.unwrap_err();
    assert_eq!(unknown, AnswerRefused::Unknown(7));
    let approval = seen(&journal, &request.of, &fixture).await.unwrap();
    assert_eq!(approval.is_approved, Some(true));

    journal.close().await;
    let told: Vec<(String, String)> = lines(&fixture.log())
        .iter()
        .map(|line| {
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            (text(&line["status"]), text(&line["message"]))
        })
        .collect();
    let expected = [
        (
            "DEFERRED",
            "question 1, for a person to answer: remove 3 files from `/tmp`",
        ),
        (
            "APPROVED",
            "ada approved question 1: remove 3 files from `/tmp`",
        ),
    ];
    assert_eq!(
        told,
        expected.map(|(status, message)| (status.to_owned(), message.to_owned()))
    );
}

#[tokio::test]
async fn an_answer_comes_in_time_or_not_at_all() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let request = request(&fixture);
    let asked = journal.ask_approval(request.clone()).await.unwrap();
    fixture.advance(HOUR);
    let late = answer(&journal, &fixture, asked.number, true).await;
    assert!(
        matches!(late, Err(AnswerRefused::Expired { .. })),
        "{late:?}"
    );
    // It is not asked again: nobody said yes, and that holds for the episode.
    let again = journal.ask_approval(request.clone()).await.unwrap();
    assert_eq!(again, asked);
    let mut next_episode = request;
    next_episode.of.episode.starts_at += Duration::from_secs(1);
    let other = journal.ask_approval(next_episode).await.unwrap();
    assert_ne!(other.number, asked.number);
}

#[tokio::test]
async fn nobody_answers_for_an_alert_that_is_over() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    for alert in [firing(1), resolved(1)] {
        let notification = fixture.notification(vec![alert]);
        journal.record_notification(notification).await.unwrap();
    }
    let asked = journal.ask_approval(request(&fixture)).await.unwrap();
    let refused = answer(&journal, &fixture, asked.number, true).await;
    assert_eq!(refused.unwrap_err(), AnswerRefused::Over(asked.number));
}

#[tokio::test]
async fn an_approval_is_used_up_by_one_remediation_and_survives_a_restart() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let request = request(&fixture);
    let asked = journal.ask_approval(request.clone()).await.unwrap();
    answer(&journal, &fixture, asked.number, true)
        .await
        .unwrap();
    journal.close().await;

    let journal = fixture.open();
    let of = request.of.clone();
    let approval = seen(&journal, &of, &fixture).await.unwrap();
    assert_eq!(approval.is_approved, Some(true));
    admit(&journal, fixture.intent(remediation(1), "/tmp")).await;
    let approval = seen(&journal, &of, &fixture).await;
    assert!(approval.is_some(), "its own next attempt may use it, too");
    let other = HistoryOf {
        remediation: remediation(2),
        ..of
    };
    assert_eq!(seen(&journal, &other, &fixture).await, None);
    let next = journal
        .ask_approval(ApprovalRequest {
            of: other,
            ..request
        })
        .await
        .unwrap();
    assert_ne!(next.number, asked.number);
}

#[tokio::test]
async fn an_approval_is_for_what_was_asked_and_for_nothing_else() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let request = request(&fixture);
    let asked = journal.ask_approval(request.clone()).await.unwrap();
    answer(&journal, &fixture, asked.number, true)
        .await
        .unwrap();
    let changes: [fn(&mut HistoryOf); 7] = [
        |of| of.target = target("/var/tmp"),
        |of| of.victim = Some("app.service".parse().unwrap()),
        |of| of.rule = "other".to_owned(),
        |of| of.remedy = "reboot".to_owned(),
        |of| of.rung = 1,
        |of| of.policy_revision = "def".to_owned(),
        |of| of.episode.starts_at += Duration::from_millis(1),
    ];
    for change in changes {
        let mut of = request.of.clone();
        change(&mut of);
        assert_eq!(seen(&journal, &of, &fixture).await, None, "{of:?}");
    }
}

#[tokio::test]
async fn a_question_that_nobody_approved_is_not_used_up() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let request = request(&fixture);
    let asked = journal.ask_approval(request.clone()).await.unwrap();
    answer(&journal, &fixture, asked.number, false)
        .await
        .unwrap();
    admit(&journal, intent(fixture.now(), remediation(1), "/tmp")).await;
    let end = prunelle_healer::journal::Entry::Ended {
        remediation: remediation(1),
        outcome: Outcome::Cancelled,
        reason: Some(Reason::Denied),
        quarantine: Duration::ZERO,
        message: String::new(),
        at: fixture.now(),
    };
    journal.record(end).await.unwrap();
    let other = HistoryOf {
        remediation: remediation(2),
        ..request.of
    };
    let approval = seen(&journal, &other, &fixture).await.unwrap();
    assert_eq!(approval.is_approved, Some(false), "a no holds");
}
