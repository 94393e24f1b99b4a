//! What is broken and repaired in these stories: many services or folders that are all alike, one for each crash.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use jiff::Timestamp;
use prunelle_sandbox::stack::{Action, Host};
use prunelle_sandbox::{HostOptions, Stack, StackOptions, http, wait, wait_until};
use serde_json::json;
use tempfile::TempDir;

use super::{BUDGET, LIMIT, lines, outcomes_of};

/// Things of one kind, numbered.
pub(super) trait Subject {
    /// As the action log calls it.
    fn name(&self, index: usize) -> String;
    /// Breaks it; an alert follows.
    fn break_it(&self, stack: &Stack, index: usize) -> Result<()>;
    /// Waits for its repair, and checks that there was one only; then its alert is over.
    fn is_repaired_once(&self, stack: &Stack, index: usize) -> Result<()>;
}

/// Services that write down each of their starts.
pub(super) struct Services {
    count: usize,
    budget: u32,
    start_seconds: &'static str,
}

impl Services {
    pub(super) fn new(count: usize) -> Self {
        Self {
            count,
            budget: BUDGET,
            start_seconds: "0",
        }
    }

    pub(super) fn with_budget(self, budget: u32) -> Self {
        Self { budget, ..self }
    }

    /// Each start takes so long.
    pub(super) fn starting_for(self, start_seconds: &'static str) -> Self {
        Self {
            start_seconds,
            ..self
        }
    }

    pub(super) fn options(&self) -> Result<StackOptions> {
        let mut host = HostOptions::demo()?;
        host.units = (0..self.count)
            .map(|index| (self.name(index), self.text()))
            .collect();
        host.policy = format!(
            "\
version: 1
host: {{label: instance, is: ['localhost:9750']}}
mode: enforce
defaults:
  boot_grace: 0s
  cooldown: {{first: 0s, step: 1s, factor: 1, max: 1s}}
  budget: {{max: {}, per: 1h}}
  host_budget: {{max: 1000, per: 1m}}
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {{unit: {{label: name, allow: ['crash-*.service']}}}}
    ladder:
      - remedy: restart_service
        attempts: 2
        verify: {{unit_active: {{stable_for: 500ms}}}}
        within: 30s
    escalate: {{quarantine: 0s}}
",
            self.budget
        );
        // Over as soon as the service is up again.
        Ok(StackOptions::of(vec![host]).change("ServiceDown", "keep_firing_for", "0s"))
    }

    fn text(&self) -> String {
        format!(
            "[Unit]\nStartLimitIntervalSec=0\n\
             [Service]\nType=exec\nExecStartPre=/bin/sleep {}\n\
             ExecStart=/bin/sh -c 'echo $$INVOCATION_ID >>${{PRUNELLE_SANDBOX}}/%n.starts; exec sleep infinity'\n",
            self.start_seconds
        )
    }

    /// How often it was started, by whomever.
    pub(super) fn starts(&self, host: &Host, index: usize) -> Result<usize> {
        let file = host.dir().join(format!("{}.starts", self.name(index)));
        Ok(fs::read_to_string(file)?.lines().count())
    }
}

impl Subject for Services {
    fn name(&self, index: usize) -> String {
        assert!(index < self.count, "more crashes than services");
        format!("crash-{index:03}.service")
    }

    fn break_it(&self, stack: &Stack, index: usize) -> Result<()> {
        stack
            .host()
            .manager()
            .kill_main(&self.name(index))
            .map(drop)
    }

    fn is_repaired_once(&self, stack: &Stack, index: usize) -> Result<()> {
        let (host, name) = (stack.host(), self.name(index));
        wait_until(&format!("{name} is repaired"), LIMIT, || {
            let outcomes = outcomes_of(host, &name).ok()?;
            (outcomes.last()?.status == "SUCCESS").then_some(())
        })?;
        // What is told of it from now on would be a second repair.
        wait_until("its alert is over", LIMIT, || {
            let mut lines = lines(host, "alert").ok()?;
            lines.retain(|line| line.service == name);
            (lines.last()?.status == "RESOLVED").then_some(())
        })?;
        ensure_ended_once(&host.actions()?, &name)?;
        let starts = self.starts(host, index)?;
        ensure!(
            starts == 2,
            "{name} was started {starts} times, the first included"
        );
        ensure!(host.state(&name)? == "active", "{name} is down");
        Ok(())
    }
}

/// One repair succeeded. One before it was given up only because its alert was told to be over: a scrape that comes too
/// late on a busy machine ends an alert for a moment.
fn ensure_ended_once(log: &[Action], unit: &str) -> Result<()> {
    let of_unit = || log.iter().filter(|line| line.service == unit);
    let ends: Vec<&Action> = of_unit()
        .filter(|line| line.event_type == "outcome")
        .collect();
    let successes = ends.iter().filter(|line| line.status == "SUCCESS");
    ensure!(successes.count() == 1, "{ends:#?}");
    let mut is_over = false;
    for line in of_unit() {
        if line.event_type == "alert" {
            is_over = line.status == "RESOLVED";
        } else if line.event_type == "outcome" && line.status != "SUCCESS" {
            let reason = &line.details["reason"];
            ensure!(
                is_over && (reason == "interrupted" || reason == "resolved"),
                "{line:#?}"
            );
        }
    }
    Ok(())
}

/// Folders full of old files, each on a file system of its own.
pub(super) struct Folders {
    count: usize,
    /// Where they are mounted, inside the sandbox only.
    dir: TempDir,
    /// When their alerts began, all of them.
    began: Timestamp,
}

const SIZE: u64 = 1 << 20;
const FILES: usize = 20;

impl Folders {
    pub(super) fn new(count: usize) -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("prunelle-crash-")
            .tempdir()?;
        Ok(Self {
            count,
            dir,
            began: wait::now(),
        })
    }

    /// Makes and fills them.
    pub(super) fn fill(&self, host: &Host) -> Result<()> {
        for index in 0..self.count {
            let folder = PathBuf::from(self.name(index));
            host.manager().mount_tmpfs(&folder, SIZE)?;
            let text = vec![b'x'; 45 << 10];
            for file in 0..FILES {
                fs::write(host.manager().path(folder.join(file.to_string())), &text)?;
            }
        }
        Ok(())
    }

    pub(super) fn options(&self) -> Result<StackOptions> {
        let mut host = HostOptions::demo()?;
        host.policy = format!(
            "\
version: 1
host: {{label: instance, is: ['localhost:9750']}}
mode: enforce
defaults:
  boot_grace: 0s
  budget: {{max: {BUDGET}, per: 1h}}
  host_budget: {{max: 1000, per: 1m}}
rules:
"
        );
        for index in 0..self.count {
            write!(
                host.policy,
                "  - name: folder-{index}
    matchers: ['alertname = \"FolderFull\"', 'folder = \"{index}\"']
    target: {{path: '{}'}}
    ladder:
      - remedy: clean_folder
        with: {{older_than: 100ms, stop_at_free: 100%}}
        verify: {{free_space: {{at_least: 50%}}}}
        attempts: 2
        within: 30s
",
                self.name(index)
            )?;
        }
        Ok(StackOptions::of(vec![host]))
    }

    /// What nobody measures is told to Alertmanager by hand.
    fn alert(&self, stack: &Stack, index: usize, ends: &str) -> Result<()> {
        let alert = json!([{
            "labels": {
                "alertname": "FolderFull",
                "instance": stack.host().instance(),
                "folder": index.to_string(),
            },
            "startsAt": self.began.to_string(),
            "endsAt": ends,
        }]);
        let port = stack.alertmanager.port();
        let json = [("Content-Type", "application/json")];
        let answer = http::post(port, "/api/v2/alerts", &json, &alert.to_string())?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    }
}

impl Subject for Folders {
    fn name(&self, index: usize) -> String {
        assert!(index < self.count, "more crashes than folders");
        format!("{}/folder-{index:03}", self.dir.path().display())
    }

    fn break_it(&self, stack: &Stack, index: usize) -> Result<()> {
        self.alert(stack, index, "2100-01-01T00:00:00Z")
    }

    fn is_repaired_once(&self, stack: &Stack, index: usize) -> Result<()> {
        let (host, name) = (stack.host(), self.name(index));
        wait_until(&format!("the end of {name} is logged"), LIMIT, || {
            (!outcomes_of(host, &name).ok()?.is_empty()).then_some(())
        })?;
        self.alert(stack, index, &wait::now().to_string())?;
        wait_until("its alert is over", LIMIT, || {
            let lines = lines(host, "alert").ok()?;
            let label = index.to_string();
            lines
                .iter()
                .any(|line| line.details["labels"]["folder"] == label && line.status == "RESOLVED")
                .then_some(())
        })?;
        let outcomes = outcomes_of(host, &name)?;
        ensure!(
            outcomes.len() == 1 && outcomes[0].status == "SUCCESS",
            "{outcomes:#?}"
        );
        // One that was killed on the way may have left what is not in the way of the space wanted.
        let left = fs::read_dir(host.manager().path(&name))?.count();
        ensure!(left <= FILES / 2, "{name} still has {left} files");
        Ok(())
    }
}
