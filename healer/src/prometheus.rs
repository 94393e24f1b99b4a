//! A small client of Prometheus' HTTP API: instant queries, ranges, the interval of its rules, which version it is.
//!
//! Every question is bounded in time and every answer in size; redirects are not followed. An answer that is not what
//! was asked for is an error, never an empty result: unknown must not look like "nothing". Checks and rehearsals ask.

mod answer;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode, Url};
use tokio::time::timeout;

use crate::http_client::{self, BodyError};

pub use answer::{BuildInfo, Sample, Series, Value};

/// Points of one series that Prometheus gives in one answer, at most.
pub const MAX_POINTS: u32 = 11_000;
const TIME_LIMIT: Duration = Duration::from_secs(5);
const BODY_LIMIT: usize = 8 << 20;

/// Why Prometheus could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum PrometheusError {
    /// No client could be made.
    #[error("cannot set up the client for Prometheus")]
    Client(#[source] reqwest::Error),
    /// It could not be reached, or the connection broke.
    #[error("cannot ask Prometheus at {url}")]
    Request {
        /// What was asked, without credentials.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The answer did not end in time.
    #[error("{url} did not answer within {limit:?}")]
    TimedOut {
        /// What was asked.
        url: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The answer is over the limit.
    #[error("the answer of {url} is larger than {limit} bytes")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// Prometheus refused the question, in its own words.
    #[error("Prometheus refuses the question: {problem}")]
    Refused {
        /// `bad_data`, `execution`, `timeout` …
        kind: String,
        /// Its words.
        problem: String,
    },
    /// Something else than Prometheus answered, or not in its own words.
    #[error("{url} answered {status}, and not as Prometheus does")]
    Status {
        /// What was asked.
        url: String,
        /// Its answer.
        status: StatusCode,
    },
    /// The answer is not what was asked for.
    #[error("{url} answered something else than was asked for: {problem}")]
    Unreadable {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl PrometheusError {
    /// Whether a question about less would have been answered.
    pub fn is_too_much(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::TimedOut { .. } => true,
            Self::Refused { kind, problem } => {
                kind == "timeout"
                    || problem.contains("too many samples")
                    || problem.contains("maximum resolution")
            }
            _ => false,
        }
    }
}

/// A stretch of time, looked at in steps; both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its beginning.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
    /// From one point to the next.
    pub step: Duration,
}

/// The client.
#[derive(Clone, Debug)]
pub struct Prometheus {
    client: Client,
    base: Url,
    time_limit: Duration,
    body_limit: usize,
}

impl Prometheus {
    /// For the Prometheus at `base`, which may have a path and credentials.
    pub fn new(base: &Url) -> Result<Self, PrometheusError> {
        Ok(Self {
            client: http_client::client(base).map_err(PrometheusError::Client)?,
            base: base.clone(),
            time_limit: TIME_LIMIT,
            body_limit: BODY_LIMIT,
        })
    }

    /// With other limits on each question and answer.
    #[must_use]
    pub fn with_limits(mut self, time: Duration, body_bytes: usize) -> Self {
        self.time_limit = time;
        self.body_limit = body_bytes;
        self
    }

    /// Where it is, without credentials.
    pub fn shown_url(&self) -> String {
        http_client::shown(&self.base)
    }

    /// What an expression yields now, or at a moment.
    pub async fn query(
        &self,
        expression: &str,
        at: Option<Timestamp>,
    ) -> Result<Value, PrometheusError> {
        let mut parameters = vec![("query", expression.to_owned())];
        if let Some(at) = at {
            parameters.push(("time", seconds(at)));
        }
        let (url, body) = self.get(&["query"], &parameters).await?;
        answer::value(&body).map_err(|problem| PrometheusError::Unreadable { url, problem })
    }

    /// What an expression yields over a stretch of time; the server gives [`MAX_POINTS`] points at most.
    pub async fn query_range(
        &self,
        expression: &str,
        range: Range,
    ) -> Result<Vec<Series>, PrometheusError> {
        let parameters = [
            ("query", expression.to_owned()),
            ("start", seconds(range.start)),
            ("end", seconds(range.end)),
            ("step", range.step.as_secs_f64().to_string()),
        ];
        let (url, body) = self.get(&["query_range"], &parameters).await?;
        answer::series(&body).map_err(|problem| PrometheusError::Unreadable { url, problem })
    }

    /// How often the groups that have alerting rules are evaluated, in no order.
    pub async fn alerting_intervals(&self) -> Result<Vec<Duration>, PrometheusError> {
        let (url, body) = self
            .get(&["rules"], &[("type", "alert".to_owned())])
            .await?;
        answer::intervals(&body).map_err(|problem| PrometheusError::Unreadable { url, problem })
    }

    /// Which version it is.
    pub async fn build_info(&self) -> Result<BuildInfo, PrometheusError> {
        let (url, body) = self.get(&["status", "buildinfo"], &[]).await?;
        answer::build_info(&body).map_err(|problem| PrometheusError::Unreadable { url, problem })
    }

    /// The body of a good answer, and what was asked.
    async fn get(
        &self,
        path: &[&str],
        parameters: &[(&str, String)],
    ) -> Result<(String, Vec<u8>), PrometheusError> {
        let mut url = self.base.clone();
        url.set_query(None);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        let shown = http_client::shown(&url);
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        timeout(self.time_limit, self.get_whole(url, &shown))
            .await
            .unwrap_or_else(|_| {
                Err(PrometheusError::TimedOut {
                    url: shown.clone(),
                    limit: self.time_limit,
                })
            })
            .map(|body| (shown, body))
    }

    async fn get_whole(&self, url: Url, shown: &str) -> Result<Vec<u8>, PrometheusError> {
        let broken = |error: reqwest::Error| PrometheusError::Request {
            url: shown.to_owned(),
            source: error.without_url(),
        };
        let response = self
            .client
            .get(url)
            .header(ACCEPT, "application/json")
            .send()
            .await
            .map_err(broken)?;
        let status = response.status();
        let body =
            http_client::body(response, self.body_limit)
                .await
                .map_err(|error| match error {
                    BodyError::Broken(error) => broken(error),
                    BodyError::TooLarge => PrometheusError::TooLarge {
                        url: shown.to_owned(),
                        limit: self.body_limit,
                    },
                })?;
        if status == StatusCode::OK {
            return Ok(body);
        }
        match answer::refusal(&body) {
            Some((kind, problem)) => Err(PrometheusError::Refused { kind, problem }),
            None => Err(PrometheusError::Status {
                url: shown.to_owned(),
                status,
            }),
        }
    }
}

/// A moment in seconds, as the API takes it, to the millisecond.
fn seconds(at: Timestamp) -> String {
    let millis = at.as_millisecond();
    format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000))
}

#[cfg(test)]
mod tests;
