//! Two Alertmanagers in a cluster, and a link between them that flaps: each may tell of a fault, again and again and
//! late, and it is repaired once.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use prunelle_sandbox::stack::{Action, Link};
use prunelle_sandbox::{HostOptions, Stack, StackOptions, http, wait, wait_until};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(40);
const SERVICES: usize = 4;
/// The link is down and up for so long, in turn.
const FLAPS_MS: [u64; 6] = [300, 500, 1200, 200, 700, 100];
/// A service that Prometheus does not know: only the test tells of it.
const UNWATCHED: &str = "pair-unwatched.service";
const UNIT: &str = "[Unit]\nStartLimitIntervalSec=0\n\
    [Service]\nType=exec\n\
    ExecStart=/bin/sh -c 'echo $$INVOCATION_ID >>${PRUNELLE_SANDBOX}/%n.starts; exec sleep infinity'\n";

/// What changes in both configurations between the rounds: the grouping, then how often what fires is repeated.
const CHANGES: [&[(&str, &str)]; 3] = [
    &[],
    &[("- '...'", "- alertname")],
    &[("repeat_interval: 5m", "repeat_interval: 1s")],
];

#[test]
fn one_fault_is_repaired_once_however_many_tell_of_it_and_however_often() -> Result<()> {
    Stack::tell(options()?, |stack| {
        let stack = &*stack;
        let link = &stack.second.as_ref().context("no cluster")?.link;
        wait_for_peers(stack, 2)?;
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| flap(link, &is_over));
            let end = all_faults(stack);
            is_over.store(true, Ordering::Release);
            end
        })?;
        both_tell_of_one_fault(stack, link)?;
        an_end_before_its_beginning_begins_nothing(stack)?;

        let faults = CHANGES.len() + 1;
        for index in 0..SERVICES {
            let starts = starts(stack, &name(index))?;
            let wanted = if index == 0 { faults + 1 } else { faults };
            ensure!(
                starts == wanted,
                "{} was started {starts} times instead of {wanted}",
                name(index)
            );
        }
        let outcomes = lines(stack, "outcome")?;
        ensure!(
            outcomes.len() == SERVICES * CHANGES.len() + 1,
            "{outcomes:#?}"
        );
        ensure!(
            outcomes.iter().all(|line| line.status == "SUCCESS"),
            "{outcomes:#?}"
        );
        Ok(())
    })
}

fn options() -> Result<StackOptions> {
    let mut host = HostOptions::demo()?;
    host.units = (0..SERVICES)
        .map(name)
        .chain([UNWATCHED.to_owned()])
        .map(|name| (name, UNIT.to_owned()))
        .collect();
    host.monitored_services = Some((0..SERVICES).map(name).collect::<Vec<_>>().join(","));
    host.policy = "\
version: 1
host: {label: instance, is: ['localhost:9750']}
mode: enforce
defaults:
  boot_grace: 0s
  cooldown: {first: 0s, step: 1s, factor: 1, max: 1s}
  budget: {max: 1000, per: 1h}
  host_budget: {max: 1000, per: 1h}
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: ['pair-*.service']}}
    ladder:
      - remedy: restart_service
        verify: {unit_active: {stable_for: 300ms}}
        within: 30s
"
    .to_owned();
    Ok(StackOptions {
        is_clustered: true,
        ..StackOptions::of(vec![host]).change("ServiceDown", "keep_firing_for", "0s")
    })
}

fn name(index: usize) -> String {
    format!("pair-{index}.service")
}

/// Each service dies once in each round; before each, both Alertmanagers read another configuration.
fn all_faults(stack: &Stack) -> Result<()> {
    for (round, changes) in CHANGES.iter().enumerate() {
        reload(stack, changes)?;
        for index in 0..SERVICES {
            stack.host().manager().kill_main(&name(index))?;
        }
        for index in 0..SERVICES {
            is_over(stack, &name(index), round + 1)?;
        }
    }
    Ok(())
}

/// The link is down for good, and both know it: each tells of the fault as if it were alone.
fn both_tell_of_one_fault(stack: &Stack, link: &Link) -> Result<()> {
    link.cut();
    wait_for_peers(stack, 1)?;
    let ports = ports(stack)?;
    let told = |port| notifications(port);
    let before = [told(ports[0])?, told(ports[1])?];
    stack.host().manager().kill_main(&name(0))?;
    is_over(stack, &name(0), CHANGES.len() + 1)?;
    for (port, before) in ports.into_iter().zip(before) {
        wait_until("each has told of it", LIMIT, || {
            (told(port).ok()? > before).then_some(())
        })?;
    }
    link.mend();
    wait_for_peers(stack, 2)
}

/// As two notifications that overtook each other.
fn an_end_before_its_beginning_begins_nothing(stack: &Stack) -> Result<()> {
    let manager = stack.host().manager();
    manager.systemctl(&["stop", UNWATCHED])?;
    let began = wait::now();
    let post = |status: &str| {
        let ends = if status == "firing" {
            "0001-01-01T00:00:00Z".to_owned()
        } else {
            wait::now().to_string()
        };
        let alert = json!({
            "status": status,
            "labels": {
                "alertname": "ServiceDown", "instance": stack.host().instance(),
                "name": UNWATCHED, "severity": "critical"
            },
            "annotations": {}, "startsAt": began.to_string(), "endsAt": ends,
            "fingerprint": "00000000000000aa"
        });
        let body = json!({
            "version": "4", "groupKey": "{}", "status": status, "receiver": "prunelle-healer",
            "alerts": [alert]
        });
        let bearer = format!("Bearer {}", stack.token()?);
        let port = stack.host().healer().port();
        let headers = [("Authorization", bearer.as_str())];
        http::post(port, "/api/v1/alerts", &headers, &body.to_string())
    };
    ensure!(post("resolved")?.status < 300);
    let answer = post("firing")?;
    ensure!(
        answer.status == 200,
        "an old notification is no news: {answer:?}"
    );
    ensure!(stack.host().state(UNWATCHED)? == "inactive");
    ensure!(
        starts(stack, UNWATCHED)? == 1,
        "it was started by the healer"
    );
    Ok(())
}

/// Waits until a service was repaired so many times, and its alert is over for the healer too.
fn is_over(stack: &Stack, service: &str, times: usize) -> Result<()> {
    for (event, status) in [("outcome", "SUCCESS"), ("alert", "RESOLVED")] {
        wait_until(
            &format!("{service}: {event} {status} {times}"),
            LIMIT,
            || {
                let lines = lines(stack, event).ok()?;
                let count = lines
                    .iter()
                    .filter(|line| line.service == service && line.status == status);
                (count.count() >= times).then_some(())
            },
        )?;
    }
    Ok(())
}

fn flap(link: &Link, is_over: &AtomicBool) {
    for milliseconds in FLAPS_MS.into_iter().cycle() {
        if is_over.load(Ordering::Acquire) {
            break;
        }
        link.cut();
        std::thread::sleep(Duration::from_millis(milliseconds));
        link.mend();
        std::thread::sleep(Duration::from_millis(milliseconds));
    }
    link.mend();
}

/// Has both read the shipped configuration with these changes.
fn reload(stack: &Stack, changes: &[(&str, &str)]) -> Result<()> {
    for (folder, port) in ["alertmanager", "alertmanager-2"]
        .into_iter()
        .zip(ports(stack)?)
    {
        let file = stack.dir().join(folder).join("alertmanager.yml");
        let shipped = file.with_extension("shipped");
        if !shipped.exists() {
            fs::copy(&file, &shipped)?;
        }
        let mut text = fs::read_to_string(&shipped)?;
        for (from, to) in changes {
            ensure!(text.contains(from), "no `{from}` in {text}");
            text = text.replace(from, to);
        }
        fs::write(&file, text)?;
        let answer = http::post(port, "/-/reload", &[], "")?;
        ensure!(answer.status == 200, "{answer:?}");
    }
    Ok(())
}

/// How many members each knows itself to be among.
fn wait_for_peers(stack: &Stack, count: usize) -> Result<()> {
    for port in ports(stack)? {
        wait_until(&format!("a cluster of {count}"), LIMIT, || {
            let status: Value = http::get_json(port, "/api/v2/status").ok()?;
            let peers = status.pointer("/cluster/peers")?.as_array()?;
            (peers.len() == count).then_some(())
        })?;
    }
    Ok(())
}

fn ports(stack: &Stack) -> Result<[u16; 2]> {
    let second = stack.second.as_ref().context("no cluster")?;
    Ok([stack.alertmanager.port(), second.server.port()])
}

/// Notifications that an Alertmanager has sent by webhook.
fn notifications(port: u16) -> Result<f64> {
    let metrics = http::get(port, "/metrics")?.body;
    metrics
        .lines()
        .find_map(|line| {
            line.strip_prefix("alertmanager_notifications_total{integration=\"webhook\"} ")
        })
        .context("no such metric")?
        .parse()
        .context("no number")
}

fn starts(stack: &Stack, service: &str) -> Result<usize> {
    let file = stack.host().dir().join(format!("{service}.starts"));
    Ok(fs::read_to_string(file)?.lines().count())
}

fn lines(stack: &Stack, event: &str) -> Result<Vec<Action>> {
    let mut lines = stack.actions()?;
    lines.retain(|line| line.event_type == event);
    Ok(lines)
}
