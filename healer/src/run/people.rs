//! What people ask of the daemon that needs nothing of the engine: the status page, an examination, reports, trying a receiver.

use std::sync::Arc;

use axum::Router;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Tasks;
use prunelle_systemd::Systemd;
use tokio::sync::watch;

use super::hostname;
use crate::doctor::Patient;
use crate::journal::Journal;
use crate::notify::channels::Makings;
use crate::notify::mail::MailMakings;
use crate::notify::trying;
use crate::policy::Policy;
use crate::report::Reporter;
use crate::settings::Settings;
use crate::status_page::StatusPage;
use crate::{doctor, report, view};

pub(super) fn status_page(settings: &Settings, view: view::ViewReceiver) -> StatusPage {
    StatusPage {
        view,
        hostname: hostname(),
        grafana_url: settings.grafana_url.as_ref().map(ToString::to_string),
    }
}

/// What people ask of the daemon that needs nothing of the engine.
pub(super) fn asked_by_people(
    settings: &Settings,
    systemd: &Systemd,
    clock: &SharedClock,
    tasks: &Tasks,
    policies: &watch::Receiver<Arc<Policy>>,
    journal: &Journal,
) -> Router {
    let makings = Makings {
        clock: Arc::clone(clock),
        tasks: tasks.clone(),
        mail: MailMakings::new(settings.mail.clone(), hostname()),
    };
    doctor::router(patient(settings, systemd, clock))
        .merge(trying::router(policies.clone(), makings))
        .merge(report::router(reporter(journal, clock)))
}

pub(super) fn reporter(journal: &Journal, clock: &SharedClock) -> Reporter {
    Reporter {
        journal: journal.clone(),
        clock: Arc::clone(clock),
        host: hostname(),
    }
}

/// This daemon, as `doctor` examines it.
fn patient(settings: &Settings, systemd: &Systemd, clock: &SharedClock) -> Patient {
    Patient {
        settings: settings.clone(),
        systemd: systemd.clone(),
        clock: Arc::clone(clock),
        is_daemon: true,
        proc: "/proc".into(),
    }
}
