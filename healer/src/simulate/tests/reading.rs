use serde_json::json;
use wiremock::matchers::{path, query_param_contains};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::prometheus::Series;
use crate::simulate::episodes::Collector;
use crate::simulate::reading::covered;

fn series(name: &str, points: &[i64]) -> Series {
    Series {
        labels: [
            ("alertname", name),
            ("alertstate", "firing"),
            ("__name__", "ALERTS"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        points: points.iter().map(|at| (*at, 1.0)).collect(),
    }
}

#[test]
fn a_missing_point_ends_an_episode_and_parts_are_joined() {
    let mut collector = Collector::new(10);
    collector.take(series("A", &[0, 10, 20, 40]));
    collector.take(series("B", &[30]));
    // The next part of the same stretch.
    collector.take(series("A", &[50, 60]));
    collector.take(series("B", &[60]));
    let episodes: Vec<(String, i64, i64)> = collector
        .finish(65)
        .into_iter()
        .map(|it| {
            (
                it.labels.get("alertname").unwrap().to_owned(),
                it.from,
                it.to,
            )
        })
        .collect();
    let expected = [("A", 0, 30), ("B", 30, 40), ("A", 40, 65), ("B", 60, 65)];
    let expected = expected.map(|(name, from, to)| (name.to_owned(), from, to));
    assert_eq!(episodes, expected);
}

#[test]
fn labels_that_only_the_series_has_are_left_out() {
    let mut collector = Collector::new(10);
    collector.take(series("A", &[0]));
    let episode = collector.finish(100).remove(0);
    assert_eq!(episode.labels.len(), 1);
}

#[test]
fn gaps_are_where_there_is_no_point() {
    let coverage = covered(&[100, 200, 500, 600], 100, 0, 1000);
    assert_eq!(coverage.first.unwrap().as_millisecond(), 100);
    assert_eq!(coverage.last.unwrap().as_millisecond(), 600);
    assert_eq!(coverage.gaps.len(), 1);
    assert_eq!(coverage.gaps[0].from.as_millisecond(), 200);
    assert_eq!(coverage.gaps[0].to.as_millisecond(), 500);
    assert!((coverage.ratio - 4.0 / 11.0).abs() < 1e-9);
    let nothing = covered(&[], 100, 0, 1000);
    assert_eq!((nothing.first, nothing.ratio.to_bits()), (None, 0));
}

fn answer(result: &serde_json::Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(
        json!({"status": "success", "data": {"resultType": "matrix", "result": result}}),
    )
}

/// A Prometheus in whose history one alert fired for an hour, and whose answers are never longer than ten minutes.
async fn prometheus() -> MockServer {
    let server = MockServer::start().await;
    let info = json!({"status": "success", "data": {"version": "2.42.0"}});
    let groups =
        json!({"status": "success", "data": {"groups": [{"interval": 60, "rules": [{}]}]}});
    let windows: Vec<_> = (1..=6)
        .map(|n| json!([(BEGIN + n * 10 * MINUTE) / 1000, "1"]))
        .collect();
    for (at, answer) in [
        (
            "/api/v1/status/buildinfo",
            ResponseTemplate::new(200).set_body_json(info),
        ),
        (
            "/api/v1/rules",
            ResponseTemplate::new(200).set_body_json(groups),
        ),
    ] {
        Mock::given(path(at))
            .respond_with(answer)
            .mount(&server)
            .await;
    }
    Mock::given(query_param_contains("query", "count(up"))
        .respond_with(answer(
            &json!([{"metric": {}, "values": [[BEGIN / 1000, "1"]]}]),
        ))
        .mount(&server)
        .await;
    Mock::given(query_param_contains("query", "count_over_time"))
        .respond_with(answer(&json!([{"metric": {}, "values": windows}])))
        .mount(&server)
        .await;
    Mock::given(query_param_contains(
        "query",
        "ALERTS{alertstate=\"firing\",alertname!=\"Heartbeat\"}",
    ))
    .respond_with(|request: &wiremock::Request| {
        let of = |name: &str| -> f64 {
            let mut pairs = request.url.query_pairs();
            pairs
                .find(|(key, _)| key == name)
                .unwrap()
                .1
                .parse()
                .unwrap()
        };
        let (start, end, step) = (of("start"), of("end"), of("step"));
        if end - start > 600.0 {
            return ResponseTemplate::new(422).set_body_json(json!({
                "status": "error", "errorType": "execution",
                "error": "query processing would load too many samples into memory"
            }));
        }
        let mut values = Vec::new();
        let mut at = start;
        while at <= end {
            values.push(json!([at, "1"]));
            at += step;
        }
        answer(&json!([{"metric": {"alertname": "ServiceDown"}, "values": values}]))
    })
    .mount(&server)
    .await;
    server
}

#[tokio::test]
async fn what_is_too_much_for_one_answer_is_read_in_parts() {
    let server = prometheus().await;
    let client = Prometheus::new(&server.uri().parse().unwrap()).unwrap();
    let span = read(Vec::new()).span;
    let policy = policy("rules: []\n");
    let reading = super::super::reading::read(&client, &policy, span)
        .await
        .unwrap();
    assert_eq!(reading.step, Duration::from_mins(1));
    assert_eq!(reading.episodes.len(), 1, "{:?}", reading.episodes);
    let episode = &reading.episodes[0];
    assert_eq!(
        (episode.from - BEGIN, episode.to - BEGIN),
        (0, HOUR + MINUTE)
    );
}

#[tokio::test]
async fn a_prometheus_that_cannot_be_asked_is_an_error() {
    let client = Prometheus::new(&"http://127.0.0.1:1".parse().unwrap()).unwrap();
    let span = read(Vec::new()).span;
    let outcome = rehearse(&client, &policy("rules: []\n"), span, Assume::Success).await;
    assert!(outcome.is_err());
}
