//! `status` and `history`: what the healer does now, and what it did and did not do.

use axum::extract::{Json, State};
use prunelle_foundation::duration::PromDuration;
use serde::{Deserialize, Serialize};

use super::naming::is_called;
use super::{Control, Refusal};
use crate::intake::Sample;
use crate::journal::{Event, EventType, LogAnchor};
use crate::notify::outbox::TellingStatus;
use crate::reload::PolicyStatus;
use crate::target::Target;
use crate::view::View;

/// How many lines of the past are looked through for one answer.
const LOOKED_THROUGH: usize = 100_000;
/// How many are read at once: other work gets its turn between two readings.
const PAGE: u32 = 500;
/// More are not told at once.
const MOST_EVENTS: usize = 10_000;

/// How remediations end, and what decisions are.
const STATUSES: [&str; 14] = [
    "SUCCESS",
    "FAILED",
    "TIMEOUT",
    "NOT_VERIFIED",
    "OBSERVED",
    "CANCELLED",
    "UNKNOWN",
    "DEFERRED",
    "SUPPRESSED",
    "APPROVED",
    "DENIED",
    "PAUSED",
    "RESUMED",
    "RELEASED",
];

/// `GET /v1/status`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Version of the daemon.
    pub version: String,
    /// The engine.
    pub view: View,
    /// The policy in force, and how its last reload went.
    pub policy: PolicyStatus,
    /// Refused notifications, the newest first.
    pub rejected: Vec<Sample>,
    /// What waits to be told, and what could not be; none when the journal does not say.
    #[serde(default)]
    pub telling: Option<TellingStatus>,
}

/// `POST /v1/history`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRequest {
    /// How far back.
    pub since: PromDuration,
    /// Only about this target, by any name that people call it.
    pub target: Option<String>,
    /// Only with this status, `success` or `deferred`, in small letters or large ones.
    pub outcome: Option<String>,
    /// How many at most.
    pub limit: usize,
}

/// What happened: ends of remediations and decisions, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// One for each.
    pub events: Vec<Event>,
    /// There is more than was asked for, or more than was looked through.
    pub is_cut: bool,
}

pub(super) async fn status(State(control): State<Control>) -> Json<Status> {
    let telling = control.journal.telling_status().await.ok();
    Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        view: View::clone(&control.view.borrow()),
        policy: control.policy.borrow().clone(),
        rejected: control.samples.newest(),
        telling,
    })
}

/// `GET /v1/log-anchor`: where the action log must end.
pub(super) async fn log_anchor(State(control): State<Control>) -> Result<Json<LogAnchor>, Refusal> {
    Ok(Json(control.journal.log_anchor().await?))
}

pub(super) async fn history(
    State(control): State<Control>,
    Json(request): Json<HistoryRequest>,
) -> Result<Json<History>, Refusal> {
    if let Some(outcome) = &request.outcome
        && !STATUSES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(outcome))
    {
        return Err(Refusal::misused(format!(
            "nothing ends as `{outcome}`: write one of {}",
            STATUSES.join(", ").to_ascii_lowercase()
        )));
    }
    let limit = request.limit.min(MOST_EVENTS);
    let oldest = control
        .clock
        .now()
        .wall
        .checked_sub(request.since.get())
        .unwrap_or(jiff::Timestamp::MIN);
    let mut history = History {
        events: Vec::new(),
        is_cut: false,
    };
    let mut before = None;
    for _ in 0..LOOKED_THROUGH / PAGE as usize {
        let page = control.journal.events_before(before, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(Json(history));
        };
        before = Some(last.seq);
        for event in page {
            if event.timestamp < oldest {
                return Ok(Json(history));
            }
            if is_wanted(&event, &request) {
                if history.events.len() >= limit {
                    history.is_cut = true;
                    return Ok(Json(history));
                }
                history.events.push(event);
            }
        }
    }
    history.is_cut = true;
    Ok(Json(history))
}

fn is_wanted(event: &Event, request: &HistoryRequest) -> bool {
    if !matches!(event.event_type, EventType::Decision | EventType::Outcome) {
        return false;
    }
    let is_of_outcome = request
        .outcome
        .as_ref()
        .is_none_or(|outcome| event.status.eq_ignore_ascii_case(outcome));
    let is_of_target = request.target.as_ref().is_none_or(|wanted| {
        let of = |member: &str| event.details.get(member).and_then(|text| text.as_str());
        let is_it = |name: &str| {
            name.parse::<Target>()
                .is_ok_and(|target| is_called(&target, wanted))
        };
        of("target").is_some_and(is_it) || of("victim").is_some_and(is_it)
    });
    is_of_outcome && is_of_target
}
