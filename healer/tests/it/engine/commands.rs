//! Commands of the policy's, really run; what stands in for systemd leaves their processes where they are.

use std::time::Duration;

use prunelle_foundation::clock::Clock as _;
use prunelle_healer::alert::Alert;
use prunelle_healer::journal::Intent;
use prunelle_healer::policy::{RemedySpec, RunCommand, Verify};
use prunelle_healer::remediation::RemediationId;
use prunelle_healer::work::Muted;
use prunelle_systemd::Verb;
use prunelle_systemd::unit::ActiveState;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fake_manager::Start;
use super::rig::{POLICY, Rig, down};

const UNIT: &str = "web.service";

fn stopped(argv: &[&str], labels: &[&str]) -> Rig {
    let mut rig = Rig::stopped(POLICY);
    let remedy = RunCommand {
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        memory_max: 64 << 20,
        is_idempotent: false,
    };
    rig.change_rule(|rule| {
        let rung = &mut rule.ladder[0];
        rung.remedy = RemedySpec::RunCommand(remedy);
        rung.attempts = 1;
        rung.within = Duration::from_hours(1);
        rung.verify = Verify::UnitActive {
            stable_for: Duration::ZERO,
        };
    });
    rig.manager.set(UNIT, ActiveState::Active, "running");
    rig
}

/// Runs a shell with this script for an alert; the attempt's line of the log, and what became of it.
async fn run(script: &str) -> (String, Value) {
    run_for(stopped(&["/bin/sh", "-c", script], &[]), down(UNIT)).await
}

async fn run_for(mut rig: Rig, alert: Alert) -> (String, Value) {
    rig.start_engine().await;
    rig.post(vec![alert]).await;
    let story = rig.outcomes(1).await;
    let lines = rig.lines();
    let action = lines
        .iter()
        .find(|line| line["event_type"] == "action")
        .unwrap();
    (story[0].clone(), action.clone())
}

#[tokio::test]
async fn a_command_runs_in_a_scope_that_is_made_before_it_and_stopped_after_it() {
    let mut rig = stopped(&["/bin/true"], &[]);
    rig.start_engine().await;
    rig.post(vec![down(UNIT)]).await;
    assert_eq!(
        rig.outcomes(1).await,
        ["action SUCCESS -", "outcome SUCCESS -"]
    );
    let calls = rig.manager.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_eq!((calls[0].0, calls[1].0), (Verb::Start, Verb::Stop));
    assert_eq!(calls[0].1, calls[1].1);
    assert!(calls[0].1.starts_with("prunelle-run-"), "{calls:?}");
    assert!(calls[0].1.ends_with("-0-1.scope"), "{calls:?}");
}

#[tokio::test]
async fn it_has_the_target_and_the_listed_labels_and_nothing_of_the_healers() {
    let script = "env | grep -v -e ^_= -e ^SHLVL= -e ^PWD= | sort; pwd; cat; grep NoNewPrivs: /proc/self/status";
    let argv = ["/bin/sh", "-c", script];
    let rig = stopped(&argv, &["name", "absent", "odd-label"]);
    let mut alert = down(UNIT);
    alert
        .labels
        .insert("odd-label".into(), "$(id); `id` é".into());
    alert.labels.insert("unlisted".into(), "x".into());
    let (story, action) = run_for(rig, alert).await;
    assert_eq!(story, "action SUCCESS -", "{action:#}");
    let evidence = &action["details"]["evidence"];
    assert_eq!(
        evidence["stdout"],
        "LANG=C.UTF-8\n\
         PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n\
         PRUNELLE_ALERT=ServiceDown\n\
         PRUNELLE_LABEL_NAME=web.service\n\
         PRUNELLE_LABEL_ODD_LABEL=$(id); `id` é\n\
         PRUNELLE_TARGET=unit:web.service\n\
         /\n\
         NoNewPrivs:\t1\n",
        "{action:#}"
    );
    assert_eq!(evidence["exit_code"], 0);
}

#[tokio::test]
async fn a_label_with_a_newline_or_of_great_length_is_not_given_to_any_command() {
    for value in ["a\nPRUNELLE_TARGET=x", "a\0", &"x".repeat(1025)] {
        let mut rig = stopped(&["/bin/true"], &["odd"]);
        rig.start_engine().await;
        let mut alert = down(UNIT);
        alert.labels.insert("odd".into(), value.into());
        rig.post(vec![alert]).await;
        rig.until_told("decision SUPPRESSED invalid_alert").await;
        assert_eq!(rig.manager.calls(), []);
    }
}

#[tokio::test]
async fn a_failure_is_told_with_its_code_and_last_words() {
    let (story, action) = run("echo out; echo first >&2; echo 'disk is gone' >&2; exit 7").await;
    assert_eq!(story, "action FAILED remedy_failed");
    let message = action["message"].as_str().unwrap();
    assert!(
        message.contains("`/bin/sh` ended with exit code 7"),
        "{message}"
    );
    assert!(message.ends_with(": disk is gone"), "{message}");
    let evidence = &action["details"]["evidence"];
    assert_eq!(evidence["stdout"], "out\n");
    assert_eq!(evidence["exit_code"], 7);
    let (_, action) = run("kill -9 $$").await;
    assert_eq!(action["details"]["evidence"]["signal"], 9);
}

#[tokio::test]
async fn huge_output_is_cut_and_counted_and_does_not_hold_the_command_up() {
    let (story, action) =
        run("head -c 5000000 /dev/zero | tr '\\0' x; head -c 70000 /dev/zero >&2").await;
    assert_eq!(story, "action SUCCESS -");
    let evidence = &action["details"]["evidence"];
    assert_eq!(evidence["stdout"].as_str().unwrap().len(), 32 << 10);
    assert_eq!(evidence["stdout_bytes"], 5_000_000);
    assert_eq!(evidence["stderr_bytes"], 70_000);
}

#[tokio::test]
async fn without_a_scope_nothing_runs() {
    for (behaviour, told) in [
        (Start::NotPermitted, "action FAILED not_permitted"),
        (
            Start::Ends(prunelle_systemd::JobResult::Failed),
            "action FAILED remedy_failed",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ran");
        let rig = stopped(&["/usr/bin/touch", file.to_str().unwrap()], &[]);
        rig.manager.script([behaviour]);
        let (story, action) = run_for(rig, down(UNIT)).await;
        assert_eq!(story, told);
        let message = action["message"].as_str().unwrap();
        assert!(!message.is_empty() && !file.exists(), "{message}");
    }
}

#[tokio::test]
async fn a_program_that_is_missing_or_no_program_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "not a program").unwrap();
    for (program, told) in [
        ("/no/such/program", "No such file or directory"),
        (text.to_str().unwrap(), "Permission denied"),
    ] {
        let (story, action) = run_for(stopped(&[program], &[]), down(UNIT)).await;
        assert_eq!(story, "action FAILED remedy_failed");
        let evidence = &action["details"]["evidence"];
        let complaint = evidence["stderr"].as_str().unwrap();
        assert!(complaint.contains(told), "{complaint}");
    }
}

#[tokio::test]
async fn a_command_that_does_not_end_is_killed() {
    let script = "trap '' TERM; exec sleep 1000000";
    let mut rig = stopped(&["/bin/sh", "-c", script], &[]);
    rig.change_rule(|rule| rule.ladder[0].within = Duration::from_mins(2));
    let (story, action) = run_for(rig, down(UNIT)).await;
    assert_eq!(story, "action TIMEOUT timed_out", "{action:#}");
}

/// A journal that remembers a command that was started, as an earlier run left it.
async fn left(is_idempotent: bool) -> (Rig, Intent) {
    let rig = stopped(&["/bin/true"], &[]);
    let journal = rig.open_journal();
    let alert = down(UNIT);
    let now = rig.clock.now();
    let active = journal.record_active(vec![alert.clone()], Muted::new(), now.clone());
    active.await.unwrap();
    let intent = Intent {
        remediation: RemediationId(Uuid::from_u128(7)),
        episode: alert.episode.clone(),
        alert_name: "ServiceDown".to_owned(),
        rule: "service-down".to_owned(),
        target: "unit:web.service".parse().unwrap(),
        victim: None,
        rung: 0,
        attempt: 1,
        remedy: "run_command".to_owned(),
        plan: json!({
            "argv": ["/bin/true"], "environment": [], "memory_max": 1 << 26, "is_idempotent": is_idempotent,
        }),
        policy_revision: "test".to_owned(),
        at: now.clone(),
        within: Duration::from_hours(1),
    };
    let committed = journal.admit(intent.clone(), Box::new(|_| Ok(()))).await;
    let committed = committed.unwrap().unwrap();
    journal
        .start(committed, intent.plan.clone(), now)
        .await
        .unwrap();
    journal.close().await;
    (rig, intent)
}

#[tokio::test]
async fn after_a_crash_it_is_not_run_again_unless_that_is_declared_harmless() {
    let (mut rig, _) = left(false).await;
    rig.start_engine().await;
    let story = rig.outcomes(1).await;
    assert!(
        story
            .iter()
            .any(|line| line.contains("unknown_after_crash")),
        "{story:?}"
    );
    assert_eq!(rig.manager.calls(), []);

    let (mut rig, _) = left(true).await;
    rig.start_engine().await;
    assert_eq!(rig.outcomes(1).await.last().unwrap(), "outcome SUCCESS -");
    assert_eq!(rig.manager.calls().len(), 2, "run once more, in a scope");
}

#[tokio::test]
async fn after_a_crash_a_scope_that_is_still_there_is_waited_for_and_then_the_effect_is_checked() {
    let (mut rig, intent) = left(false).await;
    let scope = format!("prunelle-run-{}-0-1.scope", intent.remediation);
    rig.manager.set(&scope, ActiveState::Active, "running");
    has_in_it(&mut rig, &scope, b"/bin/true\0");
    rig.start_engine().await;
    rig.settle().await;
    rig.advance(Duration::from_secs(5));
    rig.settle().await;
    assert_eq!(rig.story(), Vec::<String>::new());
    rig.manager.set(&scope, ActiveState::Inactive, "dead");
    assert_eq!(
        rig.outcomes(1).await,
        ["action SUCCESS -", "outcome SUCCESS -"]
    );
    assert_eq!(rig.manager.calls(), []);
}

/// The scope is made before the command is let go: what waits in it, and ends with the healer, has run nothing.
#[tokio::test]
async fn after_a_crash_a_scope_in_which_the_command_still_waited_tells_nothing() {
    let (mut rig, intent) = left(false).await;
    let scope = format!("prunelle-run-{}-0-1.scope", intent.remediation);
    rig.manager.set(&scope, ActiveState::Active, "running");
    has_in_it(
        &mut rig,
        &scope,
        b"/proc/self/exe\0run-in-scope\0--\0/bin/true\0",
    );
    rig.start_engine().await;
    rig.settle().await;
    rig.advance(Duration::from_secs(5));
    rig.settle().await;
    rig.manager.set(&scope, ActiveState::Inactive, "dead");
    let story = rig.outcomes(1).await;
    assert!(
        story.contains(&"outcome UNKNOWN unknown_after_crash".to_owned()),
        "{story:?}"
    );
    assert_eq!(rig.manager.calls(), []);
}

/// A process with these words in a scope, and one elsewhere.
fn has_in_it(rig: &mut Rig, scope: &str, words: &[u8]) {
    rig.roots.proc = rig.folder.path().join("proc");
    for (pid, group, words) in [
        ("7", format!("0::/system.slice/{scope}\n"), words),
        (
            "8",
            "0::/system.slice/other.scope\n".to_owned(),
            b"/bin/other\0",
        ),
    ] {
        let process = rig.roots.proc.join(pid);
        std::fs::create_dir_all(&process).unwrap();
        std::fs::write(process.join("cgroup"), group).unwrap();
        std::fs::write(process.join("cmdline"), words).unwrap();
    }
}
