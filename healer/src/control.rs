//! The control socket: what people on this machine say to the daemon, and ask of it.
//!
//! HTTP with JSON over `<runtime.path>/healer.sock`, mode 0600. Whoever may open it may lower what the healer does, give
//! back what the policy allows, and agree to what the policy has people agree to; nothing that the policy does not allow
//! can be had here. Who asks is told by the socket itself, and kept. `run` binds and serves it, the commands of the
//! `cli` are its clients.

mod answering;
mod naming;
mod peer;
mod socket;
mod switching;
mod telling;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Stop;
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;
use tokio::sync::watch;

pub use answering::{AnswerRequest, AnswerTaken};
pub use naming::ALL;
pub use peer::{Peer, SUDO_USER_HEADER, USERS, user_name};
pub use socket::{ControlError, bind};
pub use switching::{PauseRequest, Paused, Released, ResumeRequest, Resumed};
pub use telling::{History, HistoryRequest, Status};

use crate::intake::Samples;
use crate::journal::{Journal, JournalError};
use crate::policy::Policy;
use crate::reload::PolicyStatus;
use crate::remediation::handle::Handle;
use crate::view::ViewReceiver;

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
    /// The policy in force, and how its last reload went.
    pub policy: watch::Receiver<PolicyStatus>,
    /// When pauses begin.
    pub clock: SharedClock,
    /// What rules are about: short names are looked up there.
    pub policies: watch::Receiver<Arc<Policy>>,
    /// What has happened.
    pub journal: Journal,
    /// Which name a user id has: `/etc/passwd`.
    pub users: PathBuf,
    /// Routes that need nothing of the engine: `doctor`.
    pub more: Router,
}

/// What is answered with every status from 400 up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong, for people.
    pub error: String,
}

/// The routes of the socket.
pub fn router(control: Control) -> Router {
    let more = control.more.clone();
    Router::new()
        .route("/v1/pause", post(switching::pause))
        .route("/v1/resume", post(switching::resume))
        .route("/v1/release", post(switching::release))
        .route("/v1/answer", post(answering::answer))
        .route("/v1/status", get(telling::status))
        .route("/v1/history", post(telling::history))
        .route("/v1/log-anchor", get(telling::log_anchor))
        .layer(DefaultBodyLimit::max(64 << 10))
        .with_state(control)
        .merge(more)
}

/// Serves the socket until `stop`.
pub async fn serve(listener: UnixListener, control: Control, stop: Stop) -> std::io::Result<()> {
    let stopping = stop.clone();
    let service = router(control).into_make_service_with_connect_info::<Peer>();
    let server = axum::serve(listener, service)
        .with_graceful_shutdown(async move { stopping.stopped().await });
    tokio::select! {
        result = server.into_future() => result,
        () = async {
            stop.stopped().await;
            tokio::time::sleep(DRAIN_LIMIT).await;
        } => Ok(()),
    }
}

/// Why something was not done.
struct Refusal {
    status: StatusCode,
    error: String,
}

impl Refusal {
    /// What was asked makes no sense.
    fn misused(error: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: error.into(),
        }
    }

    /// There is nothing of that name or number.
    fn not_found(error: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            error: error.into(),
        }
    }

    /// It makes sense, and cannot be done as things are.
    fn conflict(error: impl Into<String>) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            error: error.into(),
        }
    }
}

impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
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
