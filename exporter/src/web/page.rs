//! The page at `/`: which exporter this is, on which host, where its metrics are, and how its collectors fare.
//!
//! It reads what scrapes have left on the board and asks nothing itself, so that a browser costs nobody anything. No
//! script, nothing fetched from elsewhere. Errors are told here, and in the log; they never become labels.

use std::time::Duration;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use prunelle_foundation::clock::Now;
use sysinfo::System;

use super::App;
use crate::collector::services::watched;
use crate::collector::{COLLECTORS, Collector};
use crate::live::Plan;
use crate::scrape::LastRun;

/// Nothing on the page may be loaded from anywhere or framed.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";

/// The page as it is at this moment.
pub(super) fn respond(app: &App) -> Response {
    let plan = app.live.plan();
    match page(app, &plan).render() {
        Ok(html) => {
            let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
            let headers = [
                (header::CONTENT_SECURITY_POLICY, policy),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            (headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "cannot render the page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    hostname: String,
    version: &'static str,
    facts: String,
    host_up: String,
    exporter_up: String,
    settings_age: String,
    is_reloaded: bool,
    path: &'a str,
    services: Option<Vec<Service>>,
    services_note: String,
    on: usize,
    failing: usize,
    off: usize,
    rows: Vec<Row>,
}

struct Service {
    name: String,
    is_up: bool,
}

/// One collector.
struct Row {
    name: &'static str,
    about: &'static str,
    /// The worst comes first.
    order: u8,
    class: &'static str,
    state: String,
    took: String,
    series: String,
    error: Option<String>,
}

fn page<'a>(app: &'a App, plan: &Plan) -> Page<'a> {
    let now = plan.host.clock.now();
    let mut rows: Vec<Row> = COLLECTORS
        .iter()
        .map(|collector| {
            let is_on = plan.collectors.iter().any(|it| it.name == collector.name);
            let last_run = app.scraper.board().last_run(collector.name);
            row(collector, is_on, last_run, &now)
        })
        .collect();
    rows.sort_by_key(|row| row.order);
    let count = |order| rows.iter().filter(|row| row.order == order).count();
    let (failing, off) = (count(0), count(2));
    let reload = *plan.host.reload.borrow();
    let settings_age = now.wall.duration_since(reload.succeeded_at);
    let (services, services_note) = services(plan);
    Page {
        hostname: System::host_name().unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION"),
        facts: facts().join(" · "),
        host_up: about(now.boot),
        exporter_up: about(now.since(&app.started)),
        settings_age: about(settings_age.try_into().unwrap_or_default()),
        is_reloaded: reload.is_successful,
        path: &app.web.telemetry_path,
        services,
        services_note,
        on: rows.len() - off,
        failing,
        off,
        rows,
    }
}

fn row(collector: &Collector, is_on: bool, last_run: Option<LastRun>, now: &Now) -> Row {
    let mut row = Row {
        name: collector.name,
        about: collector.about,
        order: 1,
        class: "unknown",
        state: "not asked yet".to_owned(),
        took: String::new(),
        series: String::new(),
        error: None,
    };
    if !is_on {
        row.order = 2;
        "off".clone_into(&mut row.state);
        return row;
    }
    if let Some(last_run) = last_run {
        row.took = took(last_run.took);
        row.series = last_run.series.to_string();
        (row.class, row.state) = ("good", "on".to_owned());
        if let Some(failure) = last_run.failure {
            row.order = 0;
            row.class = "bad";
            row.state = format!("failing for {}", about(now.since(&failure.since)));
            row.error = Some(failure.error);
        }
    }
    row
}

/// The watched services, when there are any.
fn services(plan: &Plan) -> (Option<Vec<Service>>, String) {
    match watched(&plan.host) {
        None => (None, String::new()),
        Some(Err(error)) => (Some(Vec::new()), format!("not known: {error}")),
        Some(Ok(services)) => {
            let up = services.iter().filter(|(_, is_up)| *is_up).count();
            let note = format!("{up} of {} up", services.len());
            let services = services
                .into_iter()
                .map(|(name, is_up)| Service { name, is_up });
            (Some(services.collect()), note)
        }
    }
}

/// What the host runs; what is not known is left out.
fn facts() -> Vec<String> {
    let cores = System::physical_core_count().map(|cores| match cores {
        1 => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    });
    let facts = [
        System::long_os_version(),
        System::kernel_long_version(),
        Ok(System::cpu_arch()),
        cores,
    ];
    let facts = facts.into_iter().flatten();
    facts.filter(|fact| !fact.is_empty()).collect()
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

/// How long a collector took.
fn took(duration: Duration) -> String {
    match duration.as_micros() {
        micros @ 0..1000 => format!("{micros} µs"),
        1000..1_000_000 => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests;
