//! `pause`, `resume` and `release`: a person lowers what the healer does, or gives back what the policy allows.

use std::time::Duration;

use axum::extract::{ConnectInfo, Json, State};
use axum::http::HeaderMap;
use jiff::Timestamp;
use prunelle_foundation::duration::PromDuration;
use serde::{Deserialize, Serialize};

use super::naming::{shown, target, target_or_all};
use super::{Control, Peer, Refusal};
use crate::facts::Pause;

/// A pause that lasts longer belongs into the policy.
const LONGEST_PAUSE: Duration = Duration::from_hours(90 * 24);
const NOTE_BYTES: usize = 500;

/// `POST /v1/pause`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseRequest {
    /// `all`, a unit, a folder …
    pub target: String,
    /// For how long.
    #[serde(rename = "for")]
    pub lasts: PromDuration,
    /// Why.
    pub note: String,
}

/// The answer to a pause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// `all`, or the target by its full name.
    pub target: String,
    /// When it ends, by the wall clock of now.
    pub until: Timestamp,
    /// Who asked.
    pub by: String,
}

/// `POST /v1/resume` and `POST /v1/release`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeRequest {
    /// To resume, `all`: the pauses that cover all; else the pauses and the quarantine of one target.
    pub target: String,
}

/// The answer to a resume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// `all`, or the target by its full name.
    pub target: String,
    /// How many pauses ended.
    pub pauses: usize,
    /// The target was in quarantine.
    pub was_quarantined: bool,
    /// Who asked.
    pub by: String,
}

/// The answer to a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The target by its full name.
    pub target: String,
    /// Who asked.
    pub by: String,
}

pub(super) async fn pause(
    State(control): State<Control>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    Json(request): Json<PauseRequest>,
) -> Result<Json<Paused>, Refusal> {
    let target = target_or_all(&control, &request.target)?;
    let lasts = request.lasts.get();
    if lasts.is_zero() || lasts > LONGEST_PAUSE {
        return Err(Refusal::misused(
            "a pause lasts longer than nothing and at most 90d",
        ));
    }
    if request.note.len() > NOTE_BYTES {
        return Err(Refusal::misused(format!(
            "the note is longer than {NOTE_BYTES} bytes"
        )));
    }
    let by = peer.name(&control.users, &headers);
    let since = control.clock.now();
    let until = since.wall.checked_add(lasts).unwrap_or(Timestamp::MAX);
    let note = match request.note.as_str() {
        "" => by.clone(),
        why => format!("{by}: {why}"),
    };
    let pause = Pause {
        target: target.clone(),
        since,
        lasts,
        note,
    };
    control.handle.pause(pause, by.clone()).await?;
    Ok(Json(Paused {
        target: shown(target.as_ref()),
        until,
        by,
    }))
}

pub(super) async fn resume(
    State(control): State<Control>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    Json(request): Json<ResumeRequest>,
) -> Result<Json<Resumed>, Refusal> {
    let target = target_or_all(&control, &request.target)?;
    let by = peer.name(&control.users, &headers);
    let resumed = control.handle.resume(target.clone(), by.clone()).await?;
    let target = shown(target.as_ref());
    if resumed.pauses == 0 && !resumed.was_quarantined {
        return Err(Refusal::not_found(format!(
            "{target} was neither paused nor in quarantine"
        )));
    }
    Ok(Json(Resumed {
        target,
        pauses: resumed.pauses,
        was_quarantined: resumed.was_quarantined,
        by,
    }))
}

pub(super) async fn release(
    State(control): State<Control>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    Json(request): Json<ResumeRequest>,
) -> Result<Json<Released>, Refusal> {
    let target = target(&control, &request.target)?;
    let by = peer.name(&control.users, &headers);
    if !control.handle.release(target.clone(), by.clone()).await? {
        return Err(Refusal::not_found(format!(
            "{target} was not in quarantine"
        )));
    }
    Ok(Json(Released {
        target: target.to_string(),
        by,
    }))
}
