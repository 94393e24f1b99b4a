//! What can be wrong with the settings, found before anything is touched.

use std::sync::Arc;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::{listener, web_config};
use prunelle_systemd::watch_list::WatchList;
use tokio::net::UnixListener;

use super::ports::{Asked, asked};
use crate::intake::auth::Tokens;
use crate::intake::reconcile::ActiveAlerts;
use crate::notify::files;
use crate::policy::load::Checked;
use crate::policy::{Policy, load};
use crate::settings::{Mail, Settings};
use crate::{control, reload};

/// What can be wrong with the settings, found before anything is touched.
pub(super) struct Prepared {
    pub(super) policy: Arc<Policy>,
    pub(super) web_config: Option<web_config::Read>,
    pub(super) tokens: Tokens,
    pub(super) watch_list: WatchList,
    pub(super) active_alerts: ActiveAlerts,
    pub(super) asked: Asked,
    pub(super) web: std::net::TcpListener,
    pub(super) control: UnixListener,
}

impl Prepared {
    /// Reads what settings name, binds what is to be listened on, and tells what is doubtful.
    pub(super) fn read(settings: &Settings, clock: &SharedClock) -> anyhow::Result<Self> {
        let Checked { policy, warnings } =
            load::read_beside(&settings.policy_file, &settings.mail)?;
        reload::tell_warnings(&warnings);
        warn_of_mail(&settings.mail);
        let policy = Arc::new(policy);
        let web_config = settings.web_config_file.as_deref();
        let active_alerts = ActiveAlerts::new(&settings.alertmanager_url)?;
        Ok(Self {
            web_config: web_config
                .map(|file| web_config::read(file, clock))
                .transpose()?,
            tokens: Tokens::read(&settings.token_files)?,
            watch_list: reload::watch_list(&settings.monitored_services, &policy)?,
            asked: asked(settings, active_alerts.clone())?,
            active_alerts,
            web: listener::bind(&settings.listen_address)?,
            // Last: it also finds out whether another daemon runs.
            control: control::bind(&settings.socket())?,
            policy,
        })
    }
}

/// Mail that is wanted and will not go is told once.
fn warn_of_mail(mail: &Mail) {
    if let Some(warning) = mail.warning() {
        tracing::warn!("{warning}; set them in /etc/prunelle/prunelle.env");
    }
    if let Mail::Ready(server) = mail {
        for problem in files::examine_mail(server) {
            tracing::warn!(cure = problem.cure, "mail: {}", problem.message);
        }
    }
}
