//! Limits of units: set, and taken back whatever happens in between.

use std::time::Duration;

use prunelle_foundation::clock::{BootId, Clock as _};
use prunelle_healer::alert::Alert;
use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{Property, Request};
use serde_json::Value;

use super::rig::{Rig, alert, resolved};

const UNIT: &str = "web.service";
const STEP: Duration = Duration::from_millis(200);
/// What the unit is limited to by its own file.
const OWN: u64 = 800_000;
const THROTTLED: u64 = 500_000;

const POLICY: &str = "
version: 1
host: {label: instance, is: ['test:9750']}
mode: enforce
defaults:
  boot_grace: 0s
rules:
  - name: cpu-hog
    matchers: ['alertname = \"CpuHog\"']
    target: {unit: {label: name, allow: ['*.service']}}
    ladder:
      - remedy: throttle_service
        with: {cpu_quota: 50%, for: 1h}
        attempts: 1
        verify: {unit_active: {stable_for: 0s}}
        within: 30s
    escalate: {receivers: [], quarantine: 0s}
  - name: worse-hog
    matchers: ['alertname = \"WorseHog\"']
    target: {unit: {label: name, allow: ['*.service']}}
    ladder:
      - remedy: throttle_service
        with: {cpu_quota: 30%, memory_high: 1GiB, for: 1h}
        attempts: 1
        verify: {unit_active: {stable_for: 0s}}
        within: 30s
    escalate: {receivers: [], quarantine: 0s}
";

fn named(name: &str) -> Alert {
    let mut alert = alert(name, UNIT, 1);
    let critical = ("severity".to_owned(), "critical".to_owned());
    alert.labels = alert
        .labels
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain([critical])
        .collect();
    alert
}

fn hog() -> Alert {
    named("CpuHog")
}

/// A unit with a limit of its own, and a rig that runs.
async fn rig() -> Rig {
    let rig = Rig::with_policy(POLICY).await;
    rig.manager.set(UNIT, ActiveState::Active, "running");
    rig.manager.set_limit(UNIT, Property::CpuQuota, OWN);
    rig
}

async fn throttled() -> Rig {
    let rig = rig().await;
    rig.post(vec![hog()]).await;
    rig.outcomes(1).await;
    assert_eq!(quota(&rig), Some(THROTTLED));
    rig
}

fn quota(rig: &Rig) -> Option<u64> {
    rig.manager.limit(UNIT, Property::CpuQuota)
}

/// Status and message of all tries to undo something.
fn undone(rig: &Rig) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rig.lines()
        .iter()
        .filter(|line| line["action_type"] == "service_throttle_undo")
        .map(|line| (text(&line["status"]), text(&line["message"])))
        .collect()
}

async fn until_undone(rig: &Rig) -> String {
    rig.until_advancing("it is undone", STEP, || {
        let (status, message) = undone(rig).pop()?;
        (status == "SUCCESS").then_some(message)
    })
    .await
}

#[tokio::test]
async fn what_is_throttled_is_let_go_when_the_alert_resolves() {
    let rig = throttled().await;
    let view = rig
        .until("the status shows it", || {
            rig.advance(STEP);
            let view = rig.view.borrow();
            view.throttled.first().cloned()
        })
        .await;
    assert_eq!(
        (view.unit.as_str(), view.limits.as_str()),
        (UNIT, "CPUQuota=50%")
    );
    assert_eq!(view.until, Some(view.since + Duration::from_hours(1)));

    rig.post(vec![resolved(hog())]).await;
    assert_eq!(
        until_undone(&rig).await,
        "`web.service` is back at CPUQuota=80%: the alert is over"
    );
    assert_eq!(quota(&rig), Some(OWN));
    let story = rig.story();
    assert_eq!(
        story,
        ["action SUCCESS -", "outcome SUCCESS -", "action SUCCESS -"]
    );
    rig.until_advancing("the status shows it no more", STEP, || {
        rig.view.borrow().throttled.is_empty().then_some(())
    })
    .await;
    assert_eq!(rig.journal().undos().await.unwrap(), []);
}

/// The end of the first episode is never heard of, and it is in the second one that the unit is throttled.
#[tokio::test]
async fn what_waited_through_an_episode_into_the_next_one_stays_throttled_for_that() {
    let rig = rig().await;
    rig.pause_all(Duration::from_secs(30)).await;
    rig.post(vec![hog()]).await;
    rig.until_told("decision DEFERRED paused").await;
    let mut again = hog();
    again.episode.starts_at += Duration::from_secs(50);
    rig.post(vec![again.clone()]).await;
    rig.until_told("decision DEFERRED paused").await;
    rig.advance(Duration::from_secs(30));
    rig.outcomes(1).await;
    rig.advance(Duration::from_mins(5));
    rig.settle().await;
    assert_eq!(undone(&rig), []);
    assert_eq!(quota(&rig), Some(THROTTLED));
    rig.post(vec![resolved(again)]).await;
    until_undone(&rig).await;
    assert_eq!(quota(&rig), Some(OWN));
}

#[tokio::test]
async fn it_lasts_no_longer_than_the_policy_says_although_the_alert_fires() {
    let rig = throttled().await;
    rig.advance(Duration::from_mins(59));
    rig.settle().await;
    assert_eq!(quota(&rig), Some(THROTTLED));
    rig.advance(Duration::from_mins(1));
    assert!(until_undone(&rig).await.ends_with("its time is up"));
    assert_eq!(quota(&rig), Some(OWN));
}

#[tokio::test]
async fn it_ends_with_its_rule() {
    let rig = throttled().await;
    rig.set_policy(&POLICY.replace("cpu-hog", "another"));
    let message = until_undone(&rig).await;
    assert!(
        message.ends_with("the policy no longer has the rule"),
        "{message}"
    );
}

#[tokio::test]
async fn in_observe_mode_limits_are_planned_and_not_set() {
    let rig = Rig::with_policy(&POLICY.replace("enforce", "observe")).await;
    rig.manager.set(UNIT, ActiveState::Active, "running");
    rig.post(vec![hog()]).await;
    rig.until_told("decision OBSERVED observed").await;
    let plan = rig.lines().last().unwrap()["details"]["plan"]["message"].clone();
    assert_eq!(
        plan,
        "limit `web.service` to CPUQuota=50% for 1h at most; before: CPUQuota="
    );
    assert_eq!(rig.manager.requests(), []);
    assert_eq!(rig.journal().undos().await.unwrap(), []);
}

#[tokio::test]
async fn a_unit_that_is_limited_as_much_by_itself_is_left_as_it_is() {
    let rig = rig().await;
    rig.manager.set_limit(UNIT, Property::CpuQuota, THROTTLED);
    rig.post(vec![hog()]).await;
    rig.until_told("decision SUPPRESSED rung_not_allowed").await;
    assert_eq!(rig.manager.requests(), []);
}

#[tokio::test]
async fn what_polkit_refuses_leaves_nothing_to_undo() {
    let rig = rig().await;
    // The alert goes on, and so does every further attempt on it.
    rig.manager.refuse(u32::MAX);
    rig.post(vec![hog()]).await;
    let story = rig.outcomes(1).await;
    assert_eq!(story[0], "action FAILED not_permitted");
    rig.until_advancing("nothing is open", STEP, || {
        rig.view.borrow().throttled.is_empty().then_some(())
    })
    .await;
    assert_eq!(undone(&rig), []);
    assert_eq!(quota(&rig), Some(OWN));
}

#[tokio::test]
async fn an_undo_that_fails_is_told_and_tried_again_after_growing_waits() {
    let rig = throttled().await;
    rig.manager.refuse(3);
    rig.post(vec![resolved(hog())]).await;
    rig.until("the first try failed", || undone(&rig).pop())
        .await;
    rig.settle().await;
    assert_eq!(undone(&rig).len(), 1, "not before its time");
    let problem = rig
        .until("the status shows why", || {
            rig.advance(STEP / 10);
            rig.view.borrow().throttled.first()?.problem.clone()
        })
        .await;
    assert!(
        problem.contains("not permitted to set properties of `web.service`"),
        "{problem}"
    );
    let begun = rig.clock.now();
    until_undone(&rig).await;
    let took = rig.clock.now().since(&begun);
    assert!(
        took >= Duration::from_secs(6),
        "1 s, 2 s and 4 s were waited: {took:?}"
    );
    let statuses: Vec<String> = undone(&rig).into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses, ["FAILED", "FAILED", "FAILED", "SUCCESS"]);
    assert_eq!(quota(&rig), Some(OWN));
}

#[tokio::test]
async fn while_systemd_is_away_the_undo_waits_and_then_comes_at_once() {
    let rig = throttled().await;
    rig.manager.set_reachable(false);
    rig.post(vec![resolved(hog())]).await;
    for _ in 0..600 {
        rig.advance(Duration::from_secs(1));
    }
    rig.settle().await;
    assert_eq!(undone(&rig), []);
    rig.manager.set_reachable(true);
    rig.until("it is undone, without waiting", || undone(&rig).pop())
        .await;
    assert_eq!(quota(&rig), Some(OWN));
}

#[tokio::test]
async fn what_a_person_has_set_since_is_left_alone() {
    let rig = throttled().await;
    rig.manager.set_limit(UNIT, Property::CpuQuota, 700_000);
    rig.post(vec![resolved(hog())]).await;
    let message = until_undone(&rig).await;
    assert!(
        message.contains("somebody else has changed them"),
        "{message}"
    );
    assert_eq!(quota(&rig), Some(700_000));
}

#[tokio::test]
async fn a_second_throttle_keeps_what_was_before_the_first_in_either_order() {
    for first_to_end in [hog(), named("WorseHog")] {
        let rig = throttled().await;
        rig.post(vec![named("WorseHog")]).await;
        rig.outcomes(2).await;
        assert_eq!(quota(&rig), Some(300_000));
        let second_to_end = if first_to_end == hog() {
            named("WorseHog")
        } else {
            hog()
        };
        rig.post(vec![resolved(first_to_end.clone())]).await;
        rig.until("the first is over", || {
            (undone(&rig).len() == 1).then_some(())
        })
        .await;
        assert_eq!(quota(&rig), Some(300_000), "the other alert needs it");
        rig.post(vec![resolved(second_to_end)]).await;
        rig.until("the second is over", || {
            (undone(&rig).len() == 2).then_some(())
        })
        .await;
        assert_eq!(quota(&rig), Some(OWN), "{:?}", undone(&rig));
        assert_eq!(rig.manager.limit(UNIT, Property::MemoryHigh), None);
    }
}

#[tokio::test]
async fn after_a_reboot_it_is_only_noted() {
    let mut rig = throttled().await;
    // The alert still fires: nothing is to be throttled anew.
    rig.pause_all(Duration::from_hours(1)).await;
    rig.crash().await;
    rig.clock.reboot(BootId::new("b"));
    rig.manager.forget_limits();
    rig.start_engine().await;
    let message = until_undone(&rig).await;
    assert!(
        message.ends_with("the machine was booted since"),
        "{message}"
    );
    let sets = rig.manager.requests();
    assert_eq!(
        sets,
        [(Request::SetProperties, UNIT.to_owned())],
        "the first one alone"
    );
}

#[tokio::test]
async fn after_a_crash_it_goes_on_for_as_long_as_the_alert_fires() {
    let mut rig = throttled().await;
    rig.crash().await;
    rig.advance(Duration::from_mins(10));
    rig.start_engine().await;
    rig.reconcile(vec![hog()]).await;
    rig.settle().await;
    assert_eq!(quota(&rig), Some(THROTTLED));
    rig.advance(Duration::from_mins(50));
    assert!(until_undone(&rig).await.ends_with("its time is up"));
    assert_eq!(quota(&rig), Some(OWN));
}

#[tokio::test]
async fn dropped_after_any_commit_nothing_stays_throttled_and_no_limit_of_before_is_lost() {
    for is_resolving in [false, true] {
        for commits in 1..12 {
            let mut rig = if is_resolving {
                throttled().await
            } else {
                rig().await
            };
            let begun = rig.journal().stats().commits();
            let news = if is_resolving { resolved(hog()) } else { hog() };
            let _ = tokio::time::timeout(Duration::from_secs(5), rig.post(vec![news])).await;
            let stats = rig.journal().stats();
            for _ in 0..100 {
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
            // The alert comes and goes once more, as seen by a healer that lives.
            let told = format!("resolving: {is_resolving}, {commits} commits");
            rig.post(vec![hog()]).await;
            rig.reconcile(vec![hog()]).await;
            rig.until_advancing(&told, STEP, || {
                (quota(&rig) == Some(THROTTLED)).then_some(())
            })
            .await;
            rig.post(vec![resolved(hog())]).await;
            rig.reconcile(vec![]).await;
            rig.until_advancing(&told, STEP, || (quota(&rig) == Some(OWN)).then_some(()))
                .await;
            rig.settle().await;
            assert_eq!(rig.journal().undos().await.unwrap(), [], "{told}");
            assert_eq!(rig.journal().unfinished().await.unwrap().len(), 0, "{told}");
        }
    }
}
