//! Checks that ask others: PromQL, HTTP, TCP, Alertmanager.

use std::net::SocketAddr;
use std::sync::Mutex;

use futures_util::future::BoxFuture;
use prunelle_healer::remediation::alarm::Alarm;
use prunelle_systemd::UnitName;
use serde_json::json;
use tokio::net::TcpListener;
use wiremock::matchers::{any, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

fn promql(expr: &str) -> Verify {
    Verify::Promql {
        expr: expr.to_owned(),
    }
}

fn vector(values: &[&str]) -> ResponseTemplate {
    let result: Vec<_> = values
        .iter()
        .map(|value| json!({"metric": {"job": "x"}, "value": [1, value]}))
        .collect();
    ResponseTemplate::new(200).set_body_json(
        json!({"status": "success", "data": {"resultType": "vector", "result": result}}),
    )
}

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn an_expression_that_yields_something_holds() {
    let server = server(vector(&["1", "1"])).await;
    let finding = Bench::new(&server.uri()).check(promql("up == 1")).await;
    assert_holds(&finding, "`up == 1` yields 1 for {job=\"x\"} and 1 more");
    assert_eq!(finding.evidence["samples"], 2);
}

#[tokio::test]
async fn an_expression_is_asked_again_until_it_yields_something() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(vector(&[]))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(vector(&["1"]))
        .mount(&server)
        .await;
    let finding = Bench::new(&server.uri()).check(promql("up")).await;
    assert_holds(&finding, "yields 1");
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_name_of_the_target_stays_inside_its_text() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v1/query"))
        .and(query_param("query", r#"up{path="/srv/a\x22b"}"#))
        .respond_with(vector(&["1"]))
        .mount(&server)
        .await;
    let bench = Bench::new(&server.uri());
    let finding = bench.check(promql(r#"up{path="$target"}"#)).await;
    assert_holds(&finding, "yields 1");
}

#[tokio::test]
async fn the_unit_stands_for_the_target() {
    let server = MockServer::start().await;
    Mock::given(query_param("query", r#"up{name="nginx.service"}"#))
        .respond_with(vector(&["1"]))
        .mount(&server)
        .await;
    let target = Target::Unit("nginx.service".parse::<UnitName>().unwrap());
    let bench = Bench::new(&server.uri());
    let finding = bench
        .check_on(target, promql(r#"up{name="$target"}"#))
        .await;
    assert_holds(&finding, "yields 1");
}

#[tokio::test]
async fn a_prometheus_that_cannot_be_asked_proves_nothing() {
    let bench = Bench::new(NOBODY).within(SHORT);
    assert_not(
        &bench.check(promql("up")).await,
        "cannot ask Prometheus at http://127.0.0.1:1/api/v1/query",
    );
    let slow = server(vector(&["1"]).set_delay(Duration::from_mins(1))).await;
    let bench = Bench::new(&slow.uri()).within(SHORT);
    assert_not(&bench.check(promql("up")).await, "no time to look");
    let broken = server(ResponseTemplate::new(503)).await;
    let bench = Bench::new(&broken.uri()).within(SHORT);
    assert_not(&bench.check(promql("up")).await, "answered 503");
}

#[tokio::test]
async fn an_expression_that_is_wrong_is_not_asked_twice() {
    let body = json!({"status": "error", "errorType": "bad_data", "error": "parse error"});
    let server = server(ResponseTemplate::new(400).set_body_json(body)).await;
    let finding = Bench::new(&server.uri()).check(promql("up{")).await;
    assert_not(&finding, "parse error");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

fn http(url: String, status: &[u16]) -> Verify {
    Verify::Http {
        url,
        status: status.to_vec(),
    }
}

#[tokio::test]
async fn an_answer_with_a_wanted_status_holds() {
    let server = server(ResponseTemplate::new(204)).await;
    let bench = Bench::new(NOBODY);
    let finding = bench
        .check(http(format!("{}/health", server.uri()), &[200, 204]))
        .await;
    assert_holds(&finding, "/health answered 204");
}

#[tokio::test]
async fn another_status_does_not_hold_and_a_redirect_is_another_status() {
    let good = server(ResponseTemplate::new(200)).await;
    let redirect = ResponseTemplate::new(302).insert_header("location", good.uri());
    let server = server(redirect).await;
    let bench = Bench::new(NOBODY).within(SHORT);
    assert_not(
        &bench.check(http(server.uri(), &[200])).await,
        "answered 302, not 200",
    );
    assert!(good.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_and_nonsense_do_not_hold() {
    let bench = Bench::new(NOBODY).within(SHORT);
    let refused = bench.check(http(NOBODY.to_owned(), &[200])).await;
    assert_not(&refused, "Connection refused");
    let nonsense = bench.check(http("not an address".to_owned(), &[200])).await;
    assert_not(&nonsense, "cannot be asked");
}

#[tokio::test]
async fn a_port_that_takes_connections_holds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let bench = Bench::new(NOBODY);
    let tcp = |address: String| Verify::Tcp { address };
    assert_holds(
        &bench.check(tcp(address.clone())).await,
        "takes connections",
    );
    drop(listener);
    let bench = bench.within(SHORT);
    assert_not(&bench.check(tcp(address)).await, "takes no connection");
    assert_not(
        &bench.check(tcp("no-such-host.invalid:80".to_owned())).await,
        "",
    );
}

/// Opens the port when it is waited for the next try.
#[derive(Debug)]
struct Opens {
    address: SocketAddr,
    listener: Mutex<Option<std::net::TcpListener>>,
}

impl Alarm for Opens {
    fn after(&self, wait: Duration) -> BoxFuture<'static, ()> {
        if wait < Duration::from_secs(1) {
            let mut listener = self.listener.lock().unwrap();
            listener.get_or_insert_with(|| std::net::TcpListener::bind(self.address).unwrap());
        }
        TokioAlarm.after(wait)
    }
}

#[tokio::test]
async fn a_port_is_tried_again_until_it_is_open() {
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let opens = Arc::new(Opens {
        address,
        listener: Mutex::default(),
    });
    let mut bench = Bench::new(NOBODY);
    bench.checks.alarm = Arc::clone(&opens) as Arc<dyn Alarm>;
    let tcp = Verify::Tcp {
        address: address.to_string(),
    };
    assert_holds(&bench.check(tcp).await, "takes connections");
    assert!(opens.listener.lock().unwrap().is_some(), "the first try");
}

fn listed(fingerprint: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!([{
        "annotations": {},
        "endsAt": "2036-11-24T05:09:00.000Z",
        "fingerprint": fingerprint,
        "receivers": [{"name": "healer"}],
        "startsAt": "2026-11-24T05:00:00.000Z",
        "status": {"inhibitedBy": [], "silencedBy": ["x"], "state": "suppressed"},
        "updatedAt": "2026-11-24T05:05:00.000Z",
        "labels": {"alertname": "ServiceDown", "instance": "web1:9750"}
    }]))
}

#[tokio::test]
async fn an_alert_is_over_once_alertmanager_does_not_list_it() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(listed("0123456789abcdef"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    // Another alert with the same labels that were asked for is another alert.
    Mock::given(any())
        .and(query_param("silenced", "true"))
        .and(query_param("inhibited", "true"))
        .and(query_param("filter", "alertname=\"ServiceDown\""))
        .respond_with(listed("fedcba9876543210"))
        .mount(&server)
        .await;
    let finding = Bench::new(&server.uri()).check(Verify::AlertInactive).await;
    assert_holds(&finding, "has no alert `ServiceDown` any more");
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_alert_that_is_listed_or_cannot_be_asked_for_is_not_over() {
    let server = server(listed("0123456789abcdef")).await;
    let bench = Bench::new(&server.uri()).within(SHORT);
    let finding = bench.check(Verify::AlertInactive).await;
    assert_not(&finding, "still has the alert");
    let bench = Bench::new(NOBODY).within(SHORT);
    let finding = bench.check(Verify::AlertInactive).await;
    assert_not(&finding, "cannot read the active alerts");
}
