//! From settings to a running host: the one place where its parts are put together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::config::ConfigErrors;
use prunelle_foundation::lifecycle::{Lifecycle, Stop, Tasks};
use prunelle_foundation::telemetry::LogControl;
use prunelle_foundation::web_config::{self, Read};
use tokio::sync::watch;

use crate::collector;
use crate::filesystem::{self, Prober};
use crate::host::{Host, Remembered};
use crate::live::{Live, Plan};
use crate::machine::{Container, Kernel, Machine, Portable};
use crate::overview::{OverviewSample, Sampler};
use crate::processes::{self, Demand, Processes};
use crate::reload::{LastReload, Reloader};
use crate::roots::ReadError;
use crate::scrape::Scraper;
use crate::settings::{Boundary, Given, Loaded, Settings};
use crate::textfile;
use crate::web::App;
use units::Watching;

mod units;

/// Why the exporter cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The files that say which cgroup this is cannot be read.
    #[error("cannot find the cgroup of this container")]
    Cgroup(#[source] ReadError),
    /// A path that was given by mistake would read as a host without any figures.
    #[error("`{}` is not where procfs is mounted, it has no `stat`; set `--path.procfs`", .0.display())]
    NoProcfs(PathBuf),
    /// As above.
    #[error("`{}` is not where the host's root is seen, it is no folder; set `--path.rootfs`", .0.display())]
    NoRootfs(PathBuf),
    /// Nothing on this system tells its figures.
    #[error("this operating system is not supported")]
    Unsupported(#[source] sysinfo::Error),
}

/// Reads and checks the web configuration, if there is one.
pub fn web_config(settings: &Settings, clock: &SharedClock) -> Result<Option<Read>, ConfigErrors> {
    let file = settings.web_config_file.as_deref();
    file.map(|file| web_config::read(file, clock)).transpose()
}

/// Starts what runs beside the listener, and returns what the listener serves; from then on settings are reloaded.
pub fn app(
    given: Given,
    loaded: Loaded,
    web_config: Option<Read>,
    log: LogControl,
    clock: &SharedClock,
    lifecycle: &mut Lifecycle,
) -> Result<App, StartError> {
    let (tasks, stop) = (lifecycle.tasks(), lifecycle.stop());
    let web = loaded.settings.web.clone();
    let (live, controls) = start(&loaded.settings, web_config, clock, &tasks, &stop)?;
    let mut reloader = Reloader::new(given, loaded, controls, log);
    Ok(App {
        web,
        live,
        scraper: Scraper::new(tasks),
        started: clock.now(),
        reload: lifecycle.on_reload(move || reloader.reload()),
        stop,
    })
}

/// Starts the sampler and the client of systemd: for those who scrape, and for the one who reloads.
fn start(
    settings: &Settings,
    web_config: Option<Read>,
    clock: &SharedClock,
    tasks: &Tasks,
    stop: &Stop,
) -> Result<(Live, Controls), StartError> {
    let roots = &settings.roots;
    if !roots.rootfs.is_dir() {
        return Err(StartError::NoRootfs(roots.rootfs.clone()));
    }
    let machine = machine(settings, clock)?;
    let sampler = Sampler::new(Arc::clone(&machine), Arc::clone(clock), settings.interval);
    let (publish, overview) = watch::channel(Arc::new(OverviewSample::not_yet(clock.now())));
    let (interval, new_interval) = watch::channel(sampling(settings));
    tasks.spawn_essential("sampler", sampler.run(publish, new_interval, stop.clone()));
    let (last_reload, reload) = watch::channel(LastReload {
        is_successful: true,
        succeeded_at: clock.now().wall,
    });
    let mut watching = Watching {
        clock: Arc::clone(clock),
        tasks: tasks.clone(),
        stop: stop.clone(),
        rootfs: roots.rootfs.clone(),
        client: None,
        has_told: false,
    };
    let (units, inventory) = watching.follow(settings);
    let sampler = processes::Sampler::new(
        roots.clone(),
        Arc::clone(&machine),
        Arc::clone(clock),
        demand(settings),
    );
    let (processes, demand) = sampler.start(tasks, stop);
    let host = Host {
        clock: Arc::clone(clock),
        roots: roots.clone(),
        options: settings.options.clone(),
        machine,
        overview,
        overview_max_age: Sampler::max_age(settings.interval),
        processes,
        filesystems: Arc::new(Prober::new(
            settings.roots.clone(),
            tasks.clone(),
            Box::new(filesystem::ask),
        )),
        textfiles: Arc::new(textfile::Reader::new(&settings.collectors)),
        units,
        inventory,
        web_config: web_config.map(|read| read.start(tasks.clone(), &[])),
        thresholds: settings.thresholds.clone(),
        reload,
        remembered: Arc::new(Remembered::default()),
    };
    let live = Live::new(Plan::new(
        host,
        settings.collectors.clone(),
        settings.max_requests,
    ));
    let controls = Controls {
        live: live.clone(),
        interval,
        demand,
        watching,
        last_reload,
    };
    Ok((live, controls))
}

/// What a reload changes.
#[derive(Debug)]
pub struct Controls {
    live: Live,
    interval: watch::Sender<Option<Duration>>,
    demand: watch::Sender<Demand>,
    watching: Watching,
    last_reload: watch::Sender<LastReload>,
}

impl Controls {
    /// Puts the settings in force, but for those that need a restart; cannot fail.
    pub fn apply(&mut self, settings: &Settings) {
        let old = self.live.plan();
        self.last_reload.send_replace(LastReload {
            is_successful: true,
            succeeded_at: old.host.clock.now().wall,
        });
        let sampling = sampling(settings);
        self.interval.send_if_modified(|interval| {
            let is_new = *interval != sampling;
            *interval = sampling;
            is_new
        });
        let demand = demand(settings);
        self.demand.send_if_modified(|it| {
            let is_new = *it != demand;
            *it = demand;
            is_new
        });
        let (units, inventory) = self.watching.follow(settings);
        let host = Host {
            processes: Processes {
                max_age: demand.max_age(),
                ..old.host.processes.clone()
            },
            options: settings.options.clone(),
            overview_max_age: Sampler::max_age(settings.interval),
            units,
            inventory,
            thresholds: settings.thresholds.clone(),
            // It knows which families are the collectors' own.
            textfiles: Arc::new(textfile::Reader::new(&settings.collectors)),
            ..Host::clone(&old.host)
        };
        self.live.replace(Plan::new(
            host,
            settings.collectors.clone(),
            settings.max_requests,
        ));
    }

    /// The old settings stay in force.
    pub fn note_failure(&self) {
        self.last_reload.send_modify(|it| it.is_successful = false);
    }
}

/// Over how long the overview's sampler measures; none when no collector tells its figures.
fn sampling(settings: &Settings) -> Option<Duration> {
    collector::is_any_on(&settings.collectors, &collector::OF_OVERVIEW).then_some(settings.interval)
}

/// What the sampler of processes is asked for.
fn demand(settings: &Settings) -> Demand {
    let is_on = |name| collector::is_any_on(&settings.collectors, &[name]);
    Demand {
        interval: settings.interval,
        count: if is_on(collector::PROCESS_GROUPS) {
            settings.options.process_groups
        } else {
            0
        },
        counts_open_files: !settings.services.is_empty() && is_on(collector::SERVICE_RESOURCES),
    }
}

fn machine(settings: &Settings, clock: &SharedClock) -> Result<Arc<dyn Machine>, StartError> {
    let roots = settings.roots.clone();
    if !cfg!(target_os = "linux") {
        let portable = Portable::new(Arc::clone(clock)).map_err(StartError::Unsupported)?;
        return Ok(Arc::new(portable));
    }
    if !roots.procfs.join("stat").exists() {
        return Err(StartError::NoProcfs(roots.procfs));
    }
    Ok(match settings.boundary {
        Boundary::Machine => Arc::new(Kernel::new(roots)),
        Boundary::Cgroup => {
            let container = Container::new(roots).map_err(StartError::Cgroup)?;
            let limits = container.limits().map_err(StartError::Cgroup)?;
            // Whoever asked for the container's limits should hear when there are none.
            tracing::info!(cores = ?limits.cores, memory_bytes = ?limits.memory, "limits of this container");
            Arc::new(container)
        }
    })
}
