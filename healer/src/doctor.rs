//! `doctor`: looks at everything that the healer needs to do its work, and says for each fault what mends it.
//!
//! Nothing is changed: no alert is posted, no remedy run, no file left behind. Each topic is one file and one line in
//! [`examine`]. The daemon examines itself when it runs, because its user, its environment and the limits of its unit
//! are what counts; else the command examines what the daemon would find.

mod alertmanager;
mod clock;
mod http;
mod mail;
mod policy;
mod port;
mod prometheus;
mod receivers;
mod rights;
mod storage;
mod systemd;
mod token;

use std::path::PathBuf;
use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use prunelle_foundation::clock::SharedClock;
use prunelle_systemd::Systemd;
use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::causes::with_causes;
use crate::http_client;
use crate::policy::Policy;
use crate::settings::Settings;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// In order.
    Good,
    /// In order, and worth knowing.
    Note,
    /// Something will not work as it could.
    Warning,
    /// The healer cannot do its work.
    Failure,
}

impl Level {
    /// The word before a finding.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Failure => "FAILURE",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about, in one word.
    pub topic: String,
    /// How much it matters.
    pub level: Level,
    /// What was found, in one sentence.
    pub message: String,
    /// What mends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
}

/// What is examined, and from where.
#[derive(Clone, Debug)]
pub struct Patient {
    /// The settings.
    pub settings: Settings,
    /// systemd, if a connection could be begun.
    pub systemd: Systemd,
    /// The present.
    pub clock: SharedClock,
    /// The daemon examines itself: the port and the journal are its own.
    pub is_daemon: bool,
    /// `/proc`; another one in tests.
    pub proc: PathBuf,
}

/// How long a peer may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// Looks at everything; in the order in which a person would mend it.
pub async fn examine(patient: &Patient) -> Vec<Finding> {
    let mut report = Report::default();
    let policy = policy::examine(&mut report, patient);
    token::examine(&mut report, patient);
    storage::examine(&mut report, patient);
    port::examine(&mut report, patient);
    systemd::examine(&mut report, patient, policy.as_ref()).await;
    if let Some(policy) = &policy {
        rights::examine(&mut report, patient, policy).await;
        receivers::examine(&mut report, policy);
    }
    let (alertmanager, prometheus, mail) = tokio::join!(
        alertmanager::examine(patient),
        prometheus::examine(patient, policy.as_ref()),
        mail::examine(&patient.settings.mail, policy.as_ref()),
    );
    let dates = [alertmanager.date, prometheus.date];
    report.0.extend(alertmanager.report.0);
    report.0.extend(prometheus.report.0);
    clock::examine(&mut report, patient, policy.as_ref(), &dates);
    report.0.extend(mail.0);
    report.0
}

/// The route by which the daemon is asked to examine itself.
pub fn router(patient: Patient) -> Router {
    Router::new()
        .route("/v1/doctor", post(examine_myself))
        .with_state(patient)
}

async fn examine_myself(State(patient): State<Patient>) -> Json<Vec<Finding>> {
    Json(examine(&patient).await)
}

/// The findings so far.
#[derive(Clone, Debug, Default)]
struct Report(Vec<Finding>);

impl Report {
    fn good(&mut self, topic: &str, message: impl Into<String>) {
        self.add(topic, Level::Good, message, None);
    }

    fn note(&mut self, topic: &str, message: impl Into<String>) {
        self.add(topic, Level::Note, message, None);
    }

    fn warning(&mut self, topic: &str, message: impl Into<String>, cure: impl Into<String>) {
        self.add(topic, Level::Warning, message, Some(cure.into()));
    }

    fn failure(&mut self, topic: &str, message: impl Into<String>, cure: impl Into<String>) {
        self.add(topic, Level::Failure, message, Some(cure.into()));
    }

    fn add(&mut self, topic: &str, level: Level, message: impl Into<String>, cure: Option<String>) {
        self.0.push(Finding {
            topic: topic.to_owned(),
            level,
            message: message.into(),
            cure,
        });
    }
}

/// What a peer on the network showed of itself.
#[derive(Debug, Default)]
struct Peer {
    report: Report,
    /// Its clock, when it told the time.
    date: Option<(&'static str, jiff::Timestamp)>,
}

impl Peer {
    /// Asks `base` for what a peer of that name always answers: the answer, and the client for more questions. None when
    /// it cannot be reached, which is reported.
    async fn reach(
        &mut self,
        topic: &str,
        name: &'static str,
        base: &Url,
        segments: &[&str],
        cure: &str,
    ) -> Option<(reqwest::Client, http::Answer)> {
        let reached = async {
            let client = http_client::client(base).map_err(|error| with_causes(&error))?;
            let answer = http::get(&client, http::address(base, segments, &[]))
                .await
                .map_err(|error| {
                    format!("{} cannot be reached: {}", shown(base), with_causes(&error))
                })?;
            Ok::<_, String>((client, answer))
        };
        match reached.await {
            Ok((client, answer)) => {
                self.date = answer.date.map(|date| (name, date));
                Some((client, answer))
            }
            Err(message) => {
                self.report.failure(topic, message, cure);
                None
            }
        }
    }
}

/// An address without its credentials, for people.
fn shown(base: &Url) -> String {
    http_client::shown(base).trim_end_matches('/').to_owned()
}

/// The label and values that name this host, as a PromQL selector.
fn host_selector(policy: &Policy) -> Option<String> {
    policy.host.matcher().map(|matcher| matcher.to_string())
}

#[cfg(test)]
mod tests;
