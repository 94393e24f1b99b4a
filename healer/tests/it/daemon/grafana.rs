//! A repair becomes a region in Grafana, once: also when Grafana fails at first, or its answer is lost.

use std::sync::Mutex;

use prunelle_sandbox::{Options, wait_until};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::fixture::{Daemon, LIMIT};

/// Keeps annotations as Grafana does, and finds them by a tag; the first answer is lost after it was kept.
struct Shelf {
    kept: Mutex<Vec<Value>>,
    fails_before: Mutex<Vec<u16>>,
}

impl wiremock::Respond for Shelf {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if request
            .headers
            .get("authorization")
            .is_none_or(|it| it != "Bearer glsa_1")
        {
            return ResponseTemplate::new(401).set_body_json(json!({"message": "Unauthorized"}));
        }
        let mut kept = self.kept.lock().unwrap();
        if request.method == "GET" {
            let pairs: Vec<_> = request.url.query_pairs().collect();
            let wanted = pairs
                .iter()
                .find(|(key, _)| key == "tags")
                .unwrap()
                .1
                .clone();
            let has = |one: &&Value| one["tags"].as_array().unwrap().contains(&json!(wanted));
            let found: Vec<&Value> = kept.iter().filter(has).collect();
            return ResponseTemplate::new(200).set_body_json(found);
        }
        let failure = self.fails_before.lock().unwrap().pop();
        if failure == Some(503) {
            return ResponseTemplate::new(503).insert_header("retry-after", "1");
        }
        kept.push(serde_json::from_slice(&request.body).unwrap());
        match failure {
            // Kept, and the answer says otherwise.
            Some(status) => ResponseTemplate::new(status).insert_header("retry-after", "1"),
            None => ResponseTemplate::new(200)
                .set_body_json(json!({"message": "Annotation added", "id": kept.len()})),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_repair_is_one_region_whatever_grafana_answers_at_first() {
    let server = MockServer::start().await;
    let shelf = Shelf {
        kept: Mutex::default(),
        // The last is the first.
        fails_before: Mutex::new(vec![500, 503]),
    };
    Mock::given(path("/api/annotations"))
        .respond_with(shelf)
        .mount(&server)
        .await;
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "glsa_1\n").unwrap();
    let more = vec![
        format!("--grafana.url={}", server.uri()),
        format!("--grafana.token-file={}", token.display()),
    ];
    tokio::task::block_in_place(|| {
        let unit = "[Service]\nExecStart=/bin/sleep infinity\n";
        let options = Options::default().unit("victim.service", unit);
        let mut daemon = Daemon::with_more(options, super::fixture::POLICY, more, Vec::new());
        daemon.fire("victim.service", "1");
        let outcome = daemon.outcome();
        assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
        let written = "prunelle_healer_grafana_annotations_total{result=\"written\"}";
        wait_until("the region is there", LIMIT, || {
            (daemon.metric(written)? == "1").then_some(())
        })
        .unwrap_or_else(|error| panic!("{error}\n{}", daemon.log()));
        // Another start annotates nothing again.
        daemon.kill();
        daemon.start_again();
        daemon.resolve("victim.service", "1");
        daemon.manager.kill_main("victim.service").unwrap();
        daemon
            .manager
            .wait_for("victim.service", "failed", LIMIT)
            .unwrap();
        daemon.fire("victim.service", "2");
        daemon.outcomes(2);
        wait_until("the second region is there", LIMIT, || {
            (daemon.metric(written)? == "1").then_some(())
        })
        .unwrap_or_else(|error| panic!("{error}\n{}", daemon.log()));
        daemon.stop();
    });
    let requests = server.received_requests().await.unwrap();
    let posted: Vec<Value> = requests
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect();
    assert_eq!(
        posted.len(),
        3,
        "refused, kept with its answer lost, and the second: {posted:?}"
    );
    assert_eq!(posted[0], posted[1]);
    let of = |body: &Value, start: &str| {
        let tags: Vec<&str> = body["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap())
            .collect();
        for tag in [
            "prunelle",
            "alert:ServiceDown",
            "remedy:restart_service",
            "outcome:success",
        ] {
            assert!(tags.contains(&tag), "{tag}: {tags:?}");
        }
        let start: jiff::Timestamp = start.parse().unwrap();
        assert_eq!(body["time"], start.as_millisecond());
        assert!(body["timeEnd"].as_i64() > body["time"].as_i64());
    };
    of(&posted[1], "2026-01-01T00:00:01Z");
    of(&posted[2], "2026-01-01T00:00:02Z");
}
