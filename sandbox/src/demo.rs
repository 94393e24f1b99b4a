//! The demo behind start.sh: one host, on fixed ports of loopback, until Ctrl-C.
//!
//! What must hold: one demo at a time in a folder (a lock says so), and nothing is left after it, however it ends: no
//! cleaning depends on this process, the keepers of [`Stack`] do it.

mod console;
mod state;
mod timeline;

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::programs::Programs;
use crate::stack::{HostOptions, Profile, Stack, StackOptions};
use crate::wait::Stopwatch;
use console::Console;
use state::{Lock, State};

pub use timeline::break_service;

/// Time between two reports on the console.
const CYCLE: Duration = Duration::from_secs(5);

/// Settings of the product that the demo hands on to exporter and healer when they are in its environment.
const HANDED_ON: [&str; 10] = [
    "MONITORING_INTERVAL",
    "CPU_THRESHOLD",
    "CPU_THRESHOLD_CRITICAL",
    "MEMORY_THRESHOLD",
    "MEMORY_THRESHOLD_CRITICAL",
    "DISK_THRESHOLD",
    "DISK_THRESHOLD_CRITICAL",
    "NETWORK_THRESHOLD",
    "NETWORK_THRESHOLD_CRITICAL",
    "AUTO_HEALING_ENABLED",
];

/// How to run the demo.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Scrape every second instead of four times a second
    #[arg(long)]
    slow: bool,
    /// Prometheus' port
    #[arg(
        long,
        default_value_t = 9090,
        env = "PRUNELLE_DEMO_PROMETHEUS_PORT",
        value_name = "PORT",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    prometheus_port: u16,
    /// Alertmanager's port
    #[arg(
        long,
        default_value_t = 9093,
        env = "PRUNELLE_DEMO_ALERTMANAGER_PORT",
        value_name = "PORT",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    alertmanager_port: u16,
    /// The exporter's port
    #[arg(
        long,
        default_value_t = 9750,
        env = "PRUNELLE_DEMO_EXPORTER_PORT",
        value_name = "PORT",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    exporter_port: u16,
    /// The healer's port
    #[arg(
        long,
        default_value_t = 8050,
        env = "PRUNELLE_DEMO_HEALER_PORT",
        value_name = "PORT",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    healer_port: u16,
    /// The port of the demo's web server
    #[arg(
        long,
        default_value_t = 8051,
        env = "PRUNELLE_DEMO_WEB_PORT",
        value_name = "PORT",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    web_port: u16,
}

/// A running demo.
#[derive(Debug)]
pub struct Demo {
    stack: Stack,
    _lock: Lock,
}

impl Demo {
    /// Starts everything in `dir` and says where it is.
    pub fn start(dir: &Path, options: &Options, out: &mut impl Write) -> Result<Self> {
        let lock = Lock::take(dir)?;
        options.check_ports()?;
        let folder = std::env::current_exe().context("this program has no path")?;
        let programs = Programs::in_folder(folder.parent().context("this program has no folder")?)?;
        writeln!(
            out,
            "Starting a systemd in namespaces of its own, with three services …"
        )?;
        let watch = Stopwatch::start();
        let stack = Stack::start(StackOptions {
            profile: if options.slow {
                Profile::Default
            } else {
                Profile::Fast
            },
            dir: Some(dir.join("demo")),
            programs: Some(programs),
            prometheus_port: Some(options.prometheus_port),
            alertmanager_port: Some(options.alertmanager_port),
            ..StackOptions::of(vec![options.host()?])
        })?;
        stack.wait_until_scraped()?;
        State::of(&stack).write(dir)?;
        writeln!(out, "Up after {:.1} s.\n", watch.elapsed().as_secs_f64())?;
        let demo = Self { stack, _lock: lock };
        demo.introduce(out)?;
        Ok(demo)
    }

    /// Reports every cycle until Ctrl-C or SIGTERM, then stops everything.
    pub fn run(self, is_terminal: bool, out: &mut impl Write) -> Result<()> {
        let mut console = Console::new(&self.stack, is_terminal)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        // Nothing else runs on this runtime, so a report may block it.
        runtime
            .block_on(async {
                use tokio::signal::unix::{SignalKind, signal};
                let (mut interrupt, mut terminate) = (
                    signal(SignalKind::interrupt())?,
                    signal(SignalKind::terminate())?,
                );
                loop {
                    console.report(&self.stack, out)?;
                    tokio::select! {
                        _ = interrupt.recv() => return Ok(()),
                        _ = terminate.recv() => return Ok(()),
                        () = tokio::time::sleep(CYCLE) => {}
                    }
                }
            })
            .and_then(|()| {
                writeln!(out, "\nStopping …")?;
                let dir = self.stack.dir().to_owned();
                drop(self);
                writeln!(out, "Stopped; state and logs stay in {}", dir.display())?;
                Ok(())
            })
    }

    fn introduce(&self, out: &mut impl Write) -> Result<()> {
        let (stack, host) = (&self.stack, self.stack.host());
        writeln!(
            out,
            "  healer        {}  (status page)\n  exporter      {}/metrics\n  Prometheus    {}/alerts\n  \
             Alertmanager  {}\n  web server    http://127.0.0.1:{}\n  action log    {}\n  state, logs   {}\n\n\
             Kill the web server and see it come back, in another terminal: ./start.sh --break web\n\
             Ctrl-C stops the demo.\n",
            host.healer().url(),
            host.exporter().url(),
            stack.prometheus.url(),
            stack.alertmanager.url(),
            host.web_port(),
            host.action_log().display(),
            stack.dir().display(),
        )?;
        Ok(())
    }
}

impl Options {
    fn host(&self) -> Result<HostOptions> {
        let mut host = HostOptions::demo()?;
        if let Ok(more) = std::env::var("MONITORED_SERVICES")
            && !more.trim().is_empty()
        {
            host.monitored_services = Some(format!("{},{more}", host.watched()));
        }
        let settings = HANDED_ON
            .iter()
            .filter_map(|&key| Some((key.to_owned(), std::env::var(key).ok()?)));
        host.exporter_env.extend(settings.clone());
        host.healer_env.extend(settings);
        host.exporter_port = Some(self.exporter_port);
        host.healer_port = Some(self.healer_port);
        host.web_port = Some(self.web_port);
        Ok(host)
    }

    /// A clear message before anything is started, rather than a log to read after it failed.
    fn check_ports(&self) -> Result<()> {
        let ports = [
            ("Prometheus", "--prometheus-port", self.prometheus_port),
            (
                "Alertmanager",
                "--alertmanager-port",
                self.alertmanager_port,
            ),
            ("the exporter", "--exporter-port", self.exporter_port),
            ("the healer", "--healer-port", self.healer_port),
            ("the demo's web server", "--web-port", self.web_port),
        ];
        // Held until all are checked, so that none is given twice.
        let mut free = Vec::new();
        for (who, flag, port) in ports {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                Ok(listener) => free.push(listener),
                Err(_) if free.iter().any(|it| has_port(it, port)) => {
                    bail!("port {port} for {who} is given twice; choose another with {flag} PORT")
                }
                Err(error) => bail!(
                    "port {port} for {who}: {error}; `ss -ltnp` shows who has it; choose another with {flag} PORT"
                ),
            }
        }
        Ok(())
    }
}

fn has_port(listener: &TcpListener, port: u16) -> bool {
    listener.local_addr().is_ok_and(|it| it.port() == port)
}
