//! The killer beside processes that do not keep still.

use std::time::Duration;

use prunelle_healer::reason::Reason;
use prunelle_healer::remediation::machine::Identified;
use prunelle_healer::remedy::end_process::Used;
use prunelle_healer::remedy::{Finding, Remedy as _};
use prunelle_sandbox::wait_until;
use serde_json::json;

use super::fixture::{
    Killer, Process, SUBJECT, again_as_ordinary_user, command, details, has_ended, is_inside, put,
    unit_folder,
};

/// Short, for those that do not end.
const GRACE: Duration = Duration::from_millis(200);
/// Longer than any test, for those that do.
const PATIENCE: Duration = Duration::from_secs(30);

fn reason(finding: &Finding) -> Option<Reason> {
    finding.result.err().map(|failure| failure.reason)
}

#[tokio::test]
async fn a_process_ends_on_sigterm() {
    if !is_inside("killer::a_process_ends_on_sigterm") {
        return;
    }
    let killer = Killer::new();
    let mut victim = Process::program("sleep", &["1000"]);
    let mut neighbour = Process::program("sleep", &["1000"]);
    let plan = details(victim.pid(), PATIENCE);
    let finding = killer.apply(&plan).await;
    assert_eq!(reason(&finding), None, "{finding:?}");
    assert_eq!(finding.evidence, json!({"signal": "TERM", "end": "ended"}));
    assert!(!victim.is_running() && neighbour.is_running());
    // After a crash right then: it is gone, so it happened.
    let (identified, _) = killer
        .remedy
        .identify(&killer.intent(&plan), &json!({}))
        .await;
    assert_eq!(identified, Identified::Happened);
    let plan = details(neighbour.pid(), PATIENCE);
    let (identified, _) = killer
        .remedy
        .identify(&killer.intent(&plan), &json!({}))
        .await;
    assert_eq!(identified, Identified::DidNot);
}

#[tokio::test]
async fn one_that_ignores_sigterm_is_killed_after_the_grace_period() {
    if !is_inside("killer::one_that_ignores_sigterm_is_killed_after_the_grace_period") {
        return;
    }
    let killer = Killer::new();
    let mut stubborn = Process::script("trap '' TERM; echo ready; read line");
    let finding = killer.apply(&details(stubborn.pid(), GRACE)).await;
    assert_eq!(reason(&finding), None, "{finding:?}");
    assert_eq!(finding.evidence, json!({"signal": "KILL", "end": "ended"}));
    assert!(!stubborn.is_running());
}

#[tokio::test]
async fn one_that_gives_back_what_it_used_is_not_killed() {
    if !is_inside("killer::one_that_gives_back_what_it_used_is_not_killed") {
        return;
    }
    let killer = Killer::new();
    let mut process = Process::script("trap '' TERM; echo ready; read line");
    for used in [Used::Memory(1 << 40), Used::Processors(0.5)] {
        let mut plan = details(process.pid(), GRACE);
        plan.used = used;
        let finding = killer.apply(&plan).await;
        assert_eq!(reason(&finding), None, "{finding:?}");
        assert_eq!(
            finding.evidence,
            json!({"signal": "TERM", "end": "gave back"})
        );
        assert!(process.is_running());
    }
    // One that burns on is.
    let mut burner = Process::script("trap '' TERM; echo ready; while :; do :; done");
    let mut plan = details(burner.pid(), GRACE);
    plan.used = Used::Processors(0.2);
    let finding = killer.apply(&plan).await;
    assert_eq!(
        finding.evidence,
        json!({"signal": "KILL", "end": "ended"}),
        "{finding:?}"
    );
    assert!(!burner.is_running());
}

#[tokio::test]
async fn one_that_ended_before_is_told_so() {
    if !is_inside("killer::one_that_ended_before_is_told_so") {
        return;
    }
    let killer = Killer::new();
    // With nobody else on its number.
    let gone = Process::program("sleep", &["1000"]);
    let plan = details(gone.pid(), PATIENCE);
    gone.end();
    let finding = killer.apply(&plan).await;
    assert_eq!(
        (reason(&finding), &finding.evidence),
        (None, &json!({"end": "by itself"}))
    );
    // With its number still taken by what is left of it: nobody has waited for it.
    let zombie = Process::program("sleep", &["1000"]);
    let plan = details(zombie.pid(), PATIENCE);
    let sent = command("kill")
        .args(["-KILL", &zombie.pid().to_string()])
        .status();
    assert!(sent.unwrap().success());
    wait_until("it has ended", PATIENCE, || {
        has_ended(zombie.pid()).then_some(())
    })
    .unwrap();
    let finding = killer.apply(&plan).await;
    assert_eq!(
        (reason(&finding), &finding.evidence),
        (None, &json!({"end": "by itself"}))
    );
    let (identified, _) = killer
        .remedy
        .identify(&killer.intent(&plan), &json!({}))
        .await;
    assert_eq!(identified, Identified::Happened);
}

#[tokio::test]
async fn a_new_name_makes_no_other_process() {
    if !is_inside("killer::a_new_name_makes_no_other_process") {
        return;
    }
    let killer = Killer::new();
    let mut renamed =
        Process::script("echo ready; read line; echo sleep >/proc/$$/comm; echo done; read line");
    // Under the name that the other one had when it was chosen.
    let mut decoy = Process::script("echo ready; read line");
    let plan = details(renamed.pid(), PATIENCE);
    renamed.go_on();
    let finding = killer.apply(&plan).await;
    assert_eq!(reason(&finding), None, "{finding:?}");
    assert!(!renamed.is_running() && decoy.is_running());
}

#[tokio::test]
async fn another_program_is_another_process() {
    if !is_inside("killer::another_program_is_another_process") {
        return;
    }
    let killer = Killer::new();
    let mut process = Process::script("echo ready; read line; echo done; exec sleep 1000");
    let plan = details(process.pid(), PATIENCE);
    process.go_on();
    wait_until("it runs another program", PATIENCE, || {
        (details(process.pid(), PATIENCE).process.executable != plan.process.executable)
            .then_some(())
    })
    .unwrap();
    let finding = killer.apply(&plan).await;
    assert_eq!(
        reason(&finding),
        Some(Reason::IdentityMismatch),
        "{finding:?}"
    );
    assert_eq!(finding.evidence["difference"], "executable");
    assert!(process.is_running());
}

#[tokio::test]
async fn another_user_is_another_process() {
    if !is_inside("killer::another_user_is_another_process") {
        return;
    }
    let killer = Killer::new();
    let script = "echo ready; read line; exec setpriv --reuid=65534 --clear-groups sh -c 'echo done; read line'";
    let mut process = Process::script(script);
    let plan = details(process.pid(), PATIENCE);
    process.go_on();
    let finding = killer.apply(&plan).await;
    assert_eq!(
        reason(&finding),
        Some(Reason::IdentityMismatch),
        "{finding:?}"
    );
    assert_eq!(finding.evidence["difference"], "user");
    assert!(process.is_running());
}

#[tokio::test]
async fn one_that_moved_to_another_unit_is_left_alone() {
    if !is_inside("killer::one_that_moved_to_another_unit_is_left_alone") {
        return;
    }
    let killer = Killer::new();
    let mut process = Process::script("trap '' TERM; echo ready; read line");
    let plan = details(process.pid(), PATIENCE);
    put(process.pid(), "database.service");
    let finding = killer.apply(&plan).await;
    assert_eq!(
        reason(&finding),
        Some(Reason::IdentityMismatch),
        "{finding:?}"
    );
    assert_eq!(finding.evidence["difference"], "control_group");
    assert!(process.is_running());
    // A plan for a process outside the unit is refused before anything is opened.
    let mut foreign = details(process.pid(), PATIENCE);
    foreign.unit.control_group = plan.unit.control_group.clone();
    let finding = killer.apply(&foreign).await;
    assert_eq!(
        reason(&finding),
        Some(Reason::IdentityMismatch),
        "{finding:?}"
    );
    assert!(process.is_running());
}

/// It moves in answer to SIGTERM, so right between the two signals.
#[tokio::test]
async fn one_that_moves_when_it_is_asked_to_end_is_not_killed() {
    if !is_inside("killer::one_that_moves_when_it_is_asked_to_end_is_not_killed") {
        return;
    }
    let killer = Killer::new();
    let procs = unit_folder("database.service").join("cgroup.procs");
    let script = format!(
        "trap 'echo 0 >{}' TERM; echo ready; while :; do read line; done",
        procs.display()
    );
    let mut process = Process::script(&script);
    let finding = killer.apply(&details(process.pid(), 5 * GRACE)).await;
    assert_eq!(
        reason(&finding),
        Some(Reason::IdentityMismatch),
        "{finding:?}"
    );
    assert_eq!(finding.evidence["difference"], "control_group");
    assert_eq!(finding.evidence["signal"], "TERM");
    assert!(process.is_running());
}

#[tokio::test]
async fn successors_are_left_to_the_next_attempt() {
    if !is_inside("killer::successors_are_left_to_the_next_attempt") {
        return;
    }
    let killer = Killer::new();
    let script = "trap 'sleep 1000 >/dev/null & echo $!; exit' TERM; echo ready; while :; do read line; done";
    let mut process = Process::script(script);
    let finding = killer.apply(&details(process.pid(), PATIENCE)).await;
    assert_eq!(reason(&finding), None, "{finding:?}");
    let successor: u32 = process.line().parse().unwrap();
    assert!(!has_ended(successor));
    // Which may end it, once it was chosen.
    let finding = killer.apply(&details(successor, PATIENCE)).await;
    assert_eq!(reason(&finding), None, "{finding:?}");
    assert!(has_ended(successor));
}

#[tokio::test]
async fn who_must_not_be_touched_is_not() {
    if !is_inside("killer::who_must_not_be_touched_is_not") {
        return;
    }
    let killer = Killer::new();
    let mut neighbour = Process::script_in("init.scope", "echo ready; read line");
    // The first process, what started the healer, the healer itself, and what is in its cgroup.
    let parent = std::os::unix::process::parent_id();
    for pid in [1, parent, std::process::id(), neighbour.pid()] {
        let finding = killer.apply(&details(pid, PATIENCE)).await;
        assert_eq!(
            reason(&finding),
            Some(Reason::Protected),
            "{pid}: {finding:?}"
        );
    }
    assert!(neighbour.is_running());
}

#[tokio::test]
async fn without_the_right_to_signal_it_is_said() {
    let name = "killer::without_the_right_to_signal_it_is_said";
    if let Ok(pid) = std::env::var(SUBJECT) {
        let plan = details(pid.parse().unwrap(), PATIENCE);
        assert_eq!(plan.process.executable, None);
        let finding = Killer::new().apply(&plan).await;
        assert_eq!(reason(&finding), Some(Reason::NotPermitted), "{finding:?}");
        assert!(finding.message.contains("CAP_KILL"), "{}", finding.message);
        return;
    }
    if !is_inside(name) {
        return;
    }
    let mut victim = Process::program("sleep", &["1000"]);
    again_as_ordinary_user(name, &victim.pid().to_string());
    assert!(victim.is_running());
}
