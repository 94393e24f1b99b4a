//! A person is asked once, and what they say holds: for what was asked, in time, and over a crash.

use std::time::Duration;

use prunelle_healer::journal::AnswerRefused;

use super::rig::{POLICY, Rig, down, down_since, resolved};
use super::{UNIT, starts};

fn policy() -> String {
    POLICY.replace(
        "        attempts: 2",
        "        attempts: 2\n        approval: {expires: 1h}",
    )
}

async fn answer(rig: &Rig, number: i64, is_approved: bool) -> Result<(), AnswerRefused> {
    let by = "ada".to_owned();
    let answered = rig.handle().answer(number, is_approved, by).await.unwrap();
    answered.map(|_| ())
}

/// A dead unit, an alert about it, and the question whether to start it.
async fn asked() -> Rig {
    let rig = Rig::with_policy(&policy()).await;
    rig.manager.fail(UNIT);
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision DEFERRED awaiting_approval").await;
    rig
}

#[tokio::test]
async fn a_person_is_asked_once_with_the_plan_and_a_yes_lets_it_run_at_once() {
    let rig = asked().await;
    let line = rig.lines().pop().unwrap();
    assert_eq!(line["details"]["approval"], 1);
    assert_eq!(
        line["details"]["plan"]["message"],
        "start `web.service`, which is failed (exit-code)"
    );
    // Nothing that happens meanwhile asks again.
    for _ in 0..3 {
        rig.advance(Duration::from_mins(1));
        rig.reconcile(vec![down(UNIT)]).await;
        rig.settle().await;
    }
    assert_eq!(rig.story(), ["decision DEFERRED awaiting_approval"]);
    assert_eq!(rig.manager.calls(), starts(0));
    let question = rig
        .until_advancing("the question is shown", Duration::from_millis(50), || {
            rig.view.borrow().approvals.first().cloned()
        })
        .await;
    assert_eq!(
        (question.number, question.target.as_str()),
        (1, "unit:web.service")
    );

    answer(&rig, 1, true).await.unwrap();
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
    assert_eq!(rig.story().last().unwrap(), "outcome SUCCESS -");
    let late = answer(&rig, 1, false).await.unwrap_err();
    assert!(
        matches!(late, AnswerRefused::AlreadyAnswered { .. }),
        "{late}"
    );
    // One yes is good for one remediation.
    rig.manager.fail(UNIT);
    rig.post(vec![down_since(UNIT, 50)]).await;
    rig.until_told("decision DEFERRED awaiting_approval").await;
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn a_no_holds_for_the_episode() {
    let rig = asked().await;
    answer(&rig, 1, false).await.unwrap();
    rig.until_told("decision SUPPRESSED denied").await;
    rig.post(vec![down(UNIT)]).await;
    rig.settle().await;
    rig.advance(Duration::from_mins(1));
    rig.reconcile(vec![down(UNIT)]).await;
    rig.settle().await;
    assert_eq!(rig.story().last().unwrap(), "decision SUPPRESSED denied");
    assert_eq!(rig.manager.calls(), starts(0));
}

/// The end of an episode may never be heard of.
#[tokio::test]
async fn a_new_episode_is_asked_about_anew() {
    let rig = asked().await;
    rig.until_advancing("the question is shown", Duration::from_millis(50), || {
        rig.view.borrow().approvals.first().cloned()
    })
    .await;
    rig.advance(Duration::from_secs(1));
    rig.post(vec![down_since(UNIT, 50)]).await;
    rig.until_advancing("another question", Duration::from_millis(50), || {
        let number = rig.view.borrow().approvals.first()?.number;
        (number == 2).then_some(())
    })
    .await;
    let late = answer(&rig, 1, true).await.unwrap_err();
    assert_eq!(late, AnswerRefused::Over(1));
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(0));
    answer(&rig, 2, true).await.unwrap();
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn nobody_having_answered_in_time_means_no() {
    let rig = asked().await;
    for _ in 0..61 {
        rig.advance(Duration::from_mins(1));
        rig.reconcile(vec![down(UNIT)]).await;
        rig.settle().await;
    }
    rig.until_told("decision SUPPRESSED approval_expired").await;
    let late = answer(&rig, 1, true).await.unwrap_err();
    assert!(matches!(late, AnswerRefused::Expired { .. }), "{late}");
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(0));
}

#[tokio::test]
async fn question_and_answer_outlive_a_crash() {
    let mut rig = asked().await;
    rig.crash().await;
    rig.start_engine().await;
    rig.post(vec![down(UNIT)]).await;
    rig.settle().await;
    let questions = rig
        .lines()
        .iter()
        .filter(|line| !line["details"]["approval"].is_null())
        .count();
    assert_eq!(questions, 1, "{:#?}", rig.story());
    rig.pause_all(Duration::from_mins(1)).await;
    answer(&rig, 1, true).await.unwrap();
    rig.settle().await;
    rig.crash().await;
    rig.start_engine().await;
    rig.post(vec![down(UNIT)]).await;
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(0), "the pause still holds");
    rig.advance(Duration::from_mins(1));
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn an_answer_to_what_nobody_waits_for_is_refused() {
    let rig = asked().await;
    assert_eq!(answer(&rig, 7, true).await, Err(AnswerRefused::Unknown(7)));
    rig.post(vec![resolved(down(UNIT))]).await;
    rig.until_told("decision SUPPRESSED resolved").await;
    assert_eq!(answer(&rig, 1, true).await, Err(AnswerRefused::Over(1)));
    // Another policy asks anew.
    rig.post(vec![down_since(UNIT, 50)]).await;
    rig.until_told("decision DEFERRED awaiting_approval").await;
    rig.settle().await;
    rig.set_policy(&policy().replace("within: 30s", "within: 31s"));
    rig.until("another question", || {
        let lines = rig.lines();
        (lines.last()?["details"]["approval"] == 3).then_some(())
    })
    .await;
    // Written, it is not yet known to the engine by its number.
    rig.until("it is known to be open", || {
        rig.advance(Duration::from_millis(250));
        let view = rig.view.borrow();
        (view.approvals.first()?.number == 3).then_some(())
    })
    .await;
    assert_eq!(answer(&rig, 2, true).await, Err(AnswerRefused::Over(2)));
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(0));
    answer(&rig, 3, true).await.unwrap();
    rig.outcomes(1).await;
}
