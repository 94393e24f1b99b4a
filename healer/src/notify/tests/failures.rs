//! What becomes of a message when the other side fails, in every way in which it can.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::kit;
use crate::notify::channel::SendError;
use crate::notify::post::{Parcel, Post};
use crate::policy::{Integration, PostAddress};

async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(template)
        .mount(&server)
        .await;
    server
}

fn post(url: &str) -> Post {
    let to = PostAddress::Written(url.to_owned());
    Post::new(&to, url.parse().unwrap())
        .unwrap()
        .within(Duration::from_millis(500))
}

async fn failure(template: ResponseTemplate) -> SendError {
    let server = answering(template).await;
    let parcel = Parcel::json(&serde_json::json!({"a": 1}));
    post(&server.uri()).send(parcel).await.unwrap_err()
}

fn temporary(why: &str, retry_after: Option<u64>) -> SendError {
    SendError::Temporary {
        why: why.to_owned(),
        retry_after: retry_after.map(Duration::from_millis),
    }
}

#[tokio::test]
async fn what_passes_is_tried_again_and_when_the_other_side_says_so() {
    let said = |status| ResponseTemplate::new(status).set_body_string("busy");
    assert_eq!(
        failure(said(429).insert_header("retry-after", "7")).await,
        temporary("127.0.0.1 answers 429 Too Many Requests: busy", Some(7000))
    );
    let in_a_minute = said(503)
        .insert_header("retry-after", "Tue, 24 Nov 2026 10:01:00 GMT")
        .insert_header("date", "Tue, 24 Nov 2026 10:00:00 GMT");
    assert_eq!(
        failure(in_a_minute).await,
        temporary(
            "127.0.0.1 answers 503 Service Unavailable: busy",
            Some(60_000)
        )
    );
    // Nobody is believed who wants to be left alone for a week.
    assert_eq!(
        failure(said(429).insert_header("retry-after", "604800")).await,
        temporary(
            "127.0.0.1 answers 429 Too Many Requests: busy",
            Some(3_600_000)
        )
    );
    for status in [500, 502, 504, 408] {
        let failure = failure(said(status)).await;
        assert!(
            matches!(&failure, SendError::Temporary { retry_after: None, why } if why.contains("busy")),
            "{failure:?}"
        );
    }
    // As Discord says it.
    let discord = ResponseTemplate::new(429)
        .insert_header("x-ratelimit-reset-after", "1.5")
        .set_body_json(serde_json::json!({"message": "You are being rate limited.", "retry_after": 1.75, "global": false}));
    assert_eq!(
        failure(discord).await,
        temporary(
            "127.0.0.1 answers 429 Too Many Requests: You are being rate limited.",
            Some(1750)
        )
    );
}

#[tokio::test]
async fn what_will_never_go_is_told_in_the_words_of_the_other_side_with_a_cure() {
    for (status, body, told) in [
        (404, "no_service", "no_service"),
        (
            403,
            r#"{"code":40301,"http":403,"error":"forbidden"}"#,
            "forbidden",
        ),
        (
            400,
            r#"{"message": "Cannot send an empty message", "code": 50006}"#,
            "empty message",
        ),
        (410, "channel_is_archived", "archived"),
        (
            401,
            "<html><h1>Unauthorized</h1>",
            "answers 401 Unauthorized;",
        ),
        (413, "", "413 Payload Too Large"),
        (302, "", "redirects are not followed"),
    ] {
        let template = ResponseTemplate::new(status)
            .insert_header("location", "http://127.0.0.1:1/elsewhere")
            .set_body_string(body);
        match failure(template).await {
            SendError::Permanent { why } => {
                assert!(why.contains(told) && why.contains("; "), "{why}");
                assert!(!why.contains("elsewhere"), "{why}");
            }
            other @ SendError::Temporary { .. } => panic!("{status}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn who_does_not_answer_or_is_not_there_is_tried_again() {
    let hangs = failure(ResponseTemplate::new(200).set_delay(Duration::from_mins(1))).await;
    assert_eq!(
        hangs,
        temporary("127.0.0.1 cannot be reached: no answer in time", None)
    );
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let parcel = Parcel::json(&serde_json::json!({}));
    let refused = post(&format!("http://127.0.0.1:{port}/a"))
        .send(parcel)
        .await;
    match refused.unwrap_err() {
        SendError::Temporary { why, .. } => {
            assert!(why.starts_with("127.0.0.1 cannot be reached: "), "{why}");
            assert!(why.contains("onnection refused"), "{why}");
        }
        other @ SendError::Permanent { .. } => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_without_an_end_costs_little_and_the_message_counts_as_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let endless = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
        let mut written = 0_usize;
        // Ends when the other side has had enough.
        while stream.write_all(chunk.as_bytes()).await.is_ok() {
            written += chunk.len();
            assert!(written < 64 << 20, "all of it is read");
        }
    };
    let post = post(&format!("http://{address}/a"));
    let sending = async {
        let parcel = Parcel::json(&serde_json::json!({}));
        let receipt = post.send(parcel).await.unwrap();
        drop(post);
        receipt
    };
    let ((), receipt) = tokio::join!(endless, sending);
    assert!(
        receipt.0.starts_with("127.0.0.1 answers 200 OK: xxx"),
        "{receipt:?}"
    );
    assert!(receipt.0.len() < 400);
}

/// After the last message that is allowed, the next waits here and is not refused there.
#[tokio::test]
async fn a_limit_that_is_used_up_is_respected_before_it_is_overrun() {
    let server = answering(
        ResponseTemplate::new(200)
            .insert_header("x-ratelimit-remaining", "0")
            .insert_header("x-ratelimit-reset-after", "30"),
    )
    .await;
    let post = post(&server.uri());
    let parcel = || Parcel::json(&serde_json::json!({}));
    post.send(parcel()).await.unwrap();
    match post.send(parcel()).await.unwrap_err() {
        SendError::Temporary {
            retry_after: Some(left),
            ..
        } => {
            assert!(
                left > Duration::from_secs(25) && left <= Duration::from_secs(30),
                "{left:?}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[test]
fn a_channel_that_cannot_be_made_says_why_and_what_to_do() {
    let slack = |url_file: &std::path::Path| {
        kit::made(Integration::Slack {
            url_file: url_file.to_owned(),
            channel: None,
        })
        .unwrap_err()
    };
    let said = slack(std::path::Path::new("/nonexistent/slack-url"));
    assert!(
        said.contains("/nonexistent/slack-url") && said.contains("chmod"),
        "{said}"
    );
    let (_folder, file) = kit::file("canary-not-an-address");
    let said = slack(&file);
    assert!(
        said.contains("does not hold an address") && !said.contains("canary"),
        "{said}"
    );
    let (_folder, file) = kit::file("");
    assert!(slack(&file).contains("is empty"));
    let (_folder, file) = kit::file("https://ntfy.example.org/");
    let said = kit::made(Integration::Ntfy {
        to: PostAddress::InFile(file),
        token_file: None,
        priority: None,
        tags: Vec::new(),
    })
    .unwrap_err();
    assert!(said.contains("no topic"), "{said}");
}
