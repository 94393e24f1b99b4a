//! The healer's web server: the webhook, the status page, metrics and probes, put together.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use prometheus_client::registry::Registry;
use prunelle_foundation::exposition;
use prunelle_foundation::lifecycle::Reload;
use tokio::sync::watch;

use crate::intake::auth::{Refusal, Tokens};
use crate::intake::{self, Intake, Readiness};
use crate::journal::JournalStats;
use crate::metrics::Metrics;
use crate::status_page::{self, StatusPage};

/// Where a POST reloads the policy. Whoever posts here shows a token, or is a user of the web configuration.
pub(super) const RELOAD_PATH: &str = "/-/reload";

/// What `/metrics` and the probes show.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) registry: Arc<Registry>,
    pub(super) metrics: Metrics,
    pub(super) readiness: watch::Receiver<Readiness>,
    /// What reloads the policy, for whoever may post.
    pub(super) reload: Reload,
    /// Who may post.
    pub(super) tokens: Arc<Tokens>,
    /// Once the journal is open.
    pub(super) journal: watch::Receiver<Option<Arc<JournalStats>>>,
}

/// All routes.
pub(super) fn router(intake: Intake, page: StatusPage, shown: Shown) -> Router {
    let probes = Router::new()
        .route("/metrics", get(metrics))
        .route("/-/healthy", get(async || "ok\n"))
        .route("/-/ready", get(ready))
        .route(RELOAD_PATH, post(reload))
        .with_state(shown);
    intake::router(intake)
        .merge(status_page::router(page))
        .merge(probes)
}

async fn metrics(
    State(shown): State<Shown>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if let Some(stats) = shown.journal.borrow().as_ref() {
        shown.metrics.journal_sequence(stats.sequence());
        shown.metrics.journal_writable(stats.is_writable());
        shown.metrics.journal_reserve(stats.reserve_bytes());
        shown.metrics.action_log_writable(stats.is_log_writable());
        let disturbances = stats.log_disturbances();
        shown.metrics.action_log_disturbances(disturbances);
        shown.metrics.journald_unsent(stats.journald_unsent());
    }
    exposition::respond(&headers, Some(peer), &shown.registry)
}

async fn ready(State(shown): State<Shown>) -> (StatusCode, &'static str) {
    match *shown.readiness.borrow() {
        Readiness::Ready => (StatusCode::OK, "ready\n"),
        Readiness::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
        Readiness::Draining => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
    }
}

/// As authenticated as the webhook; the answer tells everything that is wrong with the policy.
async fn reload(State(shown): State<Shown>, request: Request) -> (StatusCode, String) {
    let (parts, _) = request.into_parts();
    match shown.tokens.check_request(&parts) {
        Ok(()) => {}
        Err(Refusal::NoCredentials) => {
            let message = "a bearer token is required: the one that Alertmanager sends\n";
            return (StatusCode::UNAUTHORIZED, message.to_owned());
        }
        Err(Refusal::WrongCredentials) => {
            let message = "the token is not known here\n";
            return (StatusCode::FORBIDDEN, message.to_owned());
        }
    }
    match shown.reload.request().await {
        Ok(text) => (StatusCode::OK, format!("reloaded: {text}\n")),
        Err(text) => (
            StatusCode::BAD_REQUEST,
            format!("not reloaded, the old policy stays in force:\n{text}\n"),
        ),
    }
}
