//! The healer's web server: the webhook, the status page, metrics and probes, put together.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use prometheus_client::registry::Registry;
use prunelle_foundation::exposition;
use tokio::sync::watch;

use crate::intake::{self, Intake, Readiness};
use crate::journal::JournalStats;
use crate::metrics::Metrics;
use crate::status_page::{self, StatusPage};

/// What `/metrics` and the probes show.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) registry: Arc<Registry>,
    pub(super) metrics: Metrics,
    pub(super) readiness: watch::Receiver<Readiness>,
    /// Once the journal is open.
    pub(super) journal: watch::Receiver<Option<Arc<JournalStats>>>,
}

/// All routes.
pub(super) fn router(intake: Intake, page: StatusPage, shown: Shown) -> Router {
    let probes = Router::new()
        .route("/metrics", get(metrics))
        .route("/-/healthy", get(async || "ok\n"))
        .route("/-/ready", get(ready))
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
