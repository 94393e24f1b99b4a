//! Two hosts under one Prometheus: a healer acts for its own host only.

use std::time::Duration;

use anyhow::Result;
use prunelle_sandbox::stack::Host;
use prunelle_sandbox::{HostOptions, Stack, StackOptions, wait_until};

const WEB: &str = "demo-web.service";
const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn a_service_that_dies_on_another_host_moves_nothing_here() -> Result<()> {
    let options = StackOptions::of(vec![HostOptions::demo()?, HostOptions::demo()?]);
    Stack::tell(options, |stack| {
        let (here, there) = (stack.nth_host(0), stack.nth_host(1));
        // Nobody heals the other host; its alert goes on and on, and reaches the healer here.
        there.healer().stop()?;
        let before = invocations(here)?;

        there.manager().kill_main(WEB)?;
        wait_until(
            "the alert about the other host is counted here",
            LIMIT,
            || {
                let metrics = here.healer().get("/metrics").ok()?.body;
                let counted = metrics.lines().find_map(|line| {
                    line.strip_prefix("prunelle_healer_decisions_total{reason=\"other_host\"} ")
                })?;
                (counted.parse::<f64>().ok()? >= 1.0).then_some(())
            },
        )?;

        assert_eq!(
            invocations(here)?,
            before,
            "units of this host were touched"
        );
        assert_eq!(there.state(WEB)?, "failed", "nobody heals the other host");
        let lines = here.actions()?;
        assert!(
            lines.iter().all(|line| line.event_type != "action"),
            "{lines:#?}"
        );

        // The loop of this host still works.
        let invocation = here.invocation(WEB)?;
        here.manager().kill_main(WEB)?;
        here.wait_until_restarted(WEB, &invocation, LIMIT)
    })
}

/// `InvocationID` of every service of the demo.
fn invocations(host: &Host) -> Result<Vec<String>> {
    ["demo-web.service", "demo-db.service", "demo-worker.service"]
        .iter()
        .map(|unit| host.invocation(unit))
        .collect()
}
