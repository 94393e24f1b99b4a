//! The generic webhook: its body, templates of one's own, and the signature as a receiver verifies it.

use std::collections::BTreeMap;
use std::path::Path;

use aws_lc_rs::hmac;
use serde_json::Value;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::kit;
use crate::notify::webhook::Template;
use crate::policy::{Integration, PostAddress};

async fn server() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    server
}

fn webhook(server: &MockServer) -> Integration {
    Integration::Webhook {
        to: PostAddress::Written(format!("{}/hook", server.uri())),
        token_file: None,
        secret_file: None,
        template_file: None,
        headers: BTreeMap::new(),
    }
}

#[tokio::test]
async fn the_body_is_the_message_in_words_and_as_it_is() {
    let server = server().await;
    let channel = kit::made(webhook(&server)).unwrap();
    let receipt = kit::send(&channel, &kit::wording()).await.unwrap();
    assert_eq!(receipt.0, "127.0.0.1 answers 204 No Content");
    let body = &kit::bodies(&server).await[0];
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    let mut expected = vec![
        "content",
        "created",
        "facts",
        "footer",
        "id",
        "incident",
        "items",
        "lead",
        "links",
        "next",
        "sent_before",
        "severity",
        "steps",
        "subject",
        "tone",
        "version",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(body["version"], "1");
    assert_eq!(body["id"], "m-1");
    assert_eq!(body["incident"], "abc-17");
    assert_eq!(body["severity"], "critical");
    assert_eq!(body["facts"][0]["value"], "web1");
    assert_eq!(body["steps"][0]["at"], "2026-11-24T09:00:01Z");
    assert_eq!(body["content"]["kind"], "test");
}

/// As the page on notifications shows it: by time and body, compared in constant time, within five minutes.
fn is_genuine(key: &[u8], request: &wiremock::Request, now: i64) -> bool {
    let header = |name: &str| request.headers[name].to_str().unwrap();
    let timestamp = header("x-prunelle-timestamp");
    let hex = header("x-prunelle-signature")
        .strip_prefix("sha256=")
        .unwrap();
    let signature: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    let signed = [timestamp.as_bytes(), b".", &request.body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let age = (now - timestamp.parse::<i64>().unwrap()).abs();
    hmac::verify(&key, &signed, &signature).is_ok() && age <= 300
}

#[tokio::test]
async fn the_signature_holds_for_its_time_and_its_body_only() {
    let server = server().await;
    let (_folder, secret_file) = kit::file("the key");
    let (_other, token_file) = kit::file("the token");
    let mut integration = webhook(&server);
    if let Integration::Webhook {
        secret_file: secret,
        token_file: token,
        headers,
        ..
    } = &mut integration
    {
        *secret = Some(secret_file);
        *token = Some(token_file);
        headers.insert("X-Team".to_owned(), "ops".to_owned());
    }
    let channel = kit::made(integration).unwrap();
    kit::send(&channel, &kit::wording()).await.unwrap();
    let mut request = server.received_requests().await.unwrap().remove(0);
    assert_eq!(request.headers["x-prunelle-id"], "m-1");
    assert_eq!(request.headers["x-team"], "ops");
    assert_eq!(request.headers["authorization"], "Bearer the token");
    let now = kit::at("2026-11-24T09:00:10Z").as_second();
    assert!(is_genuine(b"the key", &request, now));
    assert!(!is_genuine(b"another key", &request, now));
    assert!(!is_genuine(b"the key", &request, now + 3600));
    request.body.push(b' ');
    assert!(!is_genuine(b"the key", &request, now));
    request.body.pop();
    let later = wiremock::http::HeaderValue::from(now + 1);
    request.headers.insert("x-prunelle-timestamp", later);
    assert!(!is_genuine(b"the key", &request, now));
}

async fn templated(
    name: &str,
    text: &str,
    wording: &crate::notify::wording::Wording,
) -> Result<(String, String), String> {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    let mut integration = webhook(&server);
    if let Integration::Webhook { template_file, .. } = &mut integration {
        *template_file = Some(file);
    }
    let channel = kit::made(integration)?;
    kit::send(&channel, wording)
        .await
        .map_err(|error| error.to_string())?;
    let request = server.received_requests().await.unwrap().remove(0);
    let content_type = request.headers["content-type"].to_str().unwrap().to_owned();
    Ok((String::from_utf8(request.body).unwrap(), content_type))
}

#[tokio::test]
async fn a_template_of_ones_own_makes_the_body() {
    let text = "{{ subject }} ({{ severity }})\n{% for step in steps %}- {{ step.at_text }} {{ step.text }}\n{% endfor %}{{ content.incident.alert }}";
    let (body, content_type) = templated("body.txt", text, &kit::wording()).await.unwrap();
    assert_eq!(
        body,
        format!(
            "{} (critical)\n- 10:00:01 restart of nginx.service\n",
            kit::wording().subject
        )
    );
    assert_eq!(content_type, "text/plain; charset=utf-8");
}

#[tokio::test]
async fn no_label_breaks_out_of_a_template_of_json() {
    let text = r#"{"title": {{ subject }}, "severity": {{ severity }}, "all": {{ facts }}}"#;
    for name in ["body.json", "body.json.j2"] {
        let mut wording = kit::hostile();
        wording.subject = "\", \"admin\": true, \"x\": \"\n\\".to_owned();
        let (body, content_type) = templated(name, text, &wording).await.unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["title"], wording.subject);
        assert!(body.get("admin").is_none());
        assert_eq!(body["all"][0]["value"], kit::HOSTILE);
        assert_eq!(content_type, "application/json");
    }
}

#[tokio::test]
async fn what_a_template_makes_is_looked_at_before_it_is_sent() {
    let said = templated("body.json", "{\"a\": }", &kit::wording())
        .await
        .unwrap_err();
    assert!(
        said.contains("is no JSON") && said.contains("body.json"),
        "{said}"
    );
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    let said = templated("body.txt", endless, &kit::wording())
        .await
        .unwrap_err();
    assert!(said.contains("body.txt:1: "), "{said}");
}

/// The page on telling people shows one that works.
#[tokio::test]
async fn the_template_that_is_documented_makes_json() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/notifications.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once("### A body of your own").unwrap();
    let template = rest.split("```").nth(1).unwrap();
    let (body, _) = templated("body.json", template, &kit::wording())
        .await
        .unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["title"], kit::wording().subject);
    assert_eq!(
        (&body["urgency"], &body["host"]),
        (&Value::from(1), &Value::from("unknown"))
    );
}

#[test]
fn what_is_wrong_with_a_template_is_told_with_its_line() {
    for (text, line) in [
        ("a\n{{ subject", 2),
        ("{% if x %}\nno end", 1),
        ("\n\n{{ subject | nofilter }}", 3),
        ("{% include 'other' %}", 1),
        ("a\nb\n{{ nofunction() }}", 3),
    ] {
        let file = Path::new("/t/body.txt");
        let said = Template::parse(file, text.to_owned())
            .and_then(|template| template.render(&serde_json::json!({"subject": "s"})))
            .expect_err(text)
            .to_string();
        assert!(
            said.starts_with(&format!("/t/body.txt:{line}: ")),
            "{text}: {said}"
        );
    }
}
