//! `approve` and `deny`: a person answers a question.

use axum::extract::{ConnectInfo, Json, State};
use axum::http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Control, Peer, Refusal};
use crate::journal::AnswerRefused;

/// `POST /v1/answer`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRequest {
    /// Which question.
    pub number: i64,
    /// Yes or no.
    pub is_approved: bool,
}

/// The answer was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerTaken {
    /// Which question.
    pub number: i64,
    /// Yes or no.
    pub is_approved: bool,
    /// What it is about.
    pub target: String,
    /// What is done, or would have been.
    pub message: String,
    /// Until when an approval may be used.
    pub until: Timestamp,
    /// Who answered.
    pub by: String,
}

pub(super) async fn answer(
    State(control): State<Control>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    Json(request): Json<AnswerRequest>,
) -> Result<Json<AnswerTaken>, Refusal> {
    let AnswerRequest {
        number,
        is_approved,
    } = request;
    let by = peer.name(&control.users, &headers);
    let answered = control
        .handle
        .answer(number, is_approved, by.clone())
        .await?
        .map_err(|refused| match refused {
            AnswerRefused::Unknown(_) => Refusal::not_found(refused.to_string()),
            AnswerRefused::AlreadyAnswered { .. }
            | AnswerRefused::Expired { .. }
            | AnswerRefused::Over(_) => Refusal::conflict(refused.to_string()),
        })?;
    Ok(Json(AnswerTaken {
        number,
        is_approved,
        target: answered.target.to_string(),
        message: answered.message,
        until: answered.until,
        by,
    }))
}
