//! The demo of start.sh, as its user sees it: it tells what it does, heals what is broken, and leaves nothing.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use prunelle_sandbox::{free_port, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(20);

struct Demo {
    dir: TempDir,
    ports: Vec<u16>,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Demo {
    /// Starts a demo on free ports, and reads until it says that it is up.
    fn start() -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("prunelle-demo-")
            .tempdir()?;
        let ports = free_ports()?;
        let mut child = program(dir.path())?
            .arg("demo")
            .args(flags(&ports))
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let mut demo = Self {
            dir,
            ports,
            child,
            lines,
        };
        demo.read_until("Ctrl-C stops the demo")?;
        Ok(demo)
    }

    /// The lines up to the one that contains `text`.
    fn read_until(&mut self, text: &str) -> Result<Vec<String>> {
        let mut read = Vec::new();
        for line in &mut self.lines {
            read.push(line?);
            if read.last().is_some_and(|line| line.contains(text)) {
                return Ok(read);
            }
        }
        anyhow::bail!("the demo ended before it said `{text}`: {read:#?}")
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = Pid::from_raw(self.child.id().try_into()?).context("no pid")?;
        Ok(kill_process(pid, signal)?)
    }

    /// No process of any namespace mentions the demo's folder, and its ports are free.
    fn is_gone(&self) -> bool {
        processes_mentioning(self.dir.path()).is_empty()
            && self
                .ports
                .iter()
                .all(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Before the folder goes.
        let _ = wait_until("the demo is gone", LIMIT, || self.is_gone().then_some(()));
    }
}

#[test]
fn it_reports_heals_and_leaves_nothing_after_ctrl_c() -> Result<()> {
    let mut demo = Demo::start()?;
    let report = demo.read_until("demo-worker.service")?;
    let figures = report.iter().find(|line| line.contains("cpu")).unwrap();
    assert!(
        figures.contains("memory") && figures.contains("disk"),
        "{figures}"
    );
    for service in ["demo-db", "demo-web", "demo-worker"] {
        let up = format!("up    {service}.service");
        assert!(report.iter().any(|line| line.contains(&up)), "{report:#?}");
    }
    assert!(
        report.iter().all(|line| !line.contains('\x1b')),
        "colours in a pipe"
    );

    let timeline = output(program(demo.dir.path())?.args(["break", "web"]))?;
    for step in [
        "killed",
        "seen",
        "alert",
        "webhook",
        "restarted",
        "verified",
    ] {
        let line = timeline.lines().find(|line| line.starts_with(step));
        assert!(line.is_some_and(|line| line.contains(" s ")), "{timeline}");
    }
    demo.read_until("outcome service_restart demo-web.service SUCCESS")?;

    demo.signal(Signal::INT)?;
    assert!(demo.child.wait()?.success());
    assert!(demo.is_gone());
    Ok(())
}

#[test]
fn it_leaves_nothing_after_a_sigkill() -> Result<()> {
    let mut demo = Demo::start()?;
    assert!(!demo.is_gone());
    demo.signal(Signal::KILL)?;
    demo.child.wait()?;
    wait_until("the demo is gone", LIMIT, || demo.is_gone().then_some(()))
}

#[test]
fn it_says_what_is_in_the_way() -> Result<()> {
    let dir = TempDir::new()?;
    let refused = |arguments: &[String]| -> Result<String> {
        let mut child = program(dir.path())?
            .args(arguments)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        assert!(!child.wait()?.success());
        let mut said = String::new();
        child
            .stderr
            .take()
            .context("no output")?
            .read_to_string(&mut said)?;
        Ok(said)
    };
    let break_web = ["break".to_owned(), "web".to_owned()];
    assert!(refused(&break_web)?.contains("no demo is running"));

    let taken = TcpListener::bind("127.0.0.1:0")?;
    let mut ports = free_ports()?;
    ports[0] = taken.local_addr()?.port();
    let start: Vec<String> = ["demo".to_owned()]
        .into_iter()
        .chain(flags(&ports))
        .collect();
    let said = refused(&start)?;
    assert!(
        said.contains(&format!("port {} for Prometheus", ports[0])),
        "{said}"
    );
    assert!(said.contains("--prometheus-port"), "{said}");

    let lock = fs::File::create(dir.path().join("demo.lock"))?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)?;
    assert!(refused(&start)?.contains("the demo runs already"));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the program under test")]
fn program(dir: &Path) -> Result<Command> {
    let folder = std::env::var_os("PRUNELLE_BIN_DIR").context("PRUNELLE_BIN_DIR is not set")?;
    let mut command = Command::new(PathBuf::from(folder).join("prunelle-sandbox"));
    command.arg("--dir").arg(dir).stdin(Stdio::null());
    Ok(command)
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{command:?}: {said}");
    Ok(String::from_utf8(output.stdout)?)
}

/// Ports for Prometheus, Alertmanager, exporter, healer and web server.
fn free_ports() -> Result<Vec<u16>> {
    (0..5).map(|_| free_port()).collect()
}

fn flags(ports: &[u16]) -> Vec<String> {
    ["prometheus", "alertmanager", "exporter", "healer", "web"]
        .iter()
        .zip(ports)
        .map(|(name, port)| format!("--{name}-port={port}"))
        .collect()
}

fn processes_mentioning(dir: &Path) -> Vec<String> {
    let dir = dir.to_string_lossy();
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(&*dir))
        .collect()
}
