//! The shipped policy with the shipped thresholds on a small machine: 768 MiB of memory and one processor. A
//! service dies, a disk fills up, memory leaks, a process hoards, a loop burns: each is repaired, and the repair verified.
//!
//! The sandbox has the limits; exporter and healer measure against them (`host.boundary`). What an operator writes into
//! the policy is written here as well: the mode, and the lists of what may be touched. Durations of the rules (`for`)
//! are shorter, thresholds are not.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use prunelle_sandbox::stack::Action;
use prunelle_sandbox::wait::try_until;
use prunelle_sandbox::{HostOptions, Limits, Stack, StackOptions};

use crate::disk::{self, KIB, MIB};
use crate::shipped_policy::ShippedPolicy;

const LIMIT: Duration = Duration::from_secs(90);
const WEB: &str = "demo-web.service";
/// Leaks memory once, after the file `leak` has been put into the sandbox's `/run`; may be restarted.
const LEAK: &str = "shop-leak.service";
/// The same with `hoard`; only its processes may be ended.
const HOARD: &str = "shop-hoard.service";
/// Burns processor time once, after `burn`.
const BURN: &str = "shop-burn.service";

#[test]
fn memory_hog_full_disk_cpu_burner_and_dead_service_are_repaired() -> Result<()> {
    Stack::tell(options()?, |stack| {
        stack.wait_until_scraped()?;
        let before = stack.host().invocation(WEB)?;
        stack.host().manager().kill_main(WEB)?;
        stack.host().wait_until_restarted(WEB, &before, LIMIT)?;
        repaired(stack, "service-down", "service_restart")?;

        full_disk(stack)?;

        let before = begin(stack, LEAK, "leak")?;
        let line = repaired(stack, "memory-critical", "service_restart")?;
        ensure!(line.service == LEAK, "{line:#?}");
        stack.host().wait_until_restarted(LEAK, &before, LIMIT)?;
        over(stack, "MemoryHigh")?;

        begin(stack, HOARD, "hoard")?;
        let line = repaired(stack, "memory-critical", "process_end")?;
        ensure!(line.service == HOARD, "{line:#?}");
        over(stack, "MemoryHigh")?;

        let before = begin(stack, BURN, "burn")?;
        let line = repaired(stack, "cpu-critical", "service_restart")?;
        ensure!(line.service == BURN, "{line:#?}");
        stack.host().wait_until_restarted(BURN, &before, LIMIT)?;
        over(stack, "CpuHigh")
    })
}

fn options() -> Result<StackOptions> {
    let policy = ShippedPolicy::read()?
        .impatient("/var/tmp")?
        .enforced()?
        .with(
            "{label: name, allow: []}",
            "{label: name, allow: ['demo-*.service']}",
        )?
        .with(
            "{uses_most: memory, allow: []}",
            "{uses_most: memory, allow: ['shop-*.service']}",
        )?
        .with(
            "{uses_most: cpu, allow: []}",
            "{uses_most: cpu, allow: ['shop-*.service']}",
        )?
        .with("allow: [] # memory", &format!("allow: [{LEAK}]"))?
        .with("allow: [] # cpu", &format!("allow: [{BURN}]"))?
        // The sandbox's kernel may have no controller for a quota: how long that is tried is all that is shorter.
        .with(
            "with: {cpu_quota: 50%, for: 1h}\n        verify: {cpu_below: 80%}\n        within: 1m",
            "with: {cpu_quota: 50%, for: 1h}\n        verify: {cpu_below: 80%}\n        within: 15s",
        )?;
    // A line without end is kept as a whole by `tail`: 718 MiB of 768.
    let eat = "(head -c 718M /dev/zero; exec sleep infinity) | tail";
    let host = HostOptions {
        policy: policy.into_text(),
        limits: Some(Limits {
            memory: 768 * MIB,
            cpus: 1.0,
        }),
        exporter_env: env("PRUNELLE_EXPORTER_HOST_BOUNDARY"),
        healer_env: env("PRUNELLE_HEALER_HOST_BOUNDARY"),
        tmpfs: vec![(PathBuf::from("/var/tmp"), 32 * MIB)],
        ..HostOptions::demo()?
    }
    .unit(LEAK, &once("leak", eat))
    .unit(HOARD, &once("hoard", eat))
    .unit(BURN, &once("burn", "while :; do :; done"));
    let mut options = StackOptions::of(vec![host]);
    for (alert, wait) in [("DiskFull", "0s"), ("MemoryHigh", "2s"), ("CpuHigh", "10s")] {
        options = options
            .change(alert, "for", wait)
            .change(alert, "keep_firing_for", "0s");
    }
    Ok(options)
}

fn env(boundary: &str) -> Vec<(String, String)> {
    vec![
        (boundary.to_owned(), "cgroup".to_owned()),
        ("MONITORING_INTERVAL".to_owned(), "2".to_owned()),
    ]
}

/// A service that is well, but for one fault, once, after a file has been put into `/run`.
fn once(file: &str, fault: &str) -> String {
    format!(
        "[Service]\nExecStart=/bin/sh -c 'if [ -e /run/{file} ]; then rm /run/{file}; {fault}; fi; exec sleep infinity'\n"
    )
}

/// Has the fault begin; the invocation that has it.
fn begin(stack: &Stack, unit: &str, file: &str) -> Result<String> {
    let manager = stack.host().manager();
    fs::write(manager.path("/run").join(file), "")?;
    manager.systemctl(&["restart", unit])?;
    stack.host().invocation(unit)
}

fn full_disk(stack: &Stack) -> Result<()> {
    let tmp = stack.host().manager().path("/var/tmp");
    disk::temporary_folder(&tmp)?;
    for number in 0..12 {
        disk::write(&tmp.join(format!("old/{number:02}")), MIB)?;
    }
    disk::wait_until_old()?;
    let fresh = tmp.join("fresh");
    disk::write_all_but(&fresh, 512 * KIB)?;
    try_until("the disk is cleaned", LIMIT, || {
        disk::touch(&fresh)?;
        Ok(outcome(stack, "disk-full", "folder_clean")?.map(|_| ()))
    })?;
    repaired(stack, "disk-full", "folder_clean")?;
    ensure!(disk::free_percent(&tmp)? >= 25, "not enough is free");
    ensure!(fresh.exists(), "what was in use is gone");
    // Its space is given back; the file itself may stay.
    fs::write(&fresh, "")?;
    over(stack, "DiskFull")
}

/// Waits for the end of a remediation by the rule, by that action; it succeeded.
fn repaired(stack: &Stack, rule: &str, action: &str) -> Result<Action> {
    let what = format!("{action} by {rule} has ended");
    let line = try_until(&what, LIMIT, || outcome(stack, rule, action))?;
    ensure!(line.status == "SUCCESS", "{line:#?}");
    Ok(line)
}

/// The outcome of a rule whose last action was this one.
fn outcome(stack: &Stack, rule: &str, action: &str) -> Result<Option<Action>> {
    let mut lines = stack.actions()?;
    lines.retain(|line| {
        line.event_type == "outcome" && line.action_type == action && line.details["rule"] == rule
    });
    Ok(lines.pop())
}

fn over(stack: &Stack, alert: &str) -> Result<()> {
    try_until(&format!("{alert} is over"), LIMIT, || {
        Ok(stack.alerts_named(alert)?.is_empty().then_some(()))
    })
    .context("the repair did not help")
}
