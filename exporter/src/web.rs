//! What is served: `/metrics`, a page at `/`, `/-/healthy`, `/-/ready`, and 404 elsewhere.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use prunelle_foundation::exposition;
use prunelle_foundation::lifecycle::Stop;
use tokio::sync::Semaphore;

use crate::collector::Collector;
use crate::deadline::Deadline;
use crate::scrape::Scraper;
use crate::selection::select;

mod page;

/// How the exporter is served.
#[derive(Clone, Debug)]
pub struct Web {
    /// Where the metrics are, `/metrics`.
    pub telemetry_path: String,
    /// How many scrapes may run at once.
    pub max_requests: usize,
    /// The collectors that are switched on.
    pub collectors: Vec<&'static Collector>,
}

struct App {
    web: Web,
    scraper: Scraper,
    permits: Arc<Semaphore>,
    stop: Stop,
}

/// The router; `scraper` answers for the metrics, and `/-/ready` says no once `stop` is requested.
pub fn router(web: Web, scraper: Scraper, stop: Stop) -> Router {
    let telemetry_path = web.telemetry_path.clone();
    let app = Arc::new(App {
        permits: Arc::new(Semaphore::new(web.max_requests)),
        web,
        scraper,
        stop,
    });
    Router::new()
        .route(&telemetry_path, get(metrics))
        .route("/", get(page))
        .route("/-/healthy", get(|| async { "healthy\n" }))
        .route("/-/ready", get(ready))
        .with_state(app)
}

async fn metrics(
    State(app): State<Arc<App>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let collectors = match select(&app.web.collectors, &query) {
        Ok(collectors) => collectors,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let Ok(permit) = Arc::clone(&app.permits).try_acquire_owned() else {
        let message = format!(
            "{} scrapes are running, the limit is `--web.max-requests`\n",
            app.web.max_requests
        );
        return (StatusCode::SERVICE_UNAVAILABLE, message).into_response();
    };
    let deadline = Deadline::of_scrape(Arc::clone(&app.scraper.host().clock), &headers);
    let scraped = app.scraper.scrape(collectors, deadline, permit).await;
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
    exposition::respond_and(&headers, peer, &scraped.registry, |format, text| {
        scraped.append(format, text);
    })
}

async fn page(State(app): State<Arc<App>>) -> Html<String> {
    Html(page::html(&app.web))
}

async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if app.stop.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}
