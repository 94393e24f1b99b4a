//! What is served: `/metrics`, a page at `/`, `/-/healthy`, `/-/ready`, and 404 elsewhere.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use prunelle_foundation::clock::Now;
use prunelle_foundation::exposition;
use prunelle_foundation::lifecycle::{Reload, Stop};
use prunelle_foundation::web_config::WebConfig;

use crate::deadline::Deadline;
use crate::live::Live;
use crate::scrape::Scraper;
use crate::selection::select;

mod page;

/// How the exporter is served.
#[derive(Clone, Debug)]
pub struct Web {
    /// Where the metrics are, `/metrics`.
    pub telemetry_path: String,
    /// Whether a POST may reload the settings.
    pub has_lifecycle: bool,
}

/// What answers.
#[derive(Debug)]
pub struct App {
    /// How.
    pub web: Web,
    /// What scrapes go by.
    pub live: Live,
    /// What runs them.
    pub scraper: Scraper,
    /// Since when.
    pub started: Now,
    /// What reloads.
    pub reload: Reload,
    /// `/-/ready` says no once it is requested.
    pub stop: Stop,
}

impl App {
    /// `http` or `https`, as it is now.
    pub fn scheme(&self) -> &'static str {
        let plan = self.live.plan();
        let web_config = plan.host.web_config.as_ref();
        web_config.map_or("http", WebConfig::scheme)
    }
}

/// The router.
pub fn router(app: App) -> Router {
    let telemetry_path = app.web.telemetry_path.clone();
    Router::new()
        .route(&telemetry_path, get(metrics))
        .route("/", get(page))
        .route("/-/healthy", get(|| async { "healthy\n" }))
        .route("/-/ready", get(ready))
        .route("/-/reload", post(reload).put(reload))
        .with_state(Arc::new(app))
}

async fn metrics(
    State(app): State<Arc<App>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let plan = app.live.plan();
    let collectors = match select(&plan.collectors, &query) {
        Ok(collectors) => collectors,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let Ok(permit) = Arc::clone(&plan.places).try_acquire_owned() else {
        let message = format!(
            "{} scrapes are running, the limit is `--web.max-requests`\n",
            plan.max_requests
        );
        return (StatusCode::SERVICE_UNAVAILABLE, message).into_response();
    };
    let deadline = Deadline::of_scrape(Arc::clone(&plan.host.clock), &headers);
    let scraping = app.scraper.scrape(&plan.host, collectors, deadline, permit);
    let scraped = scraping.await;
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
    let headers = with_format(headers, &query);
    exposition::respond_and(&headers, peer, &scraped.registry, |format, text| {
        scraped.append(format, text);
    })
}

/// `format=openmetrics` or `format=text` says what a link cannot: the answer's format.
fn with_format(mut headers: HeaderMap, query: &[(String, String)]) -> HeaderMap {
    let format = query.iter().find(|(key, _)| key == "format");
    let accept = match format.map(|(_, format)| format.as_str()) {
        Some("openmetrics") => "application/openmetrics-text;version=1.0.0",
        Some("text") => "text/plain;version=0.0.4",
        _ => return headers,
    };
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    headers
}

async fn page(State(app): State<Arc<App>>) -> Response {
    page::respond(&app)
}

/// As Prometheus does it: POST or PUT, and only when it was allowed at the start.
async fn reload(State(app): State<Arc<App>>) -> (StatusCode, String) {
    if !app.web.has_lifecycle {
        let message =
            "not allowed: start the exporter with `--web.enable-lifecycle`, or send it SIGHUP\n";
        return (StatusCode::FORBIDDEN, message.to_owned());
    }
    match app.reload.request().await {
        Ok(text) => (StatusCode::OK, format!("reloaded, {text}\n")),
        Err(text) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("not reloaded, the old settings stay in force:\n{text}\n"),
        ),
    }
}

async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if app.stop.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}
