//! The control socket: `pause`, `resume` and `status` for people on this machine.
//!
//! HTTP with JSON over `<runtime.path>/healer.sock`, mode 0600: whoever may open it may pause and resume, which lowers
//! what the healer does or gives back what the policy allows; it can start nothing. `run` binds and serves it, the
//! commands of the `cli` are its clients.

mod socket;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Json, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::lifecycle::Stop;
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;

pub use socket::{ControlError, bind};

use crate::facts::Pause;
use crate::intake::{Sample, Samples};
use crate::remediation::handle::Handle;
use crate::target::Target;
use crate::view::{View, ViewReceiver};

/// What `all` is called in requests.
pub const ALL: &str = "all";
/// A pause that lasts longer belongs into the policy.
const LONGEST_PAUSE: Duration = Duration::from_hours(90 * 24);
const NOTE_BYTES: usize = 500;
/// A client that hangs does not hold up the end of the program.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// What the socket gives access to.
#[derive(Clone, Debug)]
pub struct Control {
    /// The engine.
    pub handle: Handle,
    /// What it shows of itself.
    pub view: ViewReceiver,
    /// Refused notifications.
    pub samples: Samples,
    /// When pauses begin.
    pub clock: SharedClock,
    /// Routes that need nothing of the engine: `doctor`.
    pub more: Router,
}

/// `POST /v1/pause`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseRequest {
    /// `all`, a unit or a folder.
    pub target: String,
    /// For how long.
    #[serde(rename = "for")]
    pub lasts: PromDuration,
    /// Who, and why.
    pub note: String,
}

/// The answer to a pause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// `all`, or the target by its full name.
    pub target: String,
    /// When it ends, by the wall clock of now.
    pub until: Timestamp,
}

/// `POST /v1/resume`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeRequest {
    /// `all`: the pauses that cover all; else the pauses and the quarantine of one target.
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
}

/// What is answered with every status from 400 up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong, for people.
    pub error: String,
}

/// `GET /v1/status`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Version of the daemon.
    pub version: String,
    /// The engine.
    pub view: View,
    /// Refused notifications, the newest first.
    pub rejected: Vec<Sample>,
}

/// The routes of the socket.
pub fn router(control: Control) -> Router {
    let more = control.more.clone();
    Router::new()
        .route("/v1/pause", post(pause))
        .route("/v1/resume", post(resume))
        .route("/v1/status", get(status))
        .layer(DefaultBodyLimit::max(64 << 10))
        .with_state(control)
        .merge(more)
}

/// Serves the socket until `stop`.
pub async fn serve(listener: UnixListener, control: Control, stop: Stop) -> std::io::Result<()> {
    let stopping = stop.clone();
    let server = axum::serve(listener, router(control))
        .with_graceful_shutdown(async move { stopping.stopped().await });
    tokio::select! {
        result = server.into_future() => result,
        () = async {
            stop.stopped().await;
            tokio::time::sleep(DRAIN_LIMIT).await;
        } => Ok(()),
    }
}

async fn pause(
    State(control): State<Control>,
    Json(request): Json<PauseRequest>,
) -> Result<Json<Paused>, Refusal> {
    let target = target(&request.target)?;
    let lasts = request.lasts.get();
    if lasts.is_zero() || lasts > LONGEST_PAUSE {
        return Err(Refusal::bad(
            "a pause lasts longer than nothing and at most 90d",
        ));
    }
    if request.note.len() > NOTE_BYTES {
        return Err(Refusal::bad(format!(
            "the note is longer than {NOTE_BYTES} bytes"
        )));
    }
    let since = control.clock.now();
    let until = since.wall.checked_add(lasts).unwrap_or(Timestamp::MAX);
    control
        .handle
        .pause(Pause {
            target: target.clone(),
            since,
            lasts,
            note: request.note,
        })
        .await
        .map_err(|error| Refusal::unavailable(&error))?;
    Ok(Json(Paused {
        target: shown(target.as_ref()),
        until,
    }))
}

async fn resume(
    State(control): State<Control>,
    Json(request): Json<ResumeRequest>,
) -> Result<Json<Resumed>, Refusal> {
    let target = target(&request.target)?;
    let resumed = control
        .handle
        .resume(target.clone())
        .await
        .map_err(|error| Refusal::unavailable(&error))?;
    Ok(Json(Resumed {
        target: shown(target.as_ref()),
        pauses: resumed.pauses,
        was_quarantined: resumed.was_quarantined,
    }))
}

async fn status(State(control): State<Control>) -> Json<Status> {
    Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        view: View::clone(&control.view.borrow()),
        rejected: control.samples.newest(),
    })
}

fn target(text: &str) -> Result<Option<Target>, Refusal> {
    if text == ALL {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|error| Refusal::bad(format!("{error}; or write `all`")))
}

fn shown(target: Option<&Target>) -> String {
    target.map_or_else(|| ALL.to_owned(), Target::to_string)
}

struct Refusal {
    status: StatusCode,
    error: String,
}

impl Refusal {
    fn bad(error: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: error.into(),
        }
    }

    fn unavailable(error: &dyn std::error::Error) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            error: error.to_string(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(Problem { error: self.error })).into_response()
    }
}
