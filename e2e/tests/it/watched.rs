//! Who watches the watcher: a chain that breaks is announced, and a fault while the healer was away is not lost.

use std::time::Duration;

use anyhow::Result;
use prunelle_sandbox::stack::HostOptions;
use prunelle_sandbox::{Stack, StackOptions, wait_until};

const WEB: &str = "demo-web.service";
const LIMIT: Duration = Duration::from_secs(30);
/// Longer than the heartbeat's interval, a minute, so that one which comes in time is never missed.
const MISSING_AFTER: Duration = Duration::from_secs(75);

#[test]
fn when_alertmanager_stops_the_missing_heartbeat_is_announced_and_so_is_its_return() -> Result<()> {
    let mut host = HostOptions::demo()?;
    host.policy.push_str("\nheartbeat: {missing_after: 75s}\n");
    Stack::tell(StackOptions::of(vec![host]), |stack| {
        wait_until("a heartbeat has come", LIMIT, || {
            let status = stack.host().healer_command(&["status"]).ok()?;
            status.contains("heartbeat came at").then_some(())
        })?;
        assert_eq!(told(stack), Vec::<String>::new());
        stack.alertmanager.stop()?;
        wait_until("its absence is announced", MISSING_AFTER + LIMIT, || {
            (told(stack) == ["FIRING"]).then_some(())
        })?;
        let status = stack.host().healer_command(&["status"])?;
        assert!(status.contains("heartbeat MISSING"), "{status}");
        let metrics = stack.host().healer().get("/metrics")?.body;
        assert!(
            metrics.contains("\nprunelle_healer_heartbeat_missing 1\n"),
            "{metrics}"
        );
        stack.alertmanager.start()?;
        wait_until("its return is announced", LIMIT, || {
            (told(stack) == ["FIRING", "RESOLVED"]).then_some(())
        })?;
        Ok(())
    })
}

/// What was said about the heartbeat.
fn told(stack: &Stack) -> Vec<String> {
    let mut lines = stack.actions().unwrap_or_default();
    lines.retain(|line| line.details["alert"] == "HeartbeatMissing");
    lines.into_iter().map(|line| line.status).collect()
}

#[test]
fn a_fault_while_the_healer_is_down_is_repaired_when_it_is_back() -> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        stack.host().healer().stop()?;
        let before = stack.host().invocation(WEB)?;
        stack.host().manager().kill_main(WEB)?;
        wait_until("Alertmanager knows of it", LIMIT, || {
            let alerts = stack.alerts_named("ServiceDown").ok()?;
            (!alerts.is_empty()).then_some(())
        })?;
        stack.host().healer().start()?;
        stack.host().wait_until_restarted(WEB, &before, LIMIT)
    })
}
