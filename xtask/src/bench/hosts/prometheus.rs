//! A real Prometheus with the shipped jobs and rules, and the simulated hosts as its targets.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use prunelle_sandbox::wait::try_until;
use prunelle_sandbox::{free_port, http};
use rustix::process::{Pid, Signal, kill_process};
use serde_yaml::{Mapping, Value};

use super::super::project;
use super::instance;

/// How long anything that is asked of it may take.
const LIMIT: Duration = Duration::from_mins(10);

pub(super) struct Prometheus {
    child: Child,
    pid: Pid,
    port: u16,
    folder: PathBuf,
}

/// What a block of recent samples holds.
pub(super) struct Block {
    pub(super) samples: u64,
    /// Of the samples themselves, without the index.
    pub(super) bytes: u64,
}

impl Prometheus {
    /// Starts it over `folder/data`, with rules, and waits until every target has answered once.
    pub(super) fn start(folder: &Path, simulated: SocketAddr, hosts: u32) -> Result<Self> {
        write_configuration(folder, simulated, hosts)?;
        let port = free_port()?;
        let log = fs::File::create(folder.join("log"))?;
        let child = crate::command("prometheus")
            .arg(format!("--config.file={}", configuration(folder).display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .arg("--storage.tsdb.retention.time=35d")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--web.enable-admin-api")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("is prometheus installed?")?;
        let pid = Pid::from_child(&child);
        let started = Self {
            child,
            pid,
            port,
            folder: folder.to_owned(),
        };
        try_until("Prometheus is ready", LIMIT, || {
            let ready = http::get(port, "/-/ready");
            Ok(ready.ok().filter(|answer| answer.status == 200))
        })
        .with_context(|| fs::read_to_string(folder.join("log")).unwrap_or_default())?;
        let wanted = f64::from(hosts * 3);
        try_until("every target has answered", LIMIT, || {
            let answered = started.number("count(max_over_time(up[10m]) == 1)")?;
            Ok((answered >= wanted).then_some(()))
        })?;
        Ok(started)
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// The only value of a query; 0 of an empty one.
    pub(super) fn number(&self, expression: &str) -> Result<f64> {
        Ok(self.numbers(expression, "")?.into_values().sum())
    }

    /// The values of a query by a label.
    pub(super) fn numbers(&self, expression: &str, label: &str) -> Result<BTreeMap<String, f64>> {
        let path = format!("/api/v1/query?query={}", http::escaped(expression));
        let answer = http::slow(self.port, "GET", &path, LIMIT)?;
        ensure!(answer.status == 200, "{expression}: {}", answer.body);
        let answer: serde_json::Value = serde_json::from_str(&answer.body)?;
        let series = answer.pointer("/data/result").and_then(|it| it.as_array());
        let mut numbers = BTreeMap::new();
        for one in series.context("no result")? {
            let key = one.pointer(&format!("/metric/{label}"));
            let key = key.and_then(|it| it.as_str()).unwrap_or_default();
            let value = one.pointer("/value/1").and_then(|it| it.as_str());
            numbers.insert(key.to_owned(), value.context("no value")?.parse()?);
        }
        Ok(numbers)
    }

    /// Its own metrics.
    pub(super) fn metrics(&self) -> Result<String> {
        let answer = http::slow(self.port, "GET", "/metrics", LIMIT)?;
        ensure!(answer.status == 200, "/metrics: {}", answer.status);
        Ok(answer.body)
    }

    /// Goes on without rules.
    pub(super) fn drop_rules(&self) -> Result<()> {
        let file = configuration(&self.folder);
        let mut root: Value = serde_yaml::from_str(&fs::read_to_string(&file)?)?;
        root.as_mapping_mut()
            .context("no configuration")?
            .remove("rule_files");
        fs::write(&file, serde_yaml::to_string(&root)?)?;
        kill_process(self.pid, Signal::HUP)?;
        try_until("the rules are gone", LIMIT, || {
            let gone = !self
                .metrics()?
                .contains("prometheus_rule_group_interval_seconds{");
            Ok(gone.then_some(()))
        })
    }

    /// Has it write all that it holds in memory into a block, as it does every two hours.
    pub(super) fn snapshot(&self) -> Result<Block> {
        let answer = http::slow(self.port, "POST", "/api/v1/admin/tsdb/snapshot", LIMIT)?;
        let answer: serde_json::Value = serde_json::from_str(&answer.body)?;
        let name = answer.pointer("/data/name").and_then(|it| it.as_str());
        let folder = self
            .folder
            .join("data/snapshots")
            .join(name.context("no snapshot")?);
        let mut youngest = None;
        for entry in fs::read_dir(folder)? {
            let block = entry?.path();
            let meta: serde_json::Value =
                serde_json::from_slice(&fs::read(block.join("meta.json"))?)?;
            let number = |pointer| meta.pointer(pointer).and_then(serde_json::Value::as_u64);
            let end = number("/maxTime").context("no end of a block")?;
            let samples = number("/stats/numSamples").unwrap_or_default();
            youngest = youngest.max(Some((end, samples, block)));
        }
        let (_, samples, block) = youngest.context("an empty snapshot")?;
        let mut bytes = 0;
        for entry in fs::read_dir(block.join("chunks"))? {
            bytes += entry?.metadata()?.len();
        }
        Ok(Block { samples, bytes })
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(folder: &Path) -> PathBuf {
    folder.join("prometheus.yml")
}

/// The shipped configuration and rules with other targets, and without Alertmanager.
fn write_configuration(folder: &Path, simulated: SocketAddr, hosts: u32) -> Result<()> {
    let shipped = project()?.join("prometheus");
    let mut root: Value =
        serde_yaml::from_str(&fs::read_to_string(shipped.join("prometheus.yml"))?)?;
    let root_map = root.as_mapping_mut().context("no configuration")?;
    root_map.remove("alerting");
    root_map.insert(
        "rule_files".into(),
        vec![Value::from(format!("{}/rules/*.yml", shipped.display()))].into(),
    );
    let jobs = root_map.get_mut("scrape_configs");
    for job in jobs
        .and_then(Value::as_sequence_mut)
        .context("no scrape_configs")?
    {
        let job = job.as_mapping_mut().context("no job")?;
        let name = job.get("job_name").and_then(Value::as_str);
        let page = match name.context("a job without a name")? {
            "prunelle" | "prunelle-services" => "exporter",
            "prunelle-healer" => "healer",
            other => bail!("the scrape job {other} is unknown here"),
        };
        let targets: Vec<Value> = (0..hosts)
            .map(|host| target(simulated, host, page))
            .collect();
        job.insert("static_configs".into(), targets.into());
    }
    fs::write(configuration(folder), serde_yaml::to_string(&root)?)?;
    Ok(())
}

/// A host by the label that names it, and by its own path.
fn target(simulated: SocketAddr, host: u32, page: &str) -> Value {
    let mut labels = Mapping::new();
    labels.insert("instance".into(), instance(host).into());
    labels.insert("__metrics_path__".into(), format!("/{host}/{page}").into());
    let mut target = Mapping::new();
    target.insert(
        "targets".into(),
        vec![Value::from(simulated.to_string())].into(),
    );
    target.insert("labels".into(), labels.into());
    target.into()
}
