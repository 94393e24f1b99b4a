use serde_json::{Value as Json, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

async fn answering(response: ResponseTemplate) -> (MockServer, Prometheus) {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(response)
        .mount(&server)
        .await;
    let client = Prometheus::new(&server.uri().parse().unwrap()).unwrap();
    (server, client)
}

fn success(data: &Json) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"status": "success", "data": data}))
}

#[tokio::test]
async fn an_instant_query_goes_to_the_api_below_the_path_of_the_address() {
    let server = MockServer::start().await;
    let result = json!([{"metric": {"__name__": "up"}, "value": [1_435_781_451.781, "1"]},
                        {"metric": {}, "value": [1.0, "+Inf"]}]);
    Mock::given(path("/metrics-of/here/api/v1/query"))
        .and(query_param("query", "up == 1"))
        .and(query_param("time", "1435781451.007"))
        .respond_with(success(&json!({"resultType": "vector", "result": result})))
        .expect(1)
        .mount(&server)
        .await;
    let base = format!("{}/metrics-of/here/", server.uri());
    let client = Prometheus::new(&base.parse().unwrap()).unwrap();
    let at = Timestamp::from_millisecond(1_435_781_451_007).unwrap();
    let Value::Vector(samples) = client.query("up == 1", Some(at)).await.unwrap() else {
        panic!("no vector");
    };
    assert_eq!(samples.len(), 2);
    assert_eq!(samples[0].labels.get("__name__"), Some("up"));
    assert!((samples[0].value - 1.0).abs() < f64::EPSILON);
    assert!(samples[1].value.is_infinite());
}

#[tokio::test]
async fn a_range_has_its_points_in_milliseconds() {
    let result = json!([{"metric": {"a": "b"}, "values": [[1.001, "1"], [16.001, "NaN"]]}]);
    let (server, client) =
        answering(success(&json!({"resultType": "matrix", "result": result}))).await;
    let range = Range {
        start: Timestamp::from_second(1).unwrap(),
        end: Timestamp::from_second(31).unwrap(),
        step: Duration::from_millis(250),
    };
    let series = client.query_range("x", range).await.unwrap();
    let times: Vec<i64> = series[0].points.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [1001, 16_001]);
    let asked = &server.received_requests().await.unwrap()[0];
    let query = asked.url.query().unwrap();
    assert_eq!(query, "query=x&start=1.000&end=31.000&step=0.25");
}

#[tokio::test]
async fn a_scalar_is_read_and_a_text_is_not_taken_for_nothing() {
    let (_server, client) = answering(success(
        &json!({"resultType": "scalar", "result": [1, "0.5"]}),
    ))
    .await;
    assert_eq!(client.query("x", None).await.unwrap(), Value::Scalar(0.5));
    let (_server, client) = answering(success(
        &json!({"resultType": "string", "result": [1, "a"]}),
    ))
    .await;
    let error = client.query("\"a\"", None).await.unwrap_err();
    assert!(error.to_string().contains("a text"), "{error}");
}

#[tokio::test]
async fn only_groups_with_rules_have_an_interval_that_counts() {
    let groups = json!({"groups": [
        {"name": "fast", "interval": 0.25, "rules": [{"name": "ServiceDown"}]},
        {"name": "empty", "interval": 0.1, "rules": []},
        {"name": "slow", "interval": 60, "rules": [{"name": "DiskFull"}]}
    ]});
    let (_server, client) = answering(success(&groups)).await;
    let intervals = client.alerting_intervals().await.unwrap();
    assert_eq!(
        intervals,
        [Duration::from_millis(250), Duration::from_mins(1)]
    );
}

#[tokio::test]
async fn the_version_is_told() {
    let (_server, client) =
        answering(success(&json!({"version": "2.42.0", "revision": "x"}))).await;
    assert_eq!(client.build_info().await.unwrap().version, "2.42.0");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_words_of_prometheus() {
    let body =
        json!({"status": "error", "errorType": "bad_data", "error": "parse error at char 1"});
    let (_server, client) = answering(ResponseTemplate::new(400).set_body_json(body)).await;
    let error = client.query(")", None).await.unwrap_err();
    assert!(!error.is_too_much());
    assert_eq!(
        error.to_string(),
        "Prometheus refuses the question: parse error at char 1"
    );
}

#[tokio::test]
async fn too_many_samples_can_be_asked_for_in_parts() {
    let body = json!({"status": "error", "errorType": "execution",
        "error": "query processing would load too many samples into memory in query execution"});
    let (_server, client) = answering(ResponseTemplate::new(422).set_body_json(body)).await;
    assert!(client.query("x", None).await.unwrap_err().is_too_much());
}

#[tokio::test]
async fn what_is_not_prometheus_is_told_from_nothing() {
    for (status, body) in [
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"status": "success", "data": {"result": []}}"#),
        (
            200,
            r#"{"data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "x"]}]}}"#,
        ),
        (502, "bad gateway"),
        (302, ""),
    ] {
        let response = ResponseTemplate::new(status)
            .insert_header("location", "http://127.0.0.1:1/")
            .set_body_string(body);
        let (_server, client) = answering(response).await;
        let error = client.query("x", None).await.unwrap_err();
        assert!(
            matches!(
                error,
                PrometheusError::Status { .. } | PrometheusError::Unreadable { .. }
            ),
            "{status} {body}: {error:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_over_the_limits_is_given_up() {
    let (_server, client) =
        answering(ResponseTemplate::new(200).set_body_string("x".repeat(2000))).await;
    let small = client.clone().with_limits(Duration::from_secs(5), 1000);
    let error = small.query("x", None).await.unwrap_err();
    assert!(matches!(error, PrometheusError::TooLarge { .. }), "{error}");
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    let (_server, client) = answering(slow).await;
    let hasty = client.with_limits(Duration::from_millis(50), 1000);
    let error = hasty.query("x", None).await.unwrap_err();
    assert!(matches!(error, PrometheusError::TimedOut { .. }), "{error}");
}

#[tokio::test]
async fn credentials_are_sent_and_not_shown() {
    let server = MockServer::start().await;
    let base = server.uri().replace("http://", "http://me:secret@");
    let client = Prometheus::new(&base.parse().unwrap()).unwrap();
    let error = client.query("x", None).await.unwrap_err();
    assert!(
        !crate::causes::with_causes(&error).contains("secret"),
        "{error}"
    );
    assert!(!client.shown_url().contains("secret"));
    let asked = &server.received_requests().await.unwrap()[0];
    assert!(asked.headers.contains_key("authorization"));
}
