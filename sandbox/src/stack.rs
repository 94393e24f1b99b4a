//! The whole product around sandboxes: exporter and healer inside, Prometheus and Alertmanager outside, on free ports of
//! loopback, configured by the shipped files (`shipped.rs` says what differs).
//!
//! Scenarios of `e2e/`, the benches and the demo are written against [`Stack`]. What must hold: what they show is what
//! ships, and dropping a stack leaves nothing.

mod host;
pub mod observe;
mod receiver;
mod server;
mod shipped;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

pub use host::{Host, HostOptions, RUNTIME};
pub use observe::{Action, Alert, Labels, Sample, actions};
pub use receiver::Receiver;
pub use server::{Server, Service};
pub use shipped::RuleChange;

use crate::programs::Programs;
use crate::{spawn, wait};

/// How long the parts may take to find each other.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// Scrape and evaluation intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// `prometheus.yml`: services every second.
    Default,
    /// `fast.yml`: services every 250 ms.
    #[default]
    Fast,
}

impl Profile {
    fn file(self) -> &'static str {
        match self {
            Self::Default => "prometheus.yml",
            Self::Fast => "fast.yml",
        }
    }
}

/// How to start a [`Stack`].
#[derive(Clone, Debug)]
pub struct StackOptions {
    /// Intervals.
    pub profile: Profile,
    /// One or more hosts.
    pub hosts: Vec<HostOptions>,
    /// Durations that a test cannot wait for.
    pub rule_changes: Vec<RuleChange>,
    /// Appended to the names of the rule groups: the phase of evaluations follows from them.
    pub group_suffix: String,
    /// Where everything is kept; a temporary folder that is removed at the end when not given.
    pub dir: Option<PathBuf>,
    /// Where the programs are; `PRUNELLE_BIN_DIR` and PATH when not given.
    pub programs: Option<Programs>,
    /// Prometheus' port; a free one when not given.
    pub prometheus_port: Option<u16>,
    /// Alertmanager's port; a free one when not given.
    pub alertmanager_port: Option<u16>,
}

impl StackOptions {
    /// The demo on one host, in the fast profile.
    pub fn demo() -> Result<Self> {
        Ok(Self::of(vec![HostOptions::demo()?]))
    }

    /// These hosts, in the fast profile.
    pub fn of(hosts: Vec<HostOptions>) -> Self {
        Self {
            profile: Profile::Fast,
            hosts,
            rule_changes: Vec::new(),
            group_suffix: String::new(),
            dir: None,
            programs: None,
            prometheus_port: None,
            alertmanager_port: None,
        }
    }

    /// Gives a field of an alert's rules another value: `change("HealerDown", "for", "1s")`.
    #[must_use]
    pub fn change(mut self, alert: &str, field: &str, value: &str) -> Self {
        self.rule_changes.push(RuleChange {
            alert: alert.to_owned(),
            field: field.to_owned(),
            value: value.to_owned(),
        });
        self
    }
}

/// A running stack.
#[derive(Debug)]
pub struct Stack {
    /// Prometheus.
    pub prometheus: Server,
    /// Alertmanager.
    pub alertmanager: Server,
    /// The other receiver of notifications, in the place of mail to people.
    pub operators: Receiver,
    hosts: Vec<Host>,
    token_file: PathBuf,
    dir: PathBuf,
    _temporary: Option<TempDir>,
}

impl Stack {
    /// Starts everything and waits until each part has seen the others.
    pub fn start(options: StackOptions) -> Result<Self> {
        let programs = options.programs.map_or_else(Programs::find, Ok)?;
        let (dir, temporary) = spawn::folder(options.dir)?;
        let port = |wanted: Option<u16>| wanted.map_or_else(free_port, Ok);
        let prometheus_port = port(options.prometheus_port)?;
        let alertmanager_port = port(options.alertmanager_port)?;
        let token_file = dir.join("webhook-token");
        write_secret(&token_file, &random_token()?)?;

        let around = host::Surroundings {
            programs: &programs,
            token_file: &token_file,
            alertmanager: alertmanager_port,
        };
        let hosts = options
            .hosts
            .iter()
            .enumerate()
            .map(|(index, host)| {
                Host::start(&dir.join(format!("host-{}", index + 1)), host, &around)
            })
            .collect::<Result<Vec<_>>>()?;

        let operators = Receiver::start()?;
        let healers: Vec<u16> = hosts.iter().map(|host| host.healer().port()).collect();
        let alertmanager = start_alertmanager(
            &programs,
            &dir.join("alertmanager"),
            alertmanager_port,
            &shipped::alertmanager(
                &read("alertmanager/alertmanager.yml")?,
                &healers,
                &token_file,
                operators.port(),
            )?,
        )?;
        for host in &hosts {
            host.exporter().start()?;
            host.healer().start()?;
        }
        let folder = dir.join("prometheus");
        write_rules(
            &folder.join("rules"),
            &options.rule_changes,
            &options.group_suffix,
        )?;
        let names = |port: fn(&Host) -> u16| -> Vec<String> {
            let ports = hosts.iter().map(port);
            ports.map(|port| format!("localhost:{port}")).collect()
        };
        let prometheus = start_prometheus(
            &programs,
            &folder,
            prometheus_port,
            &shipped::prometheus(
                &read(&format!("prometheus/{}", options.profile.file()))?,
                alertmanager_port,
                &names(|host| host.exporter().port()),
                &names(|host| host.healer().port()),
            )?,
        )?;
        let stack = Self {
            prometheus,
            alertmanager,
            operators,
            hosts,
            token_file,
            dir,
            _temporary: temporary,
        };
        stack
            .wait_until_connected()
            .inspect_err(|_| stack.print_logs())?;
        Ok(stack)
    }

    /// Starts a stack, runs `story` on it and drops it; when the story fails, shows what the programs have printed.
    pub fn tell<T>(options: StackOptions, story: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let mut stack = Self::start(options)?;
        let end = story(&mut stack);
        if end.is_err() {
            stack.print_logs();
        }
        end
    }

    /// The only host, or the first.
    pub fn host(&self) -> &Host {
        self.nth_host(0)
    }

    /// A host by its place in the options.
    #[expect(
        clippy::indexing_slicing,
        reason = "a test that asks for a host it did not make is wrong"
    )]
    pub fn nth_host(&self, index: usize) -> &Host {
        &self.hosts[index]
    }

    /// The alerts that Alertmanager holds.
    pub fn alerts(&self) -> Result<Vec<Alert>> {
        observe::alerts(self.alertmanager.port())
    }

    /// The alerts of that name that Alertmanager holds.
    pub fn alerts_named(&self, name: &str) -> Result<Vec<Alert>> {
        let mut alerts = self.alerts()?;
        alerts.retain(|alert| alert.name() == name);
        Ok(alerts)
    }

    /// An instant query to Prometheus.
    pub fn query(&self, expression: &str) -> Result<Vec<Sample>> {
        observe::query(self.prometheus.port(), expression)
    }

    /// The lines of the first host's action log.
    pub fn actions(&self) -> Result<Vec<Action>> {
        self.host().actions()
    }

    /// The token that Alertmanager shows to the healers.
    pub fn token(&self) -> Result<String> {
        Ok(fs::read_to_string(&self.token_file)?.trim().to_owned())
    }

    /// Folder of the whole stack.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Shows the ends of all logs on standard error.
    pub fn print_logs(&self) {
        let mut logs = vec![
            self.dir.join("prometheus/log"),
            self.dir.join("alertmanager/log"),
        ];
        for host in &self.hosts {
            let files = ["manager.log", "exporter.log", "healer.log", "actions.jsonl"];
            logs.extend(files.map(|file| host.dir().join(file)));
        }
        for log in logs {
            eprintln!("--- {}\n{}", log.display(), spawn::tail(&log));
        }
    }

    /// Waits until every job has been scraped once, CPU and disk included (up to 5 s more than [`Stack::start`] waits).
    pub fn wait_until_scraped(&self) -> Result<()> {
        // Two jobs for each exporter, one for each healer.
        self.wait_for_series("up == 1", self.hosts.len() * 3)
    }

    /// Waits until a query yields at least `count` series.
    pub fn wait_for_series(&self, expression: &str, count: usize) -> Result<()> {
        wait::try_until(&format!("{count} of `{expression}`"), CONNECT_LIMIT, || {
            Ok((self.query(expression)?.len() >= count).then_some(()))
        })
    }

    /// The services of every host are known, and Prometheus has found Alertmanager: a fault from now on becomes an alert.
    fn wait_until_connected(&self) -> Result<()> {
        let services = "node_scrape_collector_success{collector=\"services\"} == 1";
        self.wait_for_series(services, self.hosts.len())?;
        wait::try_until("Prometheus finds Alertmanager", CONNECT_LIMIT, || {
            let found = observe::alertmanagers(self.prometheus.port())?;
            Ok((found > 0).then_some(()))
        })
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print_logs();
        }
    }
}

/// A port of loopback that is free at this moment.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// 128 random bits in hex.
fn random_token() -> Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

fn write_secret(path: &Path, secret: &str) -> Result<()> {
    let mut file = fs::File::create(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file.write_all(secret.as_bytes())?)
}

/// The folder of the whole project.
fn project() -> &'static Path {
    let sandbox = Path::new(env!("CARGO_MANIFEST_DIR"));
    sandbox.parent().unwrap_or(sandbox)
}

/// A shipped file.
fn read(file: &str) -> Result<String> {
    let path = project().join(file);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

fn write_rules(folder: &Path, changes: &[RuleChange], group_suffix: &str) -> Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(project().join("prometheus/rules"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yml") {
            let text = shipped::rules(&fs::read_to_string(&path)?, changes, group_suffix)
                .with_context(|| format!("in {}", path.display()))?;
            fs::write(folder.join(path.file_name().unwrap_or_default()), text)?;
        }
    }
    Ok(())
}

fn start_alertmanager(
    programs: &Programs,
    folder: &Path,
    port: u16,
    configuration: &str,
) -> Result<Server> {
    fs::create_dir_all(folder)?;
    let file = folder.join("alertmanager.yml");
    fs::write(&file, configuration)?;
    let mut command = spawn::command(&programs.alertmanager);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        // One Alertmanager, so no cluster and no port for it.
        .arg("--cluster.listen-address=");
    Server::start_new("Alertmanager", command, port, folder.join("log"))
}

fn start_prometheus(
    programs: &Programs,
    folder: &Path,
    port: u16,
    configuration: &str,
) -> Result<Server> {
    let file = folder.join("prometheus.yml");
    fs::write(&file, configuration)?;
    let mut command = spawn::command(&programs.prometheus);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        // An alert raised before Alertmanager was found, in the first 5 s, is sent again after this; 1m as shipped.
        .arg("--rules.alert.resend-delay=10s");
    Server::start_new("Prometheus", command, port, folder.join("log"))
}
