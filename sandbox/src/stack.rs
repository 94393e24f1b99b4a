//! The whole product around sandboxes: exporter and healer inside, Prometheus and Alertmanager outside, on free ports of
//! loopback, configured by the shipped files (`shipped.rs` says what differs).
//!
//! Scenarios of `e2e/`, the benches and the demo are written against [`Stack`]. What must hold: what they show is what
//! ships, and dropping a stack leaves nothing.

mod host;
mod launch;
pub mod link;
pub mod observe;
mod options;
mod past;
mod receiver;
mod server;
mod shipped;

use std::fs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;

pub use host::{Host, HostOptions, RUNTIME};
pub use link::Link;
pub use observe::{Action, Alert, Labels, Sample, actions};
pub use options::{Profile, StackOptions};
pub use past::Past;
pub use receiver::Receiver;
pub use server::{Server, Service};
pub use shipped::RuleChange;

use crate::ports::free_port;
use crate::programs::Programs;
use crate::{spawn, wait};
use link::Side;

/// How long the parts may take to find each other.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// A running stack.
#[derive(Debug)]
pub struct Stack {
    /// Prometheus.
    pub prometheus: Server,
    /// Alertmanager.
    pub alertmanager: Server,
    /// The other Alertmanager, where there are two.
    pub second: Option<SecondAlertmanager>,
    /// The other receiver of notifications, in the place of mail to people.
    pub operators: Receiver,
    hosts: Vec<Host>,
    token_file: PathBuf,
    dir: PathBuf,
    _temporary: Option<TempDir>,
}

/// The second Alertmanager of a cluster, and the link between the two.
#[derive(Debug)]
pub struct SecondAlertmanager {
    /// The program.
    pub server: Server,
    /// The way between the two.
    pub link: Link,
}

impl SecondAlertmanager {
    fn start(
        programs: &Programs,
        folder: &Path,
        receivers: &launch::Receivers<'_>,
        sides: [Side; 2],
    ) -> Result<Self> {
        let [first, side] = sides;
        let link = Link::start(sides)?;
        let member = launch::Member {
            side,
            peer: first.front,
        };
        let server = launch::alertmanager(programs, folder, free_port()?, receivers, Some(member))?;
        Ok(Self { server, link })
    }
}

impl Stack {
    /// Starts everything and waits until each part has seen the others.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "options are made for one stack"
    )]
    pub fn start(options: StackOptions) -> Result<Self> {
        let programs = options.programs.clone().map_or_else(Programs::find, Ok)?;
        let (dir, temporary) = spawn::folder(options.dir.clone())?;
        let port = |wanted: Option<u16>| wanted.map_or_else(free_port, Ok);
        let prometheus_port = port(options.prometheus_port)?;
        let alertmanager_port = port(options.alertmanager_port)?;
        let token_file = dir.join("webhook-token");
        launch::write_token(&token_file)?;

        let around = host::Surroundings {
            programs: &programs,
            token_file: &token_file,
            alertmanager: alertmanager_port,
            prometheus: prometheus_port,
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
        let receivers = launch::Receivers {
            healers: &healers,
            token_file: &token_file,
            operators: operators.port(),
        };
        let sides = options.is_clustered.then(sides).transpose()?;
        let alertmanager = launch::alertmanager(
            &programs,
            &dir.join("alertmanager"),
            alertmanager_port,
            &receivers,
            sides.map(|[first, second]| launch::Member {
                side: first,
                peer: second.front,
            }),
        )?;
        let second = match sides {
            Some(sides) => Some(SecondAlertmanager::start(
                &programs,
                &dir.join("alertmanager-2"),
                &receivers,
                sides,
            )?),
            None => None,
        };
        for host in &hosts {
            host.exporter().start()?;
            host.healer().start()?;
        }
        let healers = healers.iter().map(|port| format!("localhost:{port}"));
        let around = launch::Surroundings {
            alertmanagers: std::iter::once(alertmanager_port)
                .chain(second.as_ref().map(|second| second.server.port()))
                .collect(),
            exporters: hosts.iter().map(Host::instance).collect(),
            healers: healers.collect(),
        };
        let folder = dir.join("prometheus");
        let prometheus =
            launch::prometheus(&programs, &folder, prometheus_port, &options, &around)?;
        let stack = Self {
            prometheus,
            alertmanager,
            second,
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
        if self.second.is_some() {
            logs.push(self.dir.join("alertmanager-2/log"));
        }
        for host in &self.hosts {
            let files = ["manager.log", "exporter.log", "healer.log"];
            logs.extend(files.map(|file| host.dir().join(file)));
            logs.push(host.action_log());
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
            let wanted = if self.second.is_some() { 2 } else { 1 };
            Ok((found >= wanted).then_some(()))
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

/// The ports of both ends of a link.
fn sides() -> Result<[Side; 2]> {
    let side = || {
        Ok::<_, anyhow::Error>(Side {
            front: free_port()?,
            behind: free_port()?,
        })
    };
    Ok([side()?, side()?])
}
