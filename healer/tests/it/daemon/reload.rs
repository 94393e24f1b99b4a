//! Another policy for the running daemon: by signal and by request, and a broken one.

use prunelle_sandbox::{Options, wait_until};

use super::SLEEPER;
use super::fixture::{Daemon, LIMIT};

const SUCCESSFUL: &str = "prunelle_healer_policy_last_reload_successful";
const READ_AT: &str = "prunelle_healer_policy_last_reload_success_timestamp_seconds";

fn with_both_units() -> Daemon {
    let options = Options::default()
        .unit("victim.service", SLEEPER)
        .unit("other.service", SLEEPER);
    Daemon::start(options)
}

fn allow_other(text: &str) -> String {
    text.replace("'victim.service'", "'other.service'")
}

#[test]
fn a_request_puts_another_policy_in_force_and_its_units_are_watched() {
    let mut daemon = with_both_units();
    daemon.fire("other.service", "1");
    let decision = daemon.wait_for_line("decision", "SUPPRESSED");
    assert_eq!(decision.details["reason"], "not_allowed");
    let before: f64 = daemon.metric(READ_AT).unwrap().parse().unwrap();

    daemon.change_policy(|text| allow_other(&text));
    let answer = daemon.reload();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("is in force"), "{}", answer.body);
    // What fires is guarded again, under the new policy.
    assert_eq!(daemon.outcome().service, "other.service");
    assert_eq!(daemon.metric(SUCCESSFUL).as_deref(), Some("1"));
    let after: f64 = daemon.metric(READ_AT).unwrap().parse().unwrap();
    assert!(after > before, "{before} {after}");
    let revision = answer.body.split_whitespace().nth(2).unwrap();
    let info = format!("prunelle_healer_policy_info{{revision=\"{revision}\"}}");
    assert_eq!(daemon.metric(&info).as_deref(), Some("1"));

    let answer = daemon.reload();
    assert!(answer.body.contains("has not changed"), "{}", answer.body);
    daemon.stop();
}

#[test]
fn a_broken_policy_leaves_the_old_one_in_force_and_says_where_it_is_broken() {
    let mut daemon = with_both_units();
    daemon.change_policy(|text| text.replace("attempts: 2", "attempts: many"));
    let answer = daemon.reload();
    assert_eq!(answer.status, 400);
    let wrong = "policy.yml:13:19: `many` is not a whole number from 1 to 10";
    assert!(answer.body.contains(wrong), "{}", answer.body);
    assert!(
        answer
            .body
            .starts_with("not reloaded, the old policy stays in force"),
        "{}",
        answer.body
    );
    assert_eq!(daemon.metric(SUCCESSFUL).as_deref(), Some("0"));
    let log = daemon.log();
    for field in ["line=13", "column=19", "cannot reload"] {
        assert!(log.contains(field), "{log}");
    }
    // The old policy repairs.
    daemon.fire("victim.service", "1");
    assert_eq!(daemon.outcome().status, "SUCCESS");

    daemon.change_policy(|text| text.replace("attempts: many", "attempts: 1"));
    assert_eq!(daemon.reload().status, 200);
    assert_eq!(daemon.metric(SUCCESSFUL).as_deref(), Some("1"));
    daemon.stop();
}

#[test]
fn a_signal_reloads_as_a_request_does() {
    let mut daemon = with_both_units();
    daemon.change_policy(|text| text + "# broken: [\nrules: [\n");
    daemon.hang_up();
    wait_until("the refusal is counted", LIMIT, || {
        (daemon.metric(SUCCESSFUL)? == "0").then_some(())
    })
    .unwrap();
    daemon.change_policy(|text| allow_other(&text.replace("# broken: [\nrules: [\n", "")));
    daemon.hang_up();
    wait_until("the policy is in force", LIMIT, || {
        (daemon.metric(SUCCESSFUL)? == "1").then_some(())
    })
    .unwrap();
    daemon.fire("other.service", "1");
    assert_eq!(daemon.outcome().service, "other.service");
    daemon.stop();
}

#[test]
fn whoever_has_no_token_cannot_reload() {
    let mut daemon = with_both_units();
    assert_eq!(daemon.reload_with(&[]).status, 401);
    let wrong = [("Authorization", "Bearer wrong-but-long-enough-to-be-one")];
    assert_eq!(daemon.reload_with(&wrong).status, 403);
    // A page in somebody's browser cannot have it sent either.
    let get = prunelle_sandbox::http::get(daemon.port(), "/-/reload").unwrap();
    assert_eq!(get.status, 405);
    daemon.stop();
}

#[test]
fn a_policy_that_is_gone_leaves_the_old_one_in_force() {
    let mut daemon = with_both_units();
    let answer = daemon.with_policy_away(Daemon::reload);
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("cannot read the file"),
        "{}",
        answer.body
    );
    daemon.fire("victim.service", "1");
    assert_eq!(daemon.outcome().status, "SUCCESS");
    daemon.stop();
}
