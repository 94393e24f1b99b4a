//! Mode `observe`, the shipped one: everything is seen, planned and written down, and nothing is touched.
//!
//! With the shipped policy, in which a service may be started and files are old after 5 s, and with the shipped rules,
//! in which `DiskFull` does not wait (`for`).

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use prunelle_sandbox::stack::Action;
use prunelle_sandbox::wait::try_until;
use prunelle_sandbox::{HostOptions, Stack, StackOptions};

use crate::disk::{self, KIB, MIB};
use crate::shipped_policy::ShippedPolicy;

const WEB: &str = "demo-web.service";
const LIMIT: Duration = Duration::from_secs(40);

#[test]
fn a_dead_service_and_a_full_disk_are_observed_and_nothing_is_touched() -> Result<()> {
    let policy = ShippedPolicy::read()?.impatient("/var")?.with(
        "{label: name, allow: []}",
        "{label: name, allow: ['demo-*.service']}",
    )?;
    let host = HostOptions {
        policy: policy.into_text(),
        tmpfs: vec![(PathBuf::from("/var"), 32 * MIB)],
        ..HostOptions::demo()?
    };
    let options = StackOptions::of(vec![host]).change("DiskFull", "for", "0s");
    Stack::tell(options, |stack| {
        let manager = stack.host().manager();
        let (var, tmp) = (manager.path("/var"), manager.path("/var/tmp"));
        disk::temporary_folder(&tmp)?;
        for file in ["a", "folder/b", "folder/empty/c"] {
            disk::write(&tmp.join(file), MIB)?;
        }
        disk::wait_until_old()?;
        disk::write_all_but(&var.join("lib/shop/data"), 512 * KIB)?;
        manager.kill_main(WEB)?;
        manager.wait_for(WEB, "failed", LIMIT)?;
        let files = disk::listing(&var)?;
        let units = invocations(stack)?;

        let service = observed(stack, |line| line.service == WEB)?;
        assert!(service.details["plan"].is_object(), "{service:#?}");
        let folder = observed(stack, |line| line.details["plan"]["folder"] == "/var/tmp")?;
        let listed = &folder.details["plan"]["listed"];
        assert_eq!(listed["files"], 3, "{folder:#?}");
        assert_eq!(listed["first_names"][0], "/var/tmp/a");

        assert_eq!(disk::listing(&var)?, files);
        assert_eq!(invocations(stack)?, units);
        assert_eq!(stack.host().state(WEB)?, "failed");
        let has_acted = |line: &Action| ["action", "outcome"].contains(&line.event_type.as_str());
        let actions = stack.actions()?;
        assert!(!actions.iter().any(has_acted), "{actions:#?}");
        Ok(())
    })
}

/// Waits for the decision to do nothing but observe.
fn observed(stack: &Stack, is_about: impl Fn(&Action) -> bool) -> Result<Action> {
    try_until("it is observed", LIMIT, || {
        let mut lines = stack.actions()?;
        lines.retain(|line| line.is("decision", "OBSERVED") && is_about(line));
        Ok(lines.pop())
    })
}

/// The invocation and the state of every service.
fn invocations(stack: &Stack) -> Result<String> {
    let properties = "--property=Id,InvocationID,ActiveState,MainPID,NRestarts";
    stack
        .host()
        .manager()
        .systemctl(&["show", properties, "*.service"])
}
