use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use prunelle_foundation::web_config::AuthenticatedUser;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::super::tests::{Fixture, TOKEN, alert, our_alert, payload, post};
use super::*;
use crate::work::{Ack, Work as _};

async fn send(fixture: &Fixture, request: Request<Body>) -> Response {
    router(fixture.intake.clone())
        .oneshot(request)
        .await
        .unwrap()
}

async fn status(fixture: &Fixture, request: Request<Body>) -> StatusCode {
    send(fixture, request).await.status()
}

/// Sends a request and acknowledges what the engine gets of it; both must happen.
async fn exchange(
    fixture: &mut Fixture,
    request: Request<Body>,
    ack: Ack,
) -> (StatusCode, Notification) {
    let router = router(fixture.intake.clone());
    let (response, notification) = tokio::join!(router.oneshot(request), async {
        let delivery = fixture.work.next().await.unwrap();
        delivery.ack.send(ack).unwrap();
        delivery.notification
    });
    (response.unwrap().status(), notification)
}

async fn text(response: Response) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

fn body(alerts: &[Value]) -> String {
    payload(alerts).to_string()
}

#[tokio::test]
async fn the_answer_is_what_the_journal_says() {
    let mut fixture = Fixture::new();
    for (ack, expected) in [
        (Ack::Accepted, StatusCode::ACCEPTED),
        (Ack::NothingNew, StatusCode::OK),
        (Ack::Unavailable, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let request = post(body(&[our_alert()]));
        let (status, notification) = exchange(&mut fixture, request, ack).await;
        assert_eq!(status, expected);
        assert_eq!(notification.alerts.len(), 1);
        assert_eq!(notification.received, fixture.intake.clock.now());
    }
}

#[tokio::test]
async fn a_user_of_the_web_configuration_needs_no_token() {
    let mut fixture = Fixture::new();
    let mut request = post(body(&[our_alert()]));
    request.headers_mut().remove(header::AUTHORIZATION);
    request.extensions_mut().insert(AuthenticatedUser);
    let (status, _) = exchange(&mut fixture, request, Ack::Accepted).await;
    assert_eq!(status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn an_engine_that_drops_a_delivery_makes_it_503() {
    let mut fixture = Fixture::new();
    let router = router(fixture.intake.clone());
    let (response, ()) = tokio::join!(router.oneshot(post(body(&[our_alert()]))), async {
        drop(fixture.work.next().await);
    });
    assert_eq!(response.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_hangs_makes_it_503_in_time() {
    let mut fixture = Fixture::new();
    let before = tokio::time::Instant::now();
    let router = router(fixture.intake.clone());
    let (response, delivery) = tokio::join!(
        router.oneshot(post(body(&[our_alert()]))),
        fixture.work.next()
    );
    assert_eq!(response.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(before.elapsed(), fixture.intake.ack_deadline);
    assert!(delivery.unwrap().ack.is_closed());
}

#[tokio::test]
async fn a_full_queue_is_503_and_so_is_a_closed_one() {
    let mut fixture = Fixture::with_queue(1);
    let waiting = router(fixture.intake.clone()).oneshot(post(body(&[our_alert()])));
    let full = async {
        // The first request has filled the queue once the second one is refused.
        loop {
            let response = send(&fixture, post(body(&[our_alert()]))).await;
            if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                break text(response).await;
            }
        }
    };
    tokio::select! {
        biased;
        _ = waiting => panic!("nobody acknowledged it"),
        text = full => assert_eq!(text, "too many notifications wait, try again\n"),
    }
    fixture.work.0.close();
    while fixture.work.next().await.is_some() {}
    assert_eq!(
        status(&fixture, post(body(&[our_alert()]))).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn starting_and_draining_are_503() {
    let fixture = Fixture::new();
    for readiness in [Readiness::Starting, Readiness::Draining] {
        fixture.readiness.send(readiness).unwrap();
        assert_eq!(
            status(&fixture, post(body(&[our_alert()]))).await,
            StatusCode::SERVICE_UNAVAILABLE
        );
    }
}

#[tokio::test]
async fn credentials_come_first() {
    let fixture = Fixture::new();
    fixture.readiness.send(Readiness::Starting).unwrap();
    let mut request = post("not even JSON");
    request.headers_mut().remove(header::AUTHORIZATION);
    let response = send(&fixture, request).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    let mut request = post("not even JSON");
    let wrong = format!("Bearer {}", TOKEN.replace('c', "k"));
    request
        .headers_mut()
        .insert(header::AUTHORIZATION, wrong.parse().unwrap());
    let response = send(&fixture, request).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(!text(response).await.contains("horse"));
    assert!(fixture.intake.samples.newest().is_empty());
}

#[tokio::test]
async fn only_post_is_allowed() {
    let fixture = Fixture::new();
    for method in [
        Method::GET,
        Method::HEAD,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
    ] {
        let mut request = post("");
        *request.method_mut() = method.clone();
        assert_eq!(
            status(&fixture, request).await,
            StatusCode::METHOD_NOT_ALLOWED,
            "{method}"
        );
    }
}

#[tokio::test]
async fn what_is_no_notification_is_400_and_a_sample_of_it_is_kept() {
    let fixture = Fixture::new();
    for (body, problem) in [
        ("not JSON".to_owned(), "expected"),
        (r#"{"version":"3","alerts":[]}"#.to_owned(), "version `3`"),
        (body(&[]), "no alerts in it"),
        ("x".repeat(1 << 20), "expected value"),
    ] {
        let response = send(&fixture, post(body.clone())).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let sample = fixture.intake.samples.newest().swap_remove(0);
        assert!(sample.problem.starts_with(problem), "{}", sample.problem);
        assert_eq!(sample.bytes, body.len());
        assert!(body.starts_with(&sample.beginning) && sample.beginning.len() <= 2048);
        assert_eq!(text(response).await, format!("{}\n", sample.problem));
    }
    for _ in 0..100 {
        send(&fixture, post("x")).await;
    }
    assert_eq!(fixture.intake.samples.newest().len(), 8);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_whether_it_says_so_or_not() {
    let mut fixture = Fixture::new();
    fixture.intake.limits.body_bytes = 1000;
    let declared = post(vec![b' '; 1001]);
    assert_eq!(
        status(&fixture, declared).await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let chunks = futures_util::stream::iter([
        Ok::<_, std::io::Error>(vec![b' '; 600]),
        Ok(vec![b' '; 600]),
    ]);
    let undeclared = post(Body::from_stream(chunks));
    assert_eq!(
        status(&fixture, undeclared).await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let mut lying = post("");
    lying
        .headers_mut()
        .insert(header::CONTENT_LENGTH, "99999999999".parse().unwrap());
    assert_eq!(status(&fixture, lying).await, StatusCode::PAYLOAD_TOO_LARGE);
    fixture.intake.limits.body_bytes = 1 << 20;
    fixture.intake.limits.parsed_bytes = 1000;
    let rich = post(body(&vec![our_alert(); 10]));
    assert_eq!(status(&fixture, rich).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn bodies_in_flight_share_their_room() {
    let mut fixture = Fixture::new();
    fixture.intake.room = super::super::room::Room::new(10_000);
    let mut other = fixture.intake.room.share();
    assert!(other.grow(9_900));
    let response = send(&fixture, post(body(&[our_alert()]))).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        text(response).await,
        "too many bodies are in flight, try again\n"
    );
    drop(other);
    // Alone it passes, although it is larger than the room for all.
    let alone = post(body(&vec![our_alert(); 100]));
    let (status, notification) = exchange(&mut fixture, alone, Ack::Accepted).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(notification.alerts.len(), 100);
    assert!(
        fixture.intake.room.share().would_fit(10_000),
        "all room is given back"
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_notification() {
    let fixture = Fixture::new();
    let chunks = futures_util::stream::iter([
        Ok(b"{".to_vec()),
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
    ]);
    assert_eq!(
        status(&fixture, post(Body::from_stream(chunks))).await,
        StatusCode::REQUEST_TIMEOUT
    );
    assert!(fixture.intake.samples.newest().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_given_up() {
    let fixture = Fixture::new();
    let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let before = tokio::time::Instant::now();
    assert_eq!(
        status(&fixture, post(Body::from_stream(never))).await,
        StatusCode::REQUEST_TIMEOUT
    );
    assert_eq!(before.elapsed(), fixture.intake.body_deadline);
}

#[tokio::test]
async fn alerts_of_other_hosts_and_heartbeats_end_here() {
    let mut fixture = Fixture::new();
    let other = alert(&json!({"alertname": "ServiceDown", "instance": "web2:9750"}));
    let nobody = alert(&json!({"alertname": "ServiceDown"}));
    let heartbeat = alert(&json!({"alertname": "Heartbeat"}));
    let request = post(body(&[other.clone(), nobody.clone(), heartbeat.clone()]));
    assert_eq!(status(&fixture, request).await, StatusCode::OK);

    let request = post(body(&[other, heartbeat, our_alert(), nobody]));
    let (status, notification) = exchange(&mut fixture, request, Ack::Accepted).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(notification.alerts.len(), 1);
    assert_eq!(
        notification.alerts[0].labels.get("instance"),
        Some("web1:9750")
    );
}

#[tokio::test]
async fn invalid_alerts_are_handed_on_to_be_recorded() {
    let mut fixture = Fixture::new();
    let mut bad = our_alert();
    bad["fingerprint"] = json!("?");
    let (status, notification) = exchange(&mut fixture, post(body(&[bad])), Ack::Accepted).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert!(notification.alerts.is_empty());
    assert_eq!(notification.invalid[0].name, "ServiceDown");
}

#[tokio::test]
async fn everything_is_counted_under_its_result() {
    let mut registry = prometheus_client::registry::Registry::default();
    let mut fixture = Fixture::new();
    fixture.intake.metrics = crate::metrics::Metrics::register(&mut registry);
    let heartbeat = alert(&json!({"alertname": "Heartbeat"}));
    let other = alert(&json!({"alertname": "X", "instance": "web2:9750"}));
    let request = post(body(&[our_alert(), heartbeat, other]));
    exchange(&mut fixture, request, Ack::Accepted).await;
    send(&fixture, post("x")).await;
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for line in [
        "prunelle_healer_notifications_total{result=\"accepted\"} 1",
        "prunelle_healer_notifications_total{result=\"malformed\"} 1",
        "prunelle_healer_alerts_received_total{status=\"firing\"} 3",
        "prunelle_healer_decisions_total{reason=\"other_host\"} 1",
        "prunelle_healer_heartbeat_timestamp_seconds{} 1800000000.0",
    ] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in:\n{text}");
    }
}

#[tokio::test]
async fn a_whole_notification_that_is_refused_is_handed_on_to_be_told_but_not_each_time() {
    let mut fixture = Fixture::new();
    fixture.intake.limits.body_bytes = 10;
    for _ in 0..3 {
        let refused = status(&fixture, post(body(&[our_alert()]))).await;
        assert_eq!(refused, StatusCode::PAYLOAD_TOO_LARGE);
    }
    let notification = fixture.work.next().await.unwrap().notification;
    assert!(notification.alerts.is_empty());
    let problem = &notification.invalid[0].problem;
    assert!(
        problem.starts_with("a whole notification: the body is over 10 bytes"),
        "{problem}"
    );
    drop(fixture.intake);
    assert!(fixture.work.next().await.is_none());
}

#[tokio::test]
async fn what_was_cut_off_is_handed_on_also_when_nothing_else_is_about_this_host() {
    let mut fixture = Fixture::new();
    let other = alert(&json!({"alertname": "X", "instance": "web2:9750"}));
    let mut payload = payload(&[other]);
    payload["truncatedAlerts"] = json!(3);
    let request = post(payload.to_string());
    let (_, notification) = exchange(&mut fixture, request, Ack::NothingNew).await;
    assert_eq!((notification.truncated, notification.alerts.len()), (3, 0));
}
