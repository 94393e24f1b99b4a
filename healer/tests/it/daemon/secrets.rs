//! Secrets are planted wherever the daemon may use one, everything is made to succeed and to fail with them, and then all
//! that anybody could read is searched for them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prunelle_sandbox::{Options, http, wait_until};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::fixture::{Daemon, LIMIT};
use crate::mail::server::Server as MailServer;

const URL: &str = "CANARYurl7f3a";
const QUERY: &str = "CANARYquery7f3a";
const TOKEN: &str = "CANARYtoken7f3a";
const KEY: &str = "CANARYkey7f3a";
const GRAFANA: &str = "CANARYgrafana7f3a";
const SMTP: &str = "CANARYsmtp7f3a";
/// Part of each.
const CANARY: &str = "7f3a";
/// The token of the webhook, by the fixture.
const WEBHOOK: &str = "a-token-of-the-tests";

/// Answers by what stands in the path, and repeats all that it was told, as a careless server does.
fn repeat(request: &Request) -> ResponseTemplate {
    let path = request.url.path();
    let status = match path {
        _ if path.contains("/refuse") => 404,
        _ if path.contains("/fail") => 500,
        _ if path.contains("/move") => 302,
        _ => 200,
    };
    let headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
        .collect();
    // Whom it signs for, this server knows the key as well.
    let is_signed = request.headers.contains_key("x-prunelle-signature");
    let key = if is_signed { KEY } else { "" };
    if request.method == "GET" {
        return ResponseTemplate::new(200).set_body_json(json!([]));
    }
    ResponseTemplate::new(status)
        .insert_header("location", request.url.as_str())
        .set_body_string(format!("{} {} {key}", request.url, headers.join(" ")))
}

/// Plants the secrets; the policy's receivers.
fn receivers(folder: &Path, server: &str) -> String {
    let plant = |name: &str, text: &str| -> PathBuf {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let token = plant("token", TOKEN);
    let key = plant("key", KEY);
    plant("grafana", GRAFANA);
    plant("smtp", SMTP);
    let mut receivers = String::new();
    let nowhere = "http://127.0.0.1:1".to_owned();
    for (name, base) in [
        ("taken", server.to_owned()),
        ("refused", format!("{server}/refuse")),
        ("failing", format!("{server}/fail")),
        ("moved", format!("{server}/move")),
        ("nowhere", nowhere),
    ] {
        let url = plant(
            &format!("{name}-url"),
            &format!("{base}/services/{URL}?sig={QUERY}"),
        );
        let topic = plant(&format!("{name}-topic"), &format!("{base}/{URL}"));
        let (url, topic) = (url.display(), topic.display());
        let (token, key) = (token.display(), key.display());
        let _ = write!(
            receivers,
            "  {name}:
    slack: {{url_file: {url}}}
    teams: {{url_file: {url}}}
    discord: {{url_file: {url}}}
    mattermost: {{url_file: {url}}}
    ntfy: {{url_file: {topic}, token_file: {token}}}
    webhook: {{url_file: {url}, token_file: {token}, secret_file: {key}}}
"
        );
    }
    let no_address = plant("no-address", URL);
    let _ = writeln!(
        receivers,
        "  broken: {{slack: {{url_file: {}}}}}",
        no_address.display()
    );
    receivers
}

const NAMES: [&str; 6] = ["taken", "refused", "failing", "moved", "nowhere", "broken"];

fn policy(receivers: &str) -> String {
    format!(
        "
version: 1
host: {{label: instance, is: ['test:9750']}}
mode: enforce
defaults:
  boot_grace: 0s
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {{unit: {{label: name, allow: ['victim.service']}}}}
    ladder:
      - remedy: restart_service
        attempts: 1
        verify: {{unit_active: {{stable_for: 1s}}}}
        within: 20s
    escalate: {{receivers: [{}]}}
receivers:
{receivers}",
        NAMES.join(", ")
    )
}

/// A user with a password, and the receiver that `EMAIL_TO` makes.
fn mail_settings(mail: &MailServer, password: &Path) -> Vec<String> {
    let authority = mail.authority.as_deref().unwrap_or(Path::new("/"));
    vec![
        "EMAIL_ALERTS_ENABLED=True".to_owned(),
        "SMTP_HOST=localhost".to_owned(),
        format!("SMTP_PORT={}", mail.port),
        format!("SMTP_CA_FILE={}", authority.display()),
        "SMTP_USER=prunelle".to_owned(),
        format!("SMTP_PASSWORD_FILE={}", password.display()),
        "EMAIL_FROM=prunelle@example.org".to_owned(),
        "EMAIL_TO=ops@example.org".to_owned(),
    ]
}

/// All files below a folder, as they are.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            files(&path, found);
        } else if kind.is_file() {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// Each secret went where it belongs: else finding it nowhere would mean nothing.
async fn assert_used(server: &MockServer) {
    let used = server.received_requests().await.unwrap();
    let told: Vec<String> = used
        .iter()
        .map(|request| {
            let body = String::from_utf8_lossy(&request.body);
            format!("{} {:?} {body}", request.url, request.headers)
        })
        .collect();
    for canary in [URL, QUERY, TOKEN, GRAFANA] {
        let is_used = told.iter().any(|request| request.contains(canary));
        assert!(is_used, "{canary} was never used");
    }
    let is_signed = |request: &Request| request.headers.contains_key("x-prunelle-signature");
    assert!(used.iter().any(is_signed), "{KEY} was never used");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_in_anything_that_anybody_can_read() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(repeat).mount(&server).await;
    // It refuses every password, and repeats it.
    let mail = MailServer::with("wrong", "starttls", Some("another")).await;
    let secrets = tempfile::tempdir().unwrap();
    let receivers = receivers(secrets.path(), &server.uri());
    let grafana_token = secrets.path().join("grafana").display().to_string();
    let more = vec![
        "--log.level=trace".to_owned(),
        format!("--grafana.url={}/fail", server.uri()),
        format!("--grafana.token-file={grafana_token}"),
    ];
    let environment = mail_settings(&mail, &secrets.path().join("smtp"));
    let (said, daemon) = tokio::task::block_in_place(|| {
        let unit = "[Service]\nExecStart=/bin/sleep infinity\n";
        let options = Options::default().unit("victim.service", unit);
        let mut daemon = Daemon::with_more(options, &policy(&receivers), more, environment);
        let mut said = Vec::new();
        for name in NAMES {
            let text = daemon.cli_whole(&["notify", "test", name]);
            assert!(
                text.contains(if name == "taken" { "sent" } else { "FAILED" }),
                "{text}"
            );
            said.push(text);
        }
        let text = daemon.cli_whole(&["notify", "test", "environment"]);
        assert!(text.contains("FAILED") && text.contains("535"), "{text}");
        said.push(text);
        // Also without a daemon, by the command itself.
        said.push(daemon.cli_whole(&["notify", "test", "taken", "--runtime.path=/nonexistent"]));
        daemon.fire("victim.service", "1");
        daemon.outcome();
        // Annotating fails, and is tried again.
        let failed = "prunelle_healer_grafana_annotations_total{result=\"failed\"}";
        wait_until("an annotation has failed", LIMIT, || {
            (daemon.metric(failed)? != "0").then_some(())
        })
        .unwrap();
        for arguments in [
            &["status"][..],
            &["status", "--json"],
            &["doctor"],
            &["doctor", "--json"],
            &["history", "--json"],
            &["notify", "list", "--json"],
            &["check-config"],
        ] {
            said.push(daemon.cli_whole(arguments));
        }
        for page in ["/metrics", "/", "/-/ready", "/-/healthy"] {
            said.push(http::get(daemon.port(), page).map_or(String::new(), |it| it.body));
        }
        daemon.stop();
        (said, daemon)
    });
    assert_used(&server).await;
    let logins = mail.end().await;
    let has_password = |login: &Value| login["refused"][1] == SMTP;
    // By the trial, and by the news of the incident.
    assert!(
        logins.len() > 1 && logins.iter().all(has_password),
        "{logins:?}"
    );
    let mut everything: Vec<(String, Vec<u8>)> = said
        .into_iter()
        .map(|text| ("a command or a page".to_owned(), text.into_bytes()))
        .collect();
    files(daemon.dir(), &mut everything);
    let names: Vec<&str> = everything.iter().map(|(name, _)| name.as_str()).collect();
    for part in ["journal", "actions.jsonl", "healer.log"] {
        assert!(
            names.iter().any(|name| name.contains(part)),
            "{part}: {names:?}"
        );
    }
    for (name, bytes) in &everything {
        let text = String::from_utf8_lossy(bytes);
        let secrets = if name.ends_with("/token") {
            // The fixture's own, which Alertmanager needs.
            &[CANARY][..]
        } else {
            &[CANARY, WEBHOOK][..]
        };
        for secret in secrets {
            if let Some(at) = text.find(secret) {
                let from = text.floor_char_boundary(at.saturating_sub(300));
                let to = text.ceil_char_boundary((at + 100).min(text.len()));
                panic!("{name} holds a secret: …{}…", &text[from..to]);
            }
        }
    }
}
