use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use axum::http::HeaderValue;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING};
use http_body_util::BodyExt as _;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::CounterWithExemplar;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Unit;

use super::*;

/// One of every kind of metric, with everything in it that needs care.
fn registry() -> Registry {
    let mut registry = Registry::default();
    let requests = Family::<[(&'static str, &'static str); 1], Counter>::default();
    requests
        .get_or_create(&[("path", "a\"b\\c\nd # {x=\"1\"} 2")])
        .inc_by(3);
    registry.register("prunelle_requests", "Requests", requests);
    registry.register_with_unit(
        "prunelle_age",
        "A \"quoted\" C:\\path\n# not a comment\nthird line",
        Unit::Seconds,
        Gauge::<i64>::default(),
    );
    let latency = Histogram::new([0.1, 1.0]);
    latency.observe(0.5);
    registry.register("prunelle_latency_seconds", "Latency", latency);
    registry.register("prunelle_target", "Target", Info::new([("os", "linux")]));
    let traced = CounterWithExemplar::<[(&'static str, &'static str); 1]>::default();
    traced.inc_by(1, Some([("trace_id", "abc")]), None);
    registry.register("prunelle_traced", "Traced", traced);
    registry.register_collector(Box::new(Untyped));
    registry
}

#[derive(Debug)]
struct Untyped;

impl Collector for Untyped {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let metric =
            encoder.encode_descriptor("prunelle_raw", "Raw.", None, MetricType::Unknown)?;
        ConstGauge::new(7i64).encode(metric)
    }
}

#[test]
fn open_metrics_has_its_help_escaped() {
    insta::assert_snapshot!(encode(Format::OpenMetrics, &registry()).unwrap(), @r#"
    # HELP prunelle_requests Requests.
    # TYPE prunelle_requests counter
    prunelle_requests_total{path="a\"b\\c\nd # {x=\"1\"} 2"} 3
    # HELP prunelle_age_seconds A \"quoted\" C:\\path\n# not a comment\nthird line.
    # TYPE prunelle_age_seconds gauge
    # UNIT prunelle_age_seconds seconds
    prunelle_age_seconds 0
    # HELP prunelle_latency_seconds Latency.
    # TYPE prunelle_latency_seconds histogram
    prunelle_latency_seconds_sum 0.5
    prunelle_latency_seconds_count 1
    prunelle_latency_seconds_bucket{le="0.1"} 0
    prunelle_latency_seconds_bucket{le="1.0"} 1
    prunelle_latency_seconds_bucket{le="+Inf"} 1
    # HELP prunelle_target Target.
    # TYPE prunelle_target info
    prunelle_target_info{os="linux"} 1
    # HELP prunelle_traced Traced.
    # TYPE prunelle_traced counter
    prunelle_traced_total 1 # {trace_id="abc"} 1.0
    # HELP prunelle_raw Raw.
    # TYPE prunelle_raw unknown
    prunelle_raw 7
    # EOF
    "#);
}

#[test]
fn text_is_derived_line_by_line() {
    insta::assert_snapshot!(encode(Format::Text, &registry()).unwrap(), @r#"
    # HELP prunelle_requests_total Requests.
    # TYPE prunelle_requests_total counter
    prunelle_requests_total{path="a\"b\\c\nd # {x=\"1\"} 2"} 3
    # HELP prunelle_age_seconds A "quoted" C:\\path\n# not a comment\nthird line.
    # TYPE prunelle_age_seconds gauge
    prunelle_age_seconds 0
    # HELP prunelle_latency_seconds Latency.
    # TYPE prunelle_latency_seconds histogram
    prunelle_latency_seconds_sum 0.5
    prunelle_latency_seconds_count 1
    prunelle_latency_seconds_bucket{le="0.1"} 0
    prunelle_latency_seconds_bucket{le="1.0"} 1
    prunelle_latency_seconds_bucket{le="+Inf"} 1
    # HELP prunelle_target_info Target.
    # TYPE prunelle_target_info gauge
    prunelle_target_info{os="linux"} 1
    # HELP prunelle_traced_total Traced.
    # TYPE prunelle_traced_total counter
    prunelle_traced_total 1
    # HELP prunelle_raw Raw.
    # TYPE prunelle_raw untyped
    prunelle_raw 7
    "#);
}

#[test]
fn both_formats_have_the_same_number_of_samples() {
    let count = |format| {
        encode(format, &registry())
            .unwrap()
            .lines()
            .filter(|line| !line.starts_with('#'))
            .count()
    };
    assert_eq!(count(Format::OpenMetrics), 10);
    assert_eq!(count(Format::Text), 10);
}

/// `promtool check metrics`: exit status and what it says.
#[expect(
    clippy::disallowed_methods,
    reason = "a test may start the tool it needs"
)]
fn promtool(text: &str) -> (bool, String) {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool (Debian package `prometheus`) must be on PATH");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn promtool_finds_nothing() {
    let mut registry = registry();
    crate::process_metrics::register(&mut registry);
    crate::build_info::register(&mut registry, "prunelle_exporter", "0.1.0");
    let text = encode(Format::Text, &registry).unwrap();
    assert_eq!(promtool(&text), (true, String::new()), "{text}");
}

#[test]
fn promtool_would_notice() {
    let (is_fine, said) = promtool("# TYPE prunelle_x counter\nprunelle_x 1\n");
    assert!(!is_fine);
    assert!(said.contains("no help text"), "{said}");
}

#[test]
fn negotiates_by_quality() {
    use Format::{OpenMetrics, Text};
    let prometheus_2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    for (accept, expected) in [
        (prometheus_2, OpenMetrics),
        (prometheus_3, OpenMetrics),
        ("", Text),
        ("*/*", Text),
        ("text/html, */*;q=0.8", Text),
        ("application/json", Text),
        ("text/plain", Text),
        ("application/openmetrics-text", OpenMetrics),
        (
            "Application/OpenMetrics-Text; Version=\"1.0.0\"",
            OpenMetrics,
        ),
        ("application/openmetrics-text;version=0.0.1", Text),
        ("application/openmetrics-text;version=2.0.0", Text),
        ("application/openmetrics-text;q=0", Text),
        ("application/openmetrics-text;q=0.4, text/plain;q=0.5", Text),
        (
            "application/openmetrics-text;q=0.501, text/plain;q=0.5",
            OpenMetrics,
        ),
        ("text/plain;q=0.5, application/openmetrics-text;q=0.5", Text),
        ("application/openmetrics-text;q=nonsense", Text),
        ("application/openmetrics-text;q=1.5", Text),
        (";;q=,,=", Text),
    ] {
        let header = HeaderValue::from_str(accept).unwrap();
        assert_eq!(Format::negotiate(Some(&header)), expected, "{accept}");
    }
    assert_eq!(Format::negotiate(None), Text);
    let not_text = HeaderValue::from_bytes(b"application/\xff").unwrap();
    assert_eq!(Format::negotiate(Some(&not_text)), Text);
}

#[tokio::test]
async fn says_exactly_which_format_it_is() {
    for (accept, content_type) in [
        ("text/plain", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let response = respond(&headers, None, &registry());
        assert_eq!(response.headers()[CONTENT_TYPE], content_type);
        assert_eq!(response.headers()[VARY], "Accept, Accept-Encoding");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let is_open_metrics = body.ends_with(b"# EOF\n");
        assert_eq!(is_open_metrics, content_type.contains("openmetrics"));
    }
}

#[tokio::test]
async fn compresses_large_bodies_for_others() {
    let large = "x 1\n".repeat(2000);
    let small = "x 1\n".to_owned();
    for (encodings, peer, text, is_gzip) in [
        ("gzip", Some("192.0.2.1:9"), &large, true),
        ("gzip", None, &large, true),
        ("deflate, gzip;q=0.5", Some("192.0.2.1:9"), &large, true),
        ("*", Some("192.0.2.1:9"), &large, true),
        ("gzip", Some("192.0.2.1:9"), &small, false),
        ("gzip", Some("127.0.0.1:9"), &large, false),
        ("gzip", Some("[::1]:9"), &large, false),
        ("gzip", Some("[::ffff:127.0.0.1]:9"), &large, false),
        ("gzip;q=0, *", Some("192.0.2.1:9"), &large, false),
        ("identity", Some("192.0.2.1:9"), &large, false),
        ("", Some("192.0.2.1:9"), &large, false),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encodings));
        let peer = peer.map(|peer| peer.parse::<SocketAddr>().unwrap());
        let response = respond_with(&headers, peer, Format::Text, text.clone());
        let encoding = response.headers().get(CONTENT_ENCODING).cloned();
        assert_eq!(encoding.is_some(), is_gzip, "{encodings} {peer:?}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let mut plain = String::new();
        if is_gzip {
            assert!(body.len() < text.len() / 10);
            flate2::read::GzDecoder::new(&body[..])
                .read_to_string(&mut plain)
                .unwrap();
        } else {
            plain.push_str(std::str::from_utf8(&body).unwrap());
        }
        assert_eq!(&plain, text);
    }
}
