use std::path::Path;

use prunelle_foundation::clock::{BootId, ManualClock, Now};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::policy::load;

fn host(values: &[&str]) -> HostSelector {
    HostSelector {
        label: "instance".to_owned(),
        is: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

fn web1() -> HostSelector {
    host(&["web1:9750"])
}

fn active(base: &str) -> ActiveAlerts {
    ActiveAlerts::new(&base.parse().unwrap()).unwrap()
}

fn api_alert(name: &str, instance: &str) -> Value {
    json!({
        "annotations": {},
        "endsAt": "2026-11-24T05:09:00.000Z",
        "fingerprint": "0123456789abcdef",
        "receivers": [{"name": "healer"}],
        "startsAt": "2026-11-24T05:00:00.000Z",
        "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
        "updatedAt": "2026-11-24T05:05:00.000Z",
        "labels": {"alertname": name, "instance": instance}
    })
}

async fn answering(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(response)
        .mount(&server)
        .await;
    server
}

/// Answers one connection with raw bytes and keeps it open; returns the address and what serves it.
async fn raw(answer: &'static [u8]) -> (String, impl Future<Output = ()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let serving = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(answer).await.unwrap();
        // Open until the client gives up.
        let _ = stream.read(&mut request).await;
    };
    (base, serving)
}

#[tokio::test]
async fn the_question_includes_what_is_held_back_and_the_answer_says_so() {
    let server = MockServer::start().await;
    let mut silenced = api_alert("A", "web1:9750");
    silenced["status"] = json!({"state": "suppressed", "silencedBy": ["4711"]});
    Mock::given(method("GET"))
        .and(path("/alertmanager/api/v2/alerts"))
        .and(query_param("active", "true"))
        .and(query_param("silenced", "true"))
        .and(query_param("inhibited", "true"))
        .and(query_param("filter", "instance=\"web1:9750\""))
        .respond_with(ResponseTemplate::new(200).set_body_json([silenced.clone()]))
        .expect(2)
        .mount(&server)
        .await;
    for base in ["alertmanager", "alertmanager/"] {
        let (alerts, muted) = active(&format!("{}/{base}", server.uri()))
            .fetch(&web1())
            .await
            .unwrap();
        assert_eq!(alerts.len(), 1);
        let why = muted.get(&alerts[0].episode.fingerprint);
        assert_eq!(why.map(String::as_str), Some("silence 4711"));
    }
}

#[tokio::test]
async fn a_host_of_several_names_is_asked_for_by_all_of_them() {
    let server = MockServer::start().await;
    Mock::given(query_param(
        "filter",
        r#"instance=~"web1:9750|10\\.0\\.0\\.1:9750""#,
    ))
    .respond_with(ResponseTemplate::new(200).set_body_json([
        api_alert("A", "10.0.0.1:9750"),
        api_alert("A", "web1:9750"),
        api_alert("A", "10x0.0.1:9750"),
    ]))
    .expect(1)
    .mount(&server)
    .await;
    let host = host(&["web1:9750", "10.0.0.1:9750"]);
    assert_eq!(active(&server.uri()).fetch(&host).await.unwrap().0.len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_not_whole_is_an_error() {
    let cut_short = api_alert("A", "web1:9750").to_string();
    let huge = format!("[{}]", " ".repeat(10_000));
    for (response, expected) in [
        (
            ResponseTemplate::new(500),
            "answered 500 Internal Server Error",
        ),
        (ResponseTemplate::new(204), "answered 204 No Content"),
        (ResponseTemplate::new(401), "answered 401 Unauthorized"),
        (
            ResponseTemplate::new(200).set_body_string("<html>"),
            "something else than a list",
        ),
        (
            ResponseTemplate::new(200).set_body_string("{}"),
            "something else than a list",
        ),
        (
            ResponseTemplate::new(200).set_body_string(format!("[{cut_short}")),
            "something else than a list",
        ),
        (
            ResponseTemplate::new(200).set_body_string(huge),
            "is too large",
        ),
    ] {
        let server = answering(response).await;
        let limits = Limits {
            body_bytes: 5000,
            ..Limits::default()
        };
        let error = active(&server.uri())
            .with_limits(limits)
            .fetch(&web1())
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = answering(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    for code in [301, 302, 307, 308] {
        let redirect = ResponseTemplate::new(code).insert_header("location", elsewhere.uri());
        let server = answering(redirect).await;
        let error = active(&server.uri()).fetch(&web1()).await.unwrap_err();
        assert!(matches!(error, ReconcileError::Status { .. }), "{error}");
    }
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn every_part_of_the_answer_is_bounded_in_time() {
    let host = web1();
    for (head, serving) in [
        raw(b"").await,
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[").await,
    ] {
        let limited = active(&head).with_time_limit(Duration::from_millis(100));
        let (answer, ()) = tokio::join!(limited.fetch(&host), serving);
        assert!(
            matches!(answer, Err(ReconcileError::TimedOut { .. })),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://ada:secret@{}", listener.local_addr().unwrap());
    let (active, host) = (active(&base), web1());
    let (answer, ()) = tokio::join!(active.fetch(&host), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[]")
            .await
            .unwrap();
    });
    let error = answer.unwrap_err();
    assert!(matches!(error, ReconcileError::Request { .. }), "{error}");
    assert!(!format!("{error:?} {error}").contains("secret"));
    drop(listener);
    let error = active.fetch(&web1()).await.unwrap_err();
    assert!(matches!(error, ReconcileError::Request { .. }), "{error}");
}

struct Scene {
    reconciler: Reconciler,
    requests: ReconcileRequests,
    sets: mpsc::Receiver<ActiveSet>,
    stop: Stop,
    _policy: watch::Sender<Arc<Policy>>,
}

fn scene(base: &str) -> Scene {
    let policy = load::parse(
        Path::new("policy.yml"),
        "version: 1\nhost: {label: instance, is: ['web1:9750']}\nrules: []\n",
    )
    .unwrap();
    let (sender, policy) = watch::channel(Arc::new(policy));
    let (sets_sender, sets) = mpsc::channel(1);
    let requests = ReconcileRequests::default();
    let now = Now {
        wall: jiff::Timestamp::from_second(1_800_000_000).unwrap(),
        boot: Duration::from_hours(1),
        boot_id: BootId::new("boot"),
    };
    Scene {
        reconciler: Reconciler {
            active: active(base),
            interval: Duration::from_hours(1),
            requests: requests.clone(),
            policy,
            clock: Arc::new(ManualClock::new(now)),
            metrics: Metrics::unregistered(),
            sets: sets_sender,
        },
        requests,
        sets,
        stop: Stop::new(),
        _policy: sender,
    }
}

#[tokio::test]
async fn sets_come_at_once_and_on_request_and_hold_this_hosts_alerts_only() {
    let server = answering(ResponseTemplate::new(200).set_body_json([
        api_alert("DiskFull", "web1:9750"),
        api_alert("DiskFull", "web2:9750"),
        api_alert("Heartbeat", "web1:9750"),
    ]))
    .await;
    let mut scene = scene(&server.uri());
    let asked = scene.reconciler.clock.now();
    let ((), ()) = tokio::join!(scene.reconciler.run(scene.stop.clone()), async {
        for _ in 0..3 {
            let set = scene.sets.recv().await.unwrap();
            assert_eq!(set.asked, asked);
            assert_eq!(set.alerts.len(), 1);
            assert_eq!(set.alerts[0].labels.get("instance"), Some("web1:9750"));
            scene.requests.request();
        }
        scene.stop.request("done");
    });
}

#[tokio::test]
async fn a_failure_sends_nothing_and_is_tried_again() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(500))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([])))
        .mount(&server)
        .await;
    let mut scene = scene(&server.uri());
    let ((), ()) = tokio::join!(scene.reconciler.run(scene.stop.clone()), async {
        // The interval is an hour: what comes is the retry.
        let set = scene.sets.recv().await.unwrap();
        assert!(set.alerts.is_empty());
        scene.stop.request("done");
    });
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}
