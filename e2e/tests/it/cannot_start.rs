//! A service that cannot start is left alone after a bounded number of attempts, and the record says why.

use std::fs;
use std::time::Duration;

use anyhow::Result;
use prunelle_sandbox::stack::Action;
use prunelle_sandbox::{HostOptions, Stack, StackOptions, wait_until};

const LIMIT: Duration = Duration::from_secs(40);
const UNIT: &str = "demo-broken.service";

#[test]
fn a_service_that_cannot_start_is_tried_twice_and_then_left_to_a_person() -> Result<()> {
    // systemd's own limit would be reached by the third start.
    let text = "[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec=60\n\
                [Service]\nType=exec\nExecStart=/bin/sh -c 'exit 3'\n";
    let host = HostOptions::demo()?.unit("demo-broken.service", &starts_once(text));
    Stack::tell(StackOptions::of(vec![host]), |stack| {
        stack.host().manager().write_unit(UNIT, text)?;
        stack.host().manager().daemon_reload()?;
        stack.host().manager().kill_main(UNIT)?;

        let outcome = wait_until("the outcome is logged", LIMIT, || {
            let mut lines = stack.actions().ok()?;
            lines.retain(|line| line.event_type == "outcome" && line.service == UNIT);
            lines.pop()
        })?;
        assert_ne!(outcome.status, "SUCCESS", "{outcome:#?}");
        assert_eq!(
            detail(&outcome, "reason"),
            "ladder_exhausted",
            "{outcome:#?}"
        );

        let attempts: Vec<Action> = stack
            .actions()?
            .into_iter()
            .filter(|line| line.event_type == "action" && line.service == UNIT)
            .collect();
        assert_eq!(attempts.len(), 2, "{attempts:#?}");
        for attempt in &attempts {
            assert_ne!(attempt.status, "SUCCESS");
            assert!(!detail(attempt, "reason").is_empty(), "{attempt:#?}");
        }

        // It is in quarantine: while the alert goes on, nothing more is tried.
        wait_until("the quarantine is the answer", LIMIT, || {
            let page = stack.host().healer().get("/metrics").ok()?.body;
            page.lines()
                .any(|line| {
                    line.starts_with("prunelle_healer_decisions_total{reason=\"quarantined\"}")
                        && !line.ends_with(" 0")
                })
                .then_some(())
        })?;
        assert_eq!(stack.host().manager().show(UNIT, "Result")?, "exit-code");
        Ok(())
    })
}

#[test]
fn one_failed_scrape_while_a_service_is_down_makes_one_episode_and_one_repair() -> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        let host = stack.host();
        // The service stays down until the scrape has failed: the healer is paused.
        host.healer_command(&["pause", "all", "--for", "1h"])?;
        host.manager().kill_main("demo-web.service")?;
        wait_until("the alert fires", LIMIT, || {
            (stack.alerts_named("ServiceDown").ok()?.len() == 1).then_some(())
        })?;
        let before = stack.alerts_named("ServiceDown")?.remove(0);

        // A stopped exporter accepts and does not answer: the scrape runs into its time limit.
        let exporter = host
            .manager()
            .outside(host.manager().main_pid(host.exporter().unit())?)?;
        rustix::process::kill_process(exporter, rustix::process::Signal::STOP)?;
        wait_until("a scrape has failed", LIMIT, || {
            let failed = stack.query("up{job=\"prunelle-services\"} == 0").ok()?;
            (!failed.is_empty()).then_some(())
        })?;
        rustix::process::kill_process(exporter, rustix::process::Signal::CONT)?;
        wait_until("scrapes work again", LIMIT, || {
            let works = stack.query("up{job=\"prunelle-services\"} == 1").ok()?;
            (!works.is_empty()).then_some(())
        })?;

        let after = stack.alerts_named("ServiceDown")?;
        assert_eq!(after.len(), 1, "{after:#?}");
        assert_eq!(
            after[0].starts_at, before.starts_at,
            "the episode began anew"
        );

        let invocation = host.invocation("demo-web.service")?;
        host.healer_command(&["resume", "all"])?;
        host.wait_until_restarted("demo-web.service", &invocation, LIMIT)?;
        wait_until("the outcome is logged", LIMIT, || {
            let lines = fs::read_to_string(host.action_log()).ok()?;
            lines.contains("\"outcome\"").then_some(())
        })?;
        let lines = stack.actions()?;
        let of = |event: &str| lines.iter().filter(|line| line.event_type == event).count();
        assert_eq!((of("action"), of("outcome")), (1, 1), "{lines:#?}");
        Ok(())
    })
}

/// The same unit, but it runs: what a test breaks must work first.
fn starts_once(text: &str) -> String {
    text.replace("/bin/sh -c 'exit 3'", "/bin/sleep infinity")
}

fn detail<'a>(line: &'a Action, name: &str) -> &'a str {
    line.details
        .get(name)
        .and_then(|value| value.as_str())
        .unwrap_or_default()
}
