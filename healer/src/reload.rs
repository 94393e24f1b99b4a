//! Reloading the policy: all or nothing, by SIGHUP or `POST /-/reload`.
//!
//! The file is read and everything in it checked first; what is wrong keeps the old policy in force, and is told in the
//! log, in the answer, in metrics and in `status`. Nothing that is done after that can fail. The engine finishes what is
//! under way under the policy it was begun with, and judges every alert anew. Made by `run`.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::config::{ConfigError, ConfigErrors};
use prunelle_foundation::lifecycle::ReloadAnswer;
use prunelle_systemd::{InvalidWatchItem, Systemd, WatchList};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::intake::auth::Tokens;
use crate::metrics::Metrics;
use crate::policy::Policy;
use crate::policy::load::{self, Checked};
use crate::settings::{Mail, Settings};

/// The policy in force, and what came of the last reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyStatus {
    /// The file.
    pub file: String,
    /// Identifies the text in force: the first twelve digits of its SHA-256.
    pub revision: String,
    /// When it was put in force.
    pub since: Timestamp,
    /// Why the file as it is now is not in force; none when it is.
    pub refused: Option<String>,
}

/// What a reload touches.
#[derive(Debug)]
pub struct Reloader {
    file: PathBuf,
    /// Whether it makes the receiver `environment`.
    mail: Mail,
    /// Services to watch whatever the policy says.
    monitored_services: Vec<String>,
    policies: watch::Sender<Arc<Policy>>,
    /// Counts the reloads that succeeded, for what follows files beside the policy.
    reloads: watch::Sender<u64>,
    status: watch::Sender<PolicyStatus>,
    /// Its list of watched units follows the policy.
    systemd: Systemd,
    tokens: Arc<Tokens>,
    metrics: Metrics,
    clock: SharedClock,
}

/// Why a reload left everything as it was.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Policy(#[from] ConfigErrors),
    #[error("the services to watch are not understood")]
    Watch(#[from] InvalidWatchItem),
}

impl Reloader {
    /// Reloads the policy that `policies` holds, for all who follow it; also tells how the last reload went.
    pub fn new(
        settings: &Settings,
        policies: watch::Sender<Arc<Policy>>,
        systemd: &Systemd,
        tokens: &Arc<Tokens>,
        metrics: &Metrics,
        clock: &SharedClock,
    ) -> (Self, watch::Receiver<PolicyStatus>) {
        let now = clock.now().wall;
        let revision = policies.borrow().short_revision().to_owned();
        metrics.policy_in_force(&revision, now);
        let (status, shown) = watch::channel(PolicyStatus {
            file: settings.policy_file.display().to_string(),
            revision,
            since: now,
            refused: None,
        });
        let reloader = Self {
            file: settings.policy_file.clone(),
            mail: settings.mail.clone(),
            monitored_services: settings.monitored_services.clone(),
            policies,
            reloads: watch::Sender::new(0),
            status,
            systemd: systemd.clone(),
            tokens: Arc::clone(tokens),
            metrics: metrics.clone(),
            clock: Arc::clone(clock),
        };
        (reloader, shown)
    }

    /// Changes with every reload that succeeds, also when the policy is the same: files that it names may not be.
    pub fn reloads(&self) -> watch::Receiver<u64> {
        self.reloads.subscribe()
    }

    /// Reads the policy again and puts it in force, or tells why not.
    pub fn reload(&mut self) -> ReloadAnswer {
        self.tokens.read_again();
        match self.read() {
            Ok((checked, watch)) => {
                let answer = self.put_in_force(checked, watch);
                self.reloads
                    .send_modify(|count| *count = count.wrapping_add(1));
                Ok(answer)
            }
            Err(refused) => {
                let text = refused.to_string();
                tell_refusal(&refused);
                self.metrics.policy_refused();
                self.status
                    .send_modify(|status| status.refused = Some(text.clone()));
                Err(text)
            }
        }
    }

    fn read(&self) -> Result<(Checked, WatchList), Refused> {
        let checked = load::read_beside(&self.file, &self.mail)?;
        let watch = watch_list(&self.monitored_services, &checked.policy)?;
        Ok((checked, watch))
    }

    fn put_in_force(&self, checked: Checked, watch: WatchList) -> String {
        let before = self.status.borrow().revision.clone();
        let Checked { policy, warnings } = checked;
        tell_warnings(&warnings);
        let now = self.clock.now().wall;
        let revision = policy.short_revision().to_owned();
        let rules = policy.rules.len();
        self.metrics.policy_in_force(&revision, now);
        let is_same = revision == before;
        self.status.send_modify(|status| {
            status.refused = None;
            if !is_same {
                status.revision.clone_from(&revision);
                status.since = now;
            }
        });
        if is_same {
            tracing::info!(revision, "reloaded, the policy has not changed");
            return format!("the policy has not changed, revision {revision}");
        }
        // The units first: the engine asks for the state of the new ones at once.
        self.systemd.set_watch(watch);
        self.policies.send_replace(Arc::new(policy));
        tracing::info!(
            revision,
            before,
            rules,
            "reloaded, another policy is in force"
        );
        format!("revision {revision} is in force, {before} before; rules: {rules}")
    }
}

/// One line for each error, so that whoever collects the log has its place in fields.
fn tell_refusal(refused: &Refused) {
    let Refused::Policy(errors) = refused else {
        tracing::error!(error = %refused, "cannot reload: the old policy stays in force");
        return;
    };
    for error in errors.iter() {
        tracing::error!(
            file = %error.file.display(),
            line = error.line,
            column = error.column,
            error = error.message,
            hint = error.hint.as_deref().unwrap_or_default(),
            "cannot reload: the old policy stays in force"
        );
    }
}

/// Says what is probably not meant.
pub fn tell_warnings(warnings: &[ConfigError]) {
    for warning in warnings {
        tracing::warn!(
            file = %warning.file.display(),
            line = warning.line,
            column = warning.column,
            warning = warning.message,
            hint = warning.hint.as_deref().unwrap_or_default(),
            "the policy is in force, and probably not as it is meant"
        );
    }
}

/// The services that the settings name, those that the policy names one by one, and the groups' members.
pub fn watch_list(
    monitored_services: &[String],
    policy: &Policy,
) -> Result<WatchList, InvalidWatchItem> {
    let members = policy
        .groups
        .iter()
        .flat_map(|group| &group.units)
        .map(|glob| glob.glob().glob());
    let services = monitored_services.iter().map(String::as_str);
    WatchList::parse(services.chain(policy.units_by_name()).chain(members))
}

#[cfg(test)]
mod tests;
