//! What cannot be known is never taken for a service that is down; and when a part of the chain is gone for a while,
//! everything finds its way back by itself.

use std::time::Duration;

use anyhow::Result;
use prunelle_sandbox::stack::Action;
use prunelle_sandbox::{Stack, StackOptions, wait_until};

const WEB: &str = "demo-web.service";
const DB: &str = "demo-db.service";
const LIMIT: Duration = Duration::from_mins(1);

/// Nothing fires at once when a picture is lost: give Prometheus several scrapes and evaluations to be wrong in.
const LONG_ENOUGH_TO_BE_WRONG: Duration = Duration::from_secs(3);

#[test]
fn a_dead_bus_a_restarted_exporter_and_a_frozen_systemd_are_no_dead_services() -> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        let host = stack.host();

        host.manager().kill_bus()?;
        wait_until("the exporter publishes no service", LIMIT, || {
            publishes_no_service(stack).then_some(())
        })?;
        stays_quiet(stack)?;
        host.manager().start_bus()?;
        wait_until_services_are_known(stack)?;

        host.exporter().stop()?;
        stays_quiet(stack)?;
        host.exporter().start()?;
        wait_until_services_are_known(stack)?;

        host.manager().freeze()?;
        wait_until("the exporter publishes no service", LIMIT, || {
            publishes_no_service(stack).then_some(())
        })?;
        stays_quiet(stack)?;
        host.manager().thaw()?;
        wait_until_services_are_known(stack)?;

        no_service_was_ever_down(stack)?;
        heals(stack, WEB)
    })
}

#[test]
fn prometheus_alertmanager_and_the_bus_may_each_go_away_for_a_while() -> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        stack.prometheus.stop()?;
        stack.prometheus.start()?;
        wait_until_services_are_known(stack)?;
        heals(stack, WEB)?;

        stack.alertmanager.stop()?;
        // It dies while nobody can say so.
        let before = stack.host().invocation(DB)?;
        stack.host().manager().kill_main(DB)?;
        stack.alertmanager.start()?;
        stack.host().wait_until_restarted(DB, &before, LIMIT)?;

        stack.host().manager().restart_bus()?;
        wait_until_services_are_known(stack)?;
        heals(stack, "demo-worker.service")
    })
}

#[test]
fn a_dead_healer_is_reported_to_people_by_the_other_way() -> Result<()> {
    let options = StackOptions::demo()?.change("HealerDown", "for", "1s");
    Stack::tell(options, |stack| {
        stack.host().healer().kill()?;
        wait_until("the operators hear of the dead healer", LIMIT, || {
            stack
                .operators
                .has_seen("HealerDown", "firing")
                .then_some(())
        })?;
        assert!(!stack.operators.has_seen("ServiceDown", "firing"));
        stack.host().healer().start()?;
        heals(stack, WEB)
    })
}

fn publishes_no_service(stack: &Stack) -> bool {
    let Ok(answer) = stack.host().exporter().get("/metrics?collect[]=services") else {
        return false;
    };
    answer
        .body
        .contains("node_scrape_collector_success{collector=\"services\"} 0")
        && !answer.body.contains("prunelle_service_up{")
}

fn wait_until_services_are_known(stack: &Stack) -> Result<()> {
    wait_until("Prometheus knows that all services are up", LIMIT, || {
        let up = stack.query("prunelle_service_up == 1").ok()?;
        (up.len() == 3 && stack.alerts_named("ServiceDown").ok()?.is_empty()).then_some(())
    })
}

/// No `ServiceDown` for a while.
fn stays_quiet(stack: &Stack) -> Result<()> {
    let watch = prunelle_sandbox::wait::Stopwatch::start();
    wait_until("several evaluations", LIMIT, || {
        (watch.elapsed() >= LONG_ENOUGH_TO_BE_WRONG).then_some(())
    })?;
    let firing = stack.query("ALERTS{alertname=\"ServiceDown\"}")?;
    assert!(firing.is_empty(), "{firing:#?}");
    Ok(())
}

fn no_service_was_ever_down(stack: &Stack) -> Result<()> {
    let ever = stack.query("count_over_time(ALERTS{alertname=\"ServiceDown\"}[1h])")?;
    assert!(ever.is_empty(), "{ever:#?}");
    let lines = stack.actions()?;
    assert!(
        lines
            .iter()
            .all(|line: &Action| line.event_type != "action"),
        "{lines:#?}"
    );
    Ok(())
}

fn heals(stack: &Stack, unit: &str) -> Result<()> {
    let before = stack.host().invocation(unit)?;
    stack.host().manager().kill_main(unit)?;
    stack.host().wait_until_restarted(unit, &before, LIMIT)
}
