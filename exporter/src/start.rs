//! From settings to a running host: the one place where its parts are put together.

use std::sync::Arc;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::{Stop, Tasks};
use prunelle_systemd::Systemd;
use tokio::sync::watch;

use crate::filesystem::{self, Prober};
use crate::host::{Host, Units};
use crate::machine::{Container, Kernel, Machine, Portable};
use crate::overview::{OverviewSample, Sampler};
use crate::roots::ReadError;
use crate::settings::{Boundary, Settings};

/// Why the exporter cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The files that say which cgroup this is cannot be read.
    #[error("cannot find the cgroup of this container")]
    Cgroup(#[source] ReadError),
    /// Nothing on this system tells its figures.
    #[error("this operating system is not supported")]
    Unsupported(#[source] sysinfo::Error),
}

/// Starts the sampler and the client of systemd, and returns the host that reads what they publish.
pub fn host(
    settings: &Settings,
    clock: &SharedClock,
    tasks: &Tasks,
    stop: &Stop,
) -> Result<Host, StartError> {
    let machine = machine(settings, clock)?;
    let sampler = Sampler::new(Arc::clone(&machine), Arc::clone(clock), settings.interval);
    let overview_max_age = sampler.max_age();
    let (publish, overview) = watch::channel(Arc::new(OverviewSample::not_yet(clock.now())));
    tasks.spawn_essential("sampler", sampler.run(publish, stop.clone()));
    Ok(Host {
        clock: Arc::clone(clock),
        machine,
        overview,
        overview_max_age,
        filesystems: Prober::new(
            settings.roots.clone(),
            tasks.clone(),
            Box::new(filesystem::ask),
        ),
        units: units(settings, clock, tasks, stop),
        thresholds: settings.thresholds.clone(),
    })
}

fn machine(settings: &Settings, clock: &SharedClock) -> Result<Arc<dyn Machine>, StartError> {
    let roots = settings.roots.clone();
    Ok(match settings.boundary {
        Boundary::Cgroup => Arc::new(Container::new(roots).map_err(StartError::Cgroup)?),
        Boundary::Machine if cfg!(target_os = "linux") => Arc::new(Kernel::new(roots)),
        Boundary::Machine => {
            let portable = Portable::new(Arc::clone(clock));
            Arc::new(portable.map_err(StartError::Unsupported)?)
        }
    })
}

/// Nothing to watch is no connection at all.
fn units(settings: &Settings, clock: &SharedClock, tasks: &Tasks, stop: &Stop) -> Option<Units> {
    if settings.services.is_empty() {
        return None;
    }
    let options = prunelle_systemd::Options {
        watch: settings.services.clone(),
        ..prunelle_systemd::Options::default()
    };
    // Twice the age that a sound table can have: what is older is broken.
    let max_age = options.limits.staleness() * 2;
    let systemd = Systemd::start(options, Arc::clone(clock), tasks, stop.clone());
    Some(Units {
        table: systemd.table(),
        max_age,
    })
}
