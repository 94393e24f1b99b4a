//! Making a report: by the daemon out of its journal, asked over the control socket, or from the journal's file when no
//! daemon runs. Events are read in pages, so that other work gets its turn between two and memory stays small.

use std::path::Path;

use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::tz::TimeZone;
use prunelle_foundation::clock::SharedClock;
use serde::{Deserialize, Serialize};

use super::gathering::{Gathering, Subject};
use super::summary::{Period, Report};
use crate::control::Problem;
use crate::journal::{Journal, JournalError, OpenError, RETENTION, Reader};

/// Events in one reading.
const PAGE: u32 = 500;
/// Older events are left out, and that is said.
const MOST_EVENTS: u64 = 1_000_000;

/// Makes reports out of the daemon's journal.
#[derive(Clone, Debug)]
pub struct Reporter {
    /// What happened.
    pub journal: Journal,
    /// When a report is made.
    pub clock: SharedClock,
    /// Which machine it is about.
    pub host: String,
}

/// `POST /v1/report`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRequest {
    /// Which time.
    #[serde(flatten)]
    pub period: Period,
    /// By which zone's clock days begin, by its IANA name; none: the machine's.
    pub time_zone: Option<String>,
}

impl Reporter {
    /// Makes one.
    pub async fn report(&self, period: Period, zone: TimeZone) -> Result<Report, JournalError> {
        let mut gathering = Gathering::new(Subject {
            period,
            zone,
            host: self.host.clone(),
            made: self.clock.now().wall,
        });
        let begin = begin(self.journal.stats().sequence());
        let mut last = begin;
        loop {
            let page = self.journal.events_after(last, PAGE).await?;
            let Some(newest) = page.last() else {
                break;
            };
            last = newest.seq;
            for event in &page {
                gathering.take(event);
            }
        }
        Ok(gathering.finish(RETENTION.as_secs(), begin > 0))
    }
}

/// Makes one from the journal's file.
pub fn from_store(folder: &Path, subject: Subject) -> Result<Report, OpenError> {
    let reader = Reader::open(folder)?;
    let mut gathering = Gathering::new(subject);
    let begin = begin(reader.sequence()?);
    let mut last = begin;
    loop {
        let page = reader.events_after(last, PAGE)?;
        let Some(newest) = page.last() else {
            break;
        };
        last = newest.seq;
        for event in &page {
            gathering.take(event);
        }
    }
    Ok(gathering.finish(RETENTION.as_secs(), begin > 0))
}

/// The event after which reading begins.
const fn begin(sequence: u64) -> u64 {
    sequence.saturating_sub(MOST_EVENTS)
}

/// The route of the control socket.
pub fn router(reporter: Reporter) -> Router {
    Router::new()
        .route("/v1/report", post(handle))
        .with_state(reporter)
}

async fn handle(State(reporter): State<Reporter>, Json(request): Json<ReportRequest>) -> Response {
    let problem = |status, error: String| (status, Json(Problem { error })).into_response();
    let zone = match request.time_zone.as_deref() {
        None => Ok(TimeZone::system()),
        Some(name) => TimeZone::get(name),
    };
    let zone = match zone {
        Ok(zone) => zone,
        Err(error) => return problem(StatusCode::BAD_REQUEST, error.to_string()),
    };
    match reporter.report(request.period, zone).await {
        Ok(report) => Json(report).into_response(),
        Err(error) => problem(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}
