//! `GET /`: what the healer sees and does, on one page that refreshes itself.
//!
//! It reads the engine's published [`View`] and nothing else, so a browser can neither slow the engine down nor make
//! it do anything. No script, nothing fetched from elsewhere.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;

use crate::reason::Outcome;
use crate::view::{ServiceView, SystemdView, View, ViewReceiver};

#[cfg(test)]
mod tests;

/// Nothing on the page may be loaded from anywhere or framed.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";

/// What the page shows besides the view.
#[derive(Clone, Debug)]
pub struct StatusPage {
    /// The engine's published picture.
    pub view: ViewReceiver,
    /// Name of this machine, for the title.
    pub hostname: String,
    /// Where Grafana is, when that is set.
    pub grafana_url: Option<String>,
}

/// The route `/`.
pub fn router(page: StatusPage) -> Router {
    Router::new().route("/", get(show)).with_state(page)
}

async fn show(State(page): State<StatusPage>) -> Response {
    let view = Arc::clone(&page.view.borrow());
    let template = Page {
        view: &view,
        hostname: &page.hostname,
        grafana_url: page.grafana_url.as_deref(),
    };
    match template.render() {
        Ok(html) => (
            [
                (
                    header::CONTENT_SECURITY_POLICY,
                    HeaderValue::from_static(CONTENT_SECURITY_POLICY),
                ),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ],
            Html(html),
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot render the status page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "status.html")]
struct Page<'a> {
    view: &'a View,
    hostname: &'a str,
    grafana_url: Option<&'a str>,
}

#[expect(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "the template calls these as methods, with references to the fields of the view"
)]
impl Page<'_> {
    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn systemd(&self) -> &'static str {
        match self.view.systemd {
            SystemdView::NotYet => "not read yet",
            SystemdView::Synchronised => "synchronised",
            SystemdView::Lost => "connection lost: the states below are not known",
        }
    }

    fn services_up(&self) -> usize {
        self.view
            .services
            .iter()
            .filter(|service| service.up == Some(true))
            .count()
    }

    /// `good`, `bad` or `unknown`: colour and symbol follow from it.
    fn service_class(&self, service: &ServiceView) -> &'static str {
        match service.up {
            Some(true) => "good",
            Some(false) => "bad",
            None => "unknown",
        }
    }

    fn service_symbol(&self, service: &ServiceView) -> &'static str {
        match service.up {
            Some(true) => "▲",
            Some(false) => "▼",
            None => "?",
        }
    }

    fn outcome_class(&self, outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Success => "good",
            Outcome::Observed | Outcome::Cancelled => "unknown",
            Outcome::Failed | Outcome::Timeout | Outcome::NotVerified | Outcome::Unknown => "bad",
        }
    }

    fn severity_class(&self, severity: &str) -> &'static str {
        match severity {
            "critical" => "bad",
            "warning" => "warn",
            _ => "unknown",
        }
    }

    fn clock(&self, time: &Timestamp) -> String {
        time.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// How long ago, from the moment of the picture: `4 s`, `12 min`, `3 h`, `5 d`.
    fn ago(&self, time: &Timestamp) -> String {
        let passed = Duration::try_from(self.view.as_of.duration_since(*time)).unwrap_or_default();
        about(passed)
    }

    /// How long from the moment of the picture until then.
    fn until(&self, time: &Timestamp) -> String {
        let left = Duration::try_from(time.duration_since(self.view.as_of)).unwrap_or_default();
        about(left)
    }

    /// A message without the backticks that mark names in logs.
    fn plain(&self, message: &str) -> String {
        message.replace('`', "")
    }

    fn took(&self, seconds: &f64) -> String {
        if *seconds < 10.0 {
            format!("{seconds:.2} s")
        } else {
            about(Duration::from_secs_f64(*seconds))
        }
    }
}

/// A duration in one unit, as people say it.
fn about(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86400),
    }
}
