//! The set of active alerts, read from Alertmanager's API: the truth that webhooks only announce.
//!
//! Read at start, at an interval, and whenever the engine asks. An answer counts only when it is whole: a set that is
//! cut short would make alerts look resolved. Alertmanager's address comes from the settings; redirects are not
//! followed, every read is bounded in time and size. `run` spawns [`Reconciler::run`]; the engine gets the sets.

use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Stop;
use reqwest::header::ACCEPT;
use reqwest::{StatusCode, Url};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::limits::Limits;
use super::wire::{self, Listed, Unreadable};
use crate::alert::Alert;
use crate::causes::with_causes;
use crate::http_client::{self, BodyError};
use crate::metrics::Metrics;
use crate::policy::{HostSelector, Matcher, MatcherTest, Policy};
use crate::work::{ActiveSet, Muted};

mod requests;

use requests::Pace;
pub use requests::ReconcileRequests;

const TIME_LIMIT: Duration = Duration::from_secs(5);
/// After a failure the next attempt comes this soon, then ever later up to the interval.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// Labels that are asked for, at most, so that the question fits every server.
const FILTER_BYTES: usize = 2 << 10;

/// Why the active alerts could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// No client could be made.
    #[error("cannot set up the client for Alertmanager")]
    Client(#[source] reqwest::Error),
    /// It could not be reached, or not in time.
    #[error("cannot read the active alerts from {url}")]
    Request {
        /// What was asked, without credentials.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// It answered something other than 200.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked.
        url: String,
        /// Its answer.
        status: StatusCode,
    },
    /// The answer did not end in time.
    #[error("{url} did not answer within {limit:?}")]
    TimedOut {
        /// What was asked.
        url: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The answer is over the limits.
    #[error("the answer of {url} is too large")]
    TooLarge {
        /// What was asked.
        url: String,
    },
    /// The answer is no list of alerts.
    #[error("{url} answered something else than a list of alerts: {problem}")]
    Unreadable {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A client for Alertmanager's list of active alerts.
#[derive(Clone, Debug)]
pub struct ActiveAlerts {
    client: reqwest::Client,
    url: Url,
    shown_url: String,
    limits: Limits,
    time_limit: Duration,
}

impl ActiveAlerts {
    /// For the Alertmanager at `base`, which may have a path.
    pub fn new(base: &Url) -> Result<Self, ReconcileError> {
        let client = http_client::client(base).map_err(ReconcileError::Client)?;
        let mut url = base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v2", "alerts"]);
        }
        url.set_query(Some("active=true&silenced=true&inhibited=true"));
        Ok(Self {
            client,
            shown_url: http_client::shown(&url),
            url,
            limits: Limits::default(),
            time_limit: TIME_LIMIT,
        })
    }

    /// With another limit on the whole request.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// With other limits on the answer.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// All alerts about the host that fire, and which of them are silenced, inhibited or muted.
    pub async fn fetch(&self, host: &HostSelector) -> Result<(Vec<Alert>, Muted), ReconcileError> {
        let mut question = self.url.clone();
        // Many hosts may share one Alertmanager: it need not send what is not ours. Whose an alert is, is judged here.
        if let Some(matcher) = host.matcher() {
            question
                .query_pairs_mut()
                .append_pair("filter", &matcher.to_string());
        }
        let mut listed = self.ask(question).await?;
        listed.alerts.retain(|alert| host.selects(&alert.labels));
        Ok((listed.alerts, listed.muted))
    }

    /// Whether Alertmanager still has that alert: one that is silenced or inhibited is not over.
    pub async fn has(&self, alert: &Alert) -> Result<bool, ReconcileError> {
        let mut question = self.url.clone();
        question.set_query(Some("active=true&silenced=true&inhibited=true"));
        let mut length = 0;
        for (name, value) in alert.labels.iter() {
            length += name.len() + value.len();
            if length > FILTER_BYTES {
                break;
            }
            let matcher = Matcher {
                name: name.to_owned(),
                test: MatcherTest::Equal(value.to_owned()),
            };
            question
                .query_pairs_mut()
                .append_pair("filter", &matcher.to_string());
        }
        let listed = self.ask(question).await?;
        Ok(listed
            .alerts
            .iter()
            .any(|listed| listed.episode.fingerprint == alert.episode.fingerprint))
    }

    async fn ask(&self, question: Url) -> Result<Listed, ReconcileError> {
        timeout(self.time_limit, self.ask_whole(question))
            .await
            .unwrap_or_else(|_| {
                Err(ReconcileError::TimedOut {
                    url: self.shown_url.clone(),
                    limit: self.time_limit,
                })
            })
    }

    async fn ask_whole(&self, question: Url) -> Result<Listed, ReconcileError> {
        let url = || self.shown_url.clone();
        let request_error = |error: reqwest::Error| ReconcileError::Request {
            url: url(),
            source: error.without_url(),
        };
        let response = self
            .client
            .get(question)
            .header(ACCEPT, "application/json")
            .send()
            .await
            .map_err(request_error)?;
        if response.status() != StatusCode::OK {
            return Err(ReconcileError::Status {
                url: url(),
                status: response.status(),
            });
        }
        let body = http_client::body(response, self.limits.body_bytes)
            .await
            .map_err(|error| match error {
                BodyError::Broken(error) => request_error(error),
                BodyError::TooLarge => ReconcileError::TooLarge { url: url() },
            })?;
        match wire::active_alerts(&body, &self.limits) {
            Ok(listed) => {
                if let Some(first) = listed.invalid.first() {
                    tracing::warn!(
                        count = listed.invalid.len(),
                        alert = first.name,
                        problem = first.problem,
                        "active alerts over the limits are left out"
                    );
                }
                Ok(listed)
            }
            Err(Unreadable::TooLarge) => Err(ReconcileError::TooLarge { url: url() }),
            Err(Unreadable::Malformed(problem)) => Err(ReconcileError::Unreadable {
                url: url(),
                problem,
            }),
        }
    }
}

/// The task that keeps the engine's picture true.
#[derive(Debug)]
pub struct Reconciler {
    /// Where sets are read.
    pub active: ActiveAlerts,
    /// How long after one reading the next comes.
    pub interval: Duration,
    /// Asks for a reading before that.
    pub requests: ReconcileRequests,
    /// Whose alerts are ours.
    pub policy: watch::Receiver<Arc<Policy>>,
    /// When questions are sent.
    pub clock: SharedClock,
    /// What is counted.
    pub metrics: Metrics,
    /// Where sets go.
    pub sets: mpsc::Sender<ActiveSet>,
}

impl Reconciler {
    /// Reads at once, then again and again until `stop`; ends also when nobody takes the sets any more.
    pub async fn run(self, stop: Stop) {
        let mut retry: Option<Duration> = None;
        let mut pace = Pace::new(self.requests.clone());
        loop {
            let policy = Arc::clone(&self.policy.borrow());
            let reading = async {
                let asked = self.clock.now();
                (asked, self.active.fetch(&policy.host).await)
            };
            let (asked, answer) = tokio::select! {
                () = stop.stopped() => return,
                reading = reading => reading,
            };
            self.metrics.reconciliation(answer.is_ok());
            let wait = match answer {
                Ok((mut alerts, muted)) => {
                    alerts.retain(|alert| !policy.is_heartbeat(&alert.labels));
                    if retry.take().is_some() {
                        tracing::info!("the active alerts can be read again");
                    }
                    tokio::select! {
                        () = stop.stopped() => return,
                        sent = self.sets.send(ActiveSet { asked, alerts, muted }) => if sent.is_err() {
                            return;
                        },
                    }
                    self.interval
                }
                Err(error) => {
                    if retry.is_none() {
                        tracing::warn!(error = with_causes(&error), "cannot reconcile");
                    }
                    let wait = retry
                        .map_or(FIRST_RETRY, |last| last * 2)
                        .min(self.interval);
                    retry = Some(wait);
                    wait
                }
            };
            tokio::select! {
                () = stop.stopped() => return,
                () = pace.next(wait) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
