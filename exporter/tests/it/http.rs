//! Paths, answers and limits, and when services are left out.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use prunelle_foundation::clock::Clock as _;
use prunelle_systemd::Sync;
use prunelle_systemd::unit::{ActiveState, LoadState};

use crate::bench::{Bench, UNITS_MAX_AGE, unit};

fn bench() -> Bench {
    let bench = Bench::new("modern", &[]);
    publish(&bench, Sync::Synchronised);
    bench
}

fn publish(bench: &Bench, sync: Sync) {
    let nginx = unit("nginx.service", LoadState::Loaded, ActiveState::Active);
    bench.publish(sync, &[("nginx.service", nginx)]);
}

#[tokio::test]
async fn the_page_names_version_collectors_and_links() {
    let (status, page) = bench().get("/").await;
    assert_eq!(status, 200);
    for text in [
        env!("CARGO_PKG_VERSION"),
        "href=\"/metrics\"",
        "href=\"/metrics?collect[]=services\"",
        "href=\"/-/healthy\"",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[tokio::test]
async fn health_and_readiness() {
    let bench = bench();
    assert_eq!(bench.get("/-/healthy").await.0, 200);
    assert_eq!(bench.get("/-/ready").await.0, 200);
    bench.stop.request("test");
    assert_eq!(bench.get("/-/ready").await.0, 503);
    assert_eq!(bench.get("/-/healthy").await.0, 200);
}

#[tokio::test]
async fn elsewhere_is_404_and_other_methods_are_refused() {
    let bench = bench();
    assert_eq!(bench.get("/favicon.ico").await.0, 404);
    assert_eq!(bench.get("/metrics/").await.0, 404);
    let post = Request::post("/metrics").body(Body::empty()).unwrap();
    assert_eq!(bench.send(post).await.status().as_u16(), 405);
}

#[tokio::test]
async fn a_query_that_chooses_nothing_is_400_and_says_why() {
    let bench = bench();
    let (status, message) = bench
        .get("/metrics?collect[]=cpu_usage&exclude[]=filesystem")
        .await;
    assert_eq!(
        (status, message.as_str()),
        (
            400,
            "`collect[]` and `exclude[]` cannot be combined: use one of them\n"
        )
    );
    let (status, message) = bench.get("/metrics?collect%5B%5D=gpu").await;
    assert_eq!(status, 400);
    assert!(
        message.contains("the collectors are cpu_usage, memory_usage"),
        "{message}"
    );
}

#[tokio::test]
async fn parallel_scrapes_are_limited() {
    let none = Bench::with_limit("modern", &[], 0);
    let (status, message) = none.get("/metrics").await;
    assert_eq!(status, 503);
    assert!(message.contains("--web.max-requests"), "{message}");
    // A scrape that has ended frees its place.
    let one = Bench::with_limit("modern", &[], 1);
    for _ in 0..3 {
        assert_eq!(one.get("/metrics").await.0, 200);
    }
}

#[tokio::test]
async fn exclude_leaves_out_and_collect_leaves_in() {
    let bench = bench();
    let (_, metrics) = bench.get("/metrics?exclude[]=services").await;
    assert!(!metrics.contains("prunelle_service_up"));
    assert!(!metrics.contains("collector=\"services\""));
    assert!(metrics.contains("prunelle_memory_usage_ratio"));
    let (_, metrics) = bench.get("/metrics?collect[]=memory_usage").await;
    let names = metrics.lines().filter(|line| !line.starts_with('#'));
    assert!(names.clone().count() > 0);
    for line in names {
        assert!(line.contains("memory"), "{line}");
    }
}

/// Lines of the services job that are no comments.
async fn services(bench: &Bench) -> Vec<String> {
    let (status, metrics) = bench.get("/metrics?collect[]=services").await;
    assert_eq!(status, 200);
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    lines.map(ToOwned::to_owned).collect()
}

const UP: [&str; 3] = [
    "prunelle_service_up{name=\"nginx.service\"} 1",
    "prunelle_service_loaded{name=\"nginx.service\"} 1",
    "node_scrape_collector_success{collector=\"services\"} 1",
];
const UNKNOWN: [&str; 1] = ["node_scrape_collector_success{collector=\"services\"} 0"];

#[tokio::test]
async fn a_table_that_cannot_be_trusted_yields_no_service() {
    let bench = bench();
    assert_eq!(services(&bench).await, UP);
    publish(&bench, Sync::NotYet);
    assert_eq!(services(&bench).await, UNKNOWN);
    publish(&bench, Sync::Lost(bench.clock.now()));
    assert_eq!(services(&bench).await, UNKNOWN);
    publish(&bench, Sync::Synchronised);
    assert_eq!(services(&bench).await, UP);
}

#[tokio::test]
async fn a_table_that_is_too_old_yields_no_service() {
    let bench = bench();
    bench.clock.advance(UNITS_MAX_AGE);
    assert_eq!(services(&bench).await, UP);
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!(services(&bench).await, UNKNOWN);
    let (_, metrics) = bench.get("/metrics?collect[]=info").await;
    assert!(!metrics.contains("prunelle_service_info"), "{metrics}");
}

#[tokio::test]
async fn a_sample_that_is_too_old_yields_no_figure() {
    let bench = bench();
    bench.clock.advance(Duration::from_secs(6));
    let (_, metrics) = bench
        .get("/metrics?collect[]=cpu_usage&collect[]=network_usage")
        .await;
    assert!(!metrics.contains("\nprunelle_"), "{metrics}");
    assert!(metrics.contains("node_scrape_collector_success{collector=\"cpu_usage\"} 0"));
    assert!(metrics.contains("node_scrape_collector_success{collector=\"network_usage\"} 0"));
}
