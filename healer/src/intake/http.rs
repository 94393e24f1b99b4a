//! `POST /api/v1/alerts`: one request from its first byte to its answer, in the order of what is cheapest to refuse.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::routing::post;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::answer::Answer;
use super::auth::Refusal;
use super::room::Share;
use super::wire::{self, Read, Unreadable};
use super::{Intake, Readiness, WEBHOOK_PATH, refusals};
use crate::alert::AlertStatus;
use crate::metrics::NotificationResult;
use crate::reason::Reason;
use crate::work::{Delivery, Notification};

/// Larger bodies are parsed on a thread for blocking work.
const PARSED_IN_PLACE_BYTES: usize = 128 << 10;

/// The webhook's route; anything but a POST is 405.
pub fn router(intake: Intake) -> Router {
    Router::new()
        .route(WEBHOOK_PATH, post(receive))
        .with_state(intake)
}

async fn receive(State(intake): State<Intake>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let answer = match take(&intake, &parts, body).await {
        Ok(answer) | Err(answer) => answer,
    };
    intake.metrics.notification(answer.result);
    answer
}

async fn take(intake: &Intake, parts: &Parts, body: Body) -> Result<Answer, Answer> {
    authenticate(intake, parts)?;
    is_taking_work(intake)?;
    // Held until the answer: it stands for the body, then for what was parsed from it.
    let mut share = intake.room.share();
    let length = declared_length(parts);
    fits(intake, &share, length)?;
    let body = match timeout(intake.body_deadline, read(intake, &mut share, body, length)).await {
        Ok(body) => body?,
        Err(_) => {
            return Err(Answer::new(
                NotificationResult::Incomplete,
                "the body did not arrive in time",
            ));
        }
    };
    let read = parse(intake, body).await?;
    let Some(notification) = sort_out(intake, read) else {
        return Ok(Answer::new(
            NotificationResult::NothingNew,
            "nothing in it is about this host",
        ));
    };
    deliver(intake, notification).await
}

fn authenticate(intake: &Intake, parts: &Parts) -> Result<(), Answer> {
    intake
        .tokens
        .check_request(parts)
        .map_err(|refusal| match refusal {
            Refusal::NoCredentials => Answer::new(
                NotificationResult::Unauthenticated,
                "a bearer token is required: set `http_config.authorization.credentials_file`",
            ),
            Refusal::WrongCredentials => {
                Answer::new(NotificationResult::Forbidden, "the token is not known here")
            }
        })
}

fn is_taking_work(intake: &Intake) -> Result<(), Answer> {
    let message = match *intake.readiness.borrow() {
        Readiness::Ready => return Ok(()),
        Readiness::Starting => "starting, try again",
        Readiness::Draining => "stopping, try again",
    };
    Err(Answer::new(NotificationResult::NotReady, message))
}

fn declared_length(parts: &Parts) -> Option<usize> {
    parts
        .headers
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn fits(intake: &Intake, share: &Share, length: Option<usize>) -> Result<(), Answer> {
    let length = length.unwrap_or(0);
    if length > intake.limits.body_bytes {
        return Err(too_large(intake));
    }
    if !share.would_fit(length) {
        return Err(no_room());
    }
    Ok(())
}

async fn read(
    intake: &Intake,
    share: &mut Share,
    body: Body,
    length: Option<usize>,
) -> Result<Bytes, Answer> {
    // Room for what has been declared is made as it arrives: declaring costs nothing.
    let mut whole = BytesMut::with_capacity(length.unwrap_or(0).min(64 << 10));
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| Answer::new(NotificationResult::Incomplete, "the body broke off"))?;
        if whole.len() + chunk.len() > intake.limits.body_bytes {
            return Err(too_large(intake));
        }
        if !share.grow(chunk.len()) {
            return Err(no_room());
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

async fn parse(intake: &Intake, body: Bytes) -> Result<Read, Answer> {
    let limits = intake.limits;
    let read = if body.len() <= PARSED_IN_PLACE_BYTES {
        wire::notification(&body, &limits)
    } else {
        let body = body.clone();
        intake
            .tasks
            .spawn_blocking("parse notification", move || {
                wire::notification(&body, &limits)
            })
            .await
            .map_err(|_| Answer::new(NotificationResult::NotReady, "stopping, try again"))?
    };
    read.map_err(|unreadable| match unreadable {
        Unreadable::TooLarge => too_large(intake),
        Unreadable::Malformed(problem) => {
            tracing::warn!(problem, bytes = body.len(), "cannot read a notification");
            intake
                .samples
                .keep(intake.clock.now().wall, &problem, &body);
            refusals::hand_on(intake, &problem);
            Answer::new(NotificationResult::Malformed, problem)
        }
    })
}

/// Counts everything, takes out heartbeats and other hosts' alerts; none when nothing is left.
fn sort_out(intake: &Intake, read: Read) -> Option<Notification> {
    let received = intake.clock.now();
    let metrics = &intake.metrics;
    let firing = read
        .alerts
        .iter()
        .filter(|a| a.status == AlertStatus::Firing)
        .count() as u64;
    metrics.alerts_received(AlertStatus::Firing, firing);
    metrics.alerts_received(AlertStatus::Resolved, read.alerts.len() as u64 - firing);
    metrics.invalid_alerts_received(read.invalid.len() as u64);

    let policy = intake.policy.borrow().clone();
    let mut of_other_hosts = 0;
    let mut alerts = read.alerts;
    alerts.retain(|alert| {
        if policy.is_heartbeat(&alert.labels) {
            if alert.status == AlertStatus::Firing {
                metrics.heartbeat(received.wall);
                intake.beats.came(received.clone());
            }
            return false;
        }
        let is_ours = policy.is_about_this_host(&alert.labels);
        of_other_hosts += u64::from(!is_ours);
        is_ours
    });
    if of_other_hosts > 0 {
        metrics.decisions(Reason::OtherHost, of_other_hosts);
    }
    if read.truncated > 0 {
        tracing::warn!(
            truncated = read.truncated,
            "alerts were cut off the notification; reconciliation will find them"
        );
    }
    // What was cut off may be about this host.
    if alerts.is_empty() && read.invalid.is_empty() && read.truncated == 0 {
        return None;
    }
    Some(Notification {
        received,
        receiver: read.receiver,
        group_key: read.group_key,
        truncated: read.truncated,
        alerts,
        invalid: read.invalid,
    })
}

async fn deliver(intake: &Intake, notification: Notification) -> Result<Answer, Answer> {
    let (ack, answer) = oneshot::channel();
    intake
        .deliveries
        .try_send(Delivery { notification, ack })
        .map_err(|error| match error {
            TrySendError::Full(_) => Answer::new(
                NotificationResult::Overloaded,
                "too many notifications wait, try again",
            ),
            TrySendError::Closed(_) => {
                Answer::new(NotificationResult::NotReady, "stopping, try again")
            }
        })?;
    match timeout(intake.ack_deadline, answer).await {
        Ok(Ok(ack)) => Ok(ack.into()),
        Ok(Err(_)) => Err(Answer::new(
            NotificationResult::NotKept,
            "it was not kept, try again",
        )),
        Err(_) => Err(Answer::new(
            NotificationResult::NotKept,
            "it was not kept in time, try again",
        )),
    }
}

fn too_large(intake: &Intake) -> Answer {
    let problem = format!(
        "the body is over {} bytes, or holds too much: set `max_alerts`",
        intake.limits.body_bytes
    );
    tracing::warn!(problem, "a notification was refused");
    refusals::hand_on(intake, &problem);
    Answer::new(NotificationResult::TooLarge, problem)
}

fn no_room() -> Answer {
    Answer::new(
        NotificationResult::Overloaded,
        "too many bodies are in flight, try again",
    )
}

#[cfg(test)]
mod tests;
