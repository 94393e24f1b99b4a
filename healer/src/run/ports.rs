//! What the engine asks and does things with: this host, the service manager, Prometheus, Alertmanager, every remedy and check.
//!
//! The one list of the remedies at hand. `run` makes it for the daemon, `explain` offline for a machine where none runs.

use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Lifecycle;
use prunelle_systemd::Systemd;
use tokio::sync::watch;

use super::{Common, start_systemd};
use crate::boundary::Boundary;
use crate::intake::reconcile::{ActiveAlerts, ReconcileRequests};
use crate::journal::Journal;
use crate::leases::LocalLeases;
use crate::metrics::Metrics;
use crate::policy::{Policy, RemedyKind};
use crate::prometheus::Prometheus;
use crate::reload;
use crate::remediation::alarm::{Alarm, TokioAlarm};
use crate::remediation::ids::UuidV7;
use crate::remediation::steps::{HostSwitches, Ports, Roots, UnitLog};
use crate::remedy::Remedies;
use crate::remedy::clean_folder::CleanFolderRemedy;
use crate::remedy::end_process::EndProcess;
use crate::remedy::of_host::OfHost;
use crate::service_manager::ServiceManager;
use crate::settings::Settings;
use crate::verify::Checks;

/// What `explain` works with when no daemon runs: this machine as it is, and a past in which nothing happened. Waits a
/// while for systemd; what it has not told by then is unknown.
pub(crate) async fn offline(
    settings: &Settings,
    policy: &Policy,
    clock: &SharedClock,
    lifecycle: &Lifecycle,
    patience: Duration,
) -> anyhow::Result<Ports> {
    let (tasks, stop) = (lifecycle.tasks(), lifecycle.stop());
    let watch = reload::watch_list(&settings.monitored_services, policy)?;
    let systemd = start_systemd(watch, clock, &tasks, &stop);
    let mut table = ServiceManager::table(&systemd);
    let synchronised = table.wait_for(|table| table.sync == prunelle_systemd::Sync::Synchronised);
    // In vain: then guards that need it say so.
    let _ = tokio::time::timeout(patience, synchronised).await;
    let asked = asked(settings, ActiveAlerts::new(&settings.alertmanager_url)?)?;
    let common = Common {
        clock: Arc::clone(clock),
        tasks,
        metrics: Metrics::unregistered(),
        policies: watch::Sender::new(Arc::new(policy.clone())).subscribe(),
        journal: Journal::closed(Arc::clone(clock)),
    };
    let requests = ReconcileRequests::default();
    Ok(ports(
        &common,
        systemd,
        &requests,
        switches(settings),
        asked,
    ))
}

/// What this host and these settings have switched; a crash loop is known by the journal.
pub(super) fn switches(settings: &Settings) -> HostSwitches {
    HostSwitches {
        is_auto_healing_disabled: settings.auto_healing_enabled == Some(false),
        is_crash_looping: false,
        pause_file: settings.pause_file(),
    }
}

/// What checks ask, as the settings say.
pub(super) struct Asked {
    pub(super) prometheus: Prometheus,
    pub(super) alertmanager: ActiveAlerts,
    pub(super) boundary: Boundary,
}

/// Whom the checks ask.
pub(super) fn asked(settings: &Settings, alertmanager: ActiveAlerts) -> anyhow::Result<Asked> {
    Ok(Asked {
        prometheus: Prometheus::new(&settings.prometheus_url)?,
        alertmanager,
        boundary: settings.host_boundary,
    })
}

pub(super) fn ports(
    common: &Common,
    systemd: Systemd,
    reconciler: &ReconcileRequests,
    switches: HostSwitches,
    asked: Asked,
) -> Ports {
    let Common {
        clock,
        tasks,
        metrics,
        policies: _,
        journal,
    } = common;
    let alarm: Arc<dyn Alarm> = Arc::new(TokioAlarm);
    let manager: Arc<dyn ServiceManager> = Arc::new(systemd);
    let roots = Roots {
        boundary: asked.boundary,
        ..Roots::default()
    };
    let of_host = OfHost {
        manager: Arc::clone(&manager),
        alarm: Arc::clone(&alarm),
        clock: Arc::clone(clock),
        tasks: tasks.clone(),
        journal: journal.clone(),
        roots: roots.clone(),
        // The same program, even when another version has been installed meanwhile.
        program: "/proc/self/exe".into(),
    };
    Ports {
        clock: Arc::clone(clock),
        alarm: Arc::clone(&alarm),
        ids: Arc::new(UuidV7),
        leases: Arc::new(LocalLeases::new(Arc::clone(clock))),
        journal: journal.clone(),
        manager: Arc::clone(&manager),
        remedies: of_host
            .add_to(Remedies::of_units(&manager, &alarm))
            .with(
                RemedyKind::CleanFolder,
                CleanFolderRemedy::new(tasks.clone(), Arc::clone(clock)),
            )
            .with(
                RemedyKind::EndProcess,
                EndProcess::new(
                    tasks.clone(),
                    Arc::clone(clock),
                    Arc::clone(&alarm),
                    roots.clone(),
                ),
            ),
        checks: Checks {
            manager,
            clock: Arc::clone(clock),
            alarm,
            tasks: tasks.clone(),
            prometheus: asked.prometheus,
            alertmanager: asked.alertmanager,
            roots: roots.clone(),
        },
        metrics: metrics.clone(),
        reconciler: reconciler.clone(),
        switches,
        roots,
        unit_log: UnitLog::of_systemd(tasks.clone()),
    }
}
