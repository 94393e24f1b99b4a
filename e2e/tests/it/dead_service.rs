//! A service dies or is stopped; it comes back, once, and the record says so.

use std::time::Duration;

use anyhow::Result;
use prunelle_sandbox::stack::Action;
use prunelle_sandbox::{Stack, StackOptions, wait_until};

const WEB: &str = "demo-web.service";
const LIMIT: Duration = Duration::from_secs(15);

#[test]
fn a_killed_service_is_started_again_once() -> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        let before = stack.host().invocation(WEB)?;
        stack.host().manager().kill_main(WEB)?;
        stack.host().wait_until_restarted(WEB, &before, LIMIT)?;
        is_recorded_once(stack)
    })
}

#[test]
fn a_service_stopped_by_hand_is_started_again_once() -> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        let before = stack.host().invocation(WEB)?;
        stack.host().manager().systemctl(&["stop", WEB])?;
        stack.host().wait_until_restarted(WEB, &before, LIMIT)?;
        is_recorded_once(stack)
    })
}

/// The alert of the first fault still fires, so nobody tells the healer of the second one: it must see for itself.
#[test]
fn a_service_that_dies_again_right_after_its_repair_is_started_again() -> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        for fault in 1..=2 {
            let before = stack.host().invocation(WEB)?;
            stack.host().manager().kill_main(WEB)?;
            stack.host().wait_until_restarted(WEB, &before, LIMIT)?;
            wait_until("the outcome is logged", LIMIT, || {
                let lines = stack.actions().ok()?;
                let outcomes = lines.iter().filter(|line| line.is("outcome", "SUCCESS"));
                (outcomes.count() == fault).then_some(())
            })?;
        }
        Ok(())
    })
}

/// One alert in Alertmanager, one attempt and one outcome, both successful, in the action log.
fn is_recorded_once(stack: &Stack) -> Result<()> {
    let alerts = stack.alerts_named("ServiceDown")?;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(alerts[0].label("name"), WEB);
    assert_eq!(alerts[0].label("instance"), stack.host().instance());

    wait_until("the outcome is logged", LIMIT, || {
        let actions = stack.actions().ok()?;
        actions
            .iter()
            .any(|line| line.event_type == "outcome")
            .then_some(())
    })?;
    let lines = |event: &str| -> Result<Vec<Action>> {
        let mut lines = stack.actions()?;
        lines.retain(|line| line.event_type == event);
        Ok(lines)
    };
    for event in ["action", "outcome"] {
        let lines = lines(event)?;
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert_eq!(lines[0].status, "SUCCESS");
        assert_eq!(lines[0].action_type, "service_restart");
        assert_eq!(lines[0].service, WEB);
    }
    Ok(())
}
