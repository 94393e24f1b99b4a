//! From settings to a running host: the one place where its parts are put together.

use std::path::PathBuf;
use std::sync::Arc;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::config::ConfigErrors;
use prunelle_foundation::lifecycle::{Stop, Tasks};
use prunelle_foundation::web_config::{self, Read};
use prunelle_systemd::Systemd;
use tokio::sync::watch;

use crate::collector::OF_INVENTORY;
use crate::filesystem::{self, Prober};
use crate::host::{Host, Remembered, Units};
use crate::machine::{Container, Kernel, Machine, Portable};
use crate::overview::{OverviewSample, Sampler};
use crate::roots::ReadError;
use crate::settings::{Boundary, Settings};
use crate::textfile;

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

/// Starts the sampler and the client of systemd, and returns the host that reads what they publish.
pub fn host(
    settings: &Settings,
    web_config: Option<Read>,
    clock: &SharedClock,
    tasks: &Tasks,
    stop: &Stop,
) -> Result<Host, StartError> {
    let roots = &settings.roots;
    if !roots.rootfs.is_dir() {
        return Err(StartError::NoRootfs(roots.rootfs.clone()));
    }
    let machine = machine(settings, clock)?;
    let sampler = Sampler::new(Arc::clone(&machine), Arc::clone(clock), settings.interval);
    let overview_max_age = sampler.max_age();
    let (publish, overview) = watch::channel(Arc::new(OverviewSample::not_yet(clock.now())));
    tasks.spawn_essential("sampler", sampler.run(publish, stop.clone()));
    let (units, inventory) = units(settings, clock, tasks, stop);
    Ok(Host {
        clock: Arc::clone(clock),
        roots: roots.clone(),
        options: settings.options.clone(),
        machine,
        overview,
        overview_max_age,
        filesystems: Prober::new(
            settings.roots.clone(),
            tasks.clone(),
            Box::new(filesystem::ask),
        ),
        textfiles: textfile::Reader::new(&settings.web.collectors),
        units,
        inventory,
        web_config: web_config.map(|read| read.start(tasks.clone(), &[])),
        thresholds: settings.thresholds.clone(),
        remembered: Remembered::default(),
    })
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

/// The watched units, and the inventory: one table. There is no connection at all when nobody wants either, or when
/// the inventory is all that is wanted and systemd did not start this machine: that is said once.
fn units(
    settings: &Settings,
    clock: &SharedClock,
    tasks: &Tasks,
    stop: &Stop,
) -> (Option<Units>, Option<Units>) {
    let is_watching = !settings.services.is_empty();
    let collectors = &settings.web.collectors;
    let wants_inventory = collectors.iter().any(|it| OF_INVENTORY.contains(&it.name));
    // What `sd_booted` looks at.
    let is_booted = || settings.roots.rootfs.join("run/systemd/system").is_dir();
    if !is_watching && wants_inventory && !is_booted() {
        tracing::info!(
            "this machine was not started by systemd, so there is nothing to tell of its units"
        );
        return (None, None);
    }
    if !is_watching && !wants_inventory {
        return (None, None);
    }
    let options = prunelle_systemd::Options {
        watch: settings.services.clone(),
        inventory: wants_inventory,
        ..prunelle_systemd::Options::default()
    };
    // Twice the age that a sound table can have: what is older is broken.
    let max_age = options.limits.staleness() * 2;
    let systemd = Systemd::start(options, Arc::clone(clock), tasks, stop.clone());
    let units = || Units {
        table: systemd.table(),
        max_age,
    };
    (is_watching.then(units), wants_inventory.then(units))
}
