//! `notify test`: sends a sample to a receiver by each of its ways, and tells what the other side answered, or why it
//! failed and what mends that. It goes past the brake and the outbox: what is tried is the way itself.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::watch;

use super::channel::{Envelope, SendError};
use super::channels::{self, Makings};
use super::message::{Content, Message, MessageId};
use super::settled::InMemory;
use super::wording::Wording;
use super::words::{self, About, Reader};
use crate::control::Problem;
use crate::incident::Severity;
use crate::policy::{Integration, Language, Policy};

/// `POST /v1/notify/test`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestRequest {
    /// To whom.
    pub receiver: String,
    /// By one way only.
    pub integration: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// To whom.
    pub receiver: String,
    /// By each way.
    pub ways: Vec<WayResult>,
}

/// What came of one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayResult {
    /// `slack`, `webhook` …
    pub integration: String,
    /// Whether the other side has it.
    pub is_sent: bool,
    /// What the other side answered, or why it has it not.
    pub answer: String,
    /// Whether it may go later as it is.
    pub is_temporary: bool,
}

impl TestResult {
    /// Whether the receiver has the sample by every way.
    pub fn is_sent(&self) -> bool {
        self.ways.iter().all(|way| way.is_sent)
    }
}

/// Why nothing was tried.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// Neither the policy nor the settings have such a receiver.
    #[error("there is no receiver `{name}`; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// No such way leads there.
    #[error("no way of that kind leads to `{receiver}`; there are {known}")]
    NoSuchWay {
        /// To whom.
        receiver: String,
        /// What there is.
        known: String,
    },
}

/// Sends the sample.
pub async fn test(
    policy: &Policy,
    request: &TestRequest,
    makings: &Makings,
) -> Result<TestResult, TestError> {
    let name = &request.receiver;
    // The receiver of the settings is one that can be told, too.
    let of_settings = makings.mail.mail.receiver();
    let everybody = || policy.receivers.iter().chain(&of_settings);
    let mut receiver = everybody()
        .find(|receiver| receiver.name == *name)
        .cloned()
        .ok_or_else(|| TestError::Unknown {
            name: name.clone(),
            known: listed(everybody().map(|receiver| receiver.name.as_str())),
        })?;
    if let Some(kind) = &request.integration {
        let known = listed(receiver.integrations.iter().map(Integration::kind));
        receiver.integrations.retain(|way| way.kind() == kind);
        if receiver.integrations.is_empty() {
            let receiver = name.clone();
            return Err(TestError::NoSuchWay { receiver, known });
        }
    }
    let language = receiver.language.unwrap_or(policy.telling.language);
    let now = makings.clock.now().wall;
    let message = Message {
        id: MessageId(format!("test.{}", now.as_millisecond())),
        created: now,
        content: Content::Test,
    };
    let wording = sample(&message, language);
    let made = channels::build(std::slice::from_ref(&receiver), makings);
    let mut ways = Vec::new();
    for ((_, kind), channel) in made.iter() {
        let sent = match channel {
            Ok(channel) => {
                channel
                    .send(&wording, &envelope(&message, &InMemory::default()))
                    .await
            }
            Err(why) => Err(SendError::Permanent { why: why.clone() }),
        };
        ways.push(way(kind, sent));
    }
    Ok(TestResult {
        receiver: name.clone(),
        ways,
    })
}

fn envelope<'a>(message: &'a Message, register: &'a InMemory) -> Envelope<'a> {
    Envelope {
        id: &message.id,
        thread: None,
        sent_before: 0,
        created: message.created,
        severity: Severity::Info,
        message,
        register,
    }
}

fn way(kind: &str, sent: Result<super::channel::Receipt, SendError>) -> WayResult {
    let is_temporary = matches!(sent, Err(SendError::Temporary { .. }));
    WayResult {
        integration: kind.to_owned(),
        is_sent: sent.is_ok(),
        answer: match sent {
            Ok(receipt) => receipt.0,
            Err(error) => error.to_string(),
        },
        is_temporary,
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// The sample in words, as any other message is worded.
fn sample(message: &Message, language: Language) -> Wording {
    let reader = Reader {
        language,
        time_zone: TimeZone::system(),
    };
    let names = rustix::system::uname();
    let about = About {
        hostname: names.nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        grafana_url: None,
        alertmanager_url: None,
    };
    words::word(message, &reader, &about)
}

/// What a template sees of the sample.
pub(super) fn sample_body() -> serde_json::Value {
    let now = Timestamp::UNIX_EPOCH;
    let message = Message {
        id: MessageId("test.0".to_owned()),
        created: now,
        content: Content::Test,
    };
    let wording = sample(&message, Language::English);
    super::webhook::body(&wording, &envelope(&message, &InMemory::default()))
}

/// What came of it, for people.
pub fn text(result: &TestResult) -> String {
    let mut text = String::new();
    for way in &result.ways {
        let word = if way.is_sent { "sent" } else { "FAILED" };
        let WayResult {
            integration,
            answer,
            ..
        } = way;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{integration:<11} {word:<7} {answer}");
        if way.is_temporary {
            let _ = writeln!(text, "{:<20}a message would be tried again", "");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

#[derive(Clone)]
struct Asked {
    policies: watch::Receiver<Arc<Policy>>,
    makings: Makings,
}

/// The route of the control socket.
pub fn router(policies: watch::Receiver<Arc<Policy>>, makings: Makings) -> Router {
    Router::new()
        .route("/v1/notify/test", post(answer))
        .with_state(Asked { policies, makings })
}

async fn answer(State(asked): State<Asked>, Json(request): Json<TestRequest>) -> Response {
    let policy = Arc::clone(&asked.policies.borrow());
    match test(&policy, &request, &asked.makings).await {
        Ok(result) => Json(result).into_response(),
        Err(error) => {
            let error = error.to_string();
            (StatusCode::BAD_REQUEST, Json(Problem { error })).into_response()
        }
    }
}
