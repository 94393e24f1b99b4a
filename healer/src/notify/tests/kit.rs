//! Messages to send, channels to send them by, and servers that look at what they get.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, ManualClock, Now, SharedClock};
use prunelle_foundation::lifecycle::Lifecycle;
use serde_json::Value;
use tempfile::TempDir;
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::incident::{IncidentId, Severity};
use crate::notify::channel::{Channel, Envelope, Receipt, SendError};
use crate::notify::channels::{self, Makings};
use crate::notify::mail::MailMakings;
use crate::notify::message::{Content, Message, MessageId};
use crate::notify::settled::InMemory;
use crate::notify::wording::{Fact, Item, Link, Step, Tone, Wording};
use crate::policy::{Integration, Receiver};
use crate::settings::Mail;

/// What an attacker would write into a label: every service's mentions, links and markup.
pub(super) const HOSTILE: &str = "<!channel> <!here|x> <@U012AB3CD> <#C01> <https://evil.example|click> @everyone @here \
    @channel @all <@&123> <@!123> [click](https://evil.example) ![i](http://evil.example/i.png) **bold** _it_ ~~s~~ `code` \
    # head\n> quote\n- list\n||spoiler|| {{DATE(2020-01-01T00:00:00Z,SHORT)}} <at>all</at> & \"q\" \\ \u{202e}gnp.exe \
    \u{1b}[31m www.evil.example ~town-square #tag";

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// As people get it.
pub(super) fn wording() -> Wording {
    Wording {
        language: crate::policy::Language::English,
        subject: "✅ nginx.service was down on web1 and was repaired in 0.9 s".to_owned(),
        lead: "nginx.service had failed. It was restarted, and stayed up.".to_owned(),
        tone: Tone::Good,
        facts: vec![
            fact("Host", "web1"),
            fact("Severity", "critical"),
            fact("Failed", "2026-11-24 10:00:00 CET"),
        ],
        steps: vec![step("10:00:01", "restart of nginx.service", Tone::Good)],
        items: Vec::new(),
        next: Some("Nothing is left to do.".to_owned()),
        links: vec![
            link("Dashboard", "https://grafana.example.org/d/x?a=1&b=2"),
            link("Runbook", "https://docs.example.org/runbooks/ServiceDown"),
        ],
        footer: "prunelle-healer on web1, receiver ops".to_owned(),
        attachments: Vec::new(),
    }
}

/// Every text is what an attacker would write.
pub(super) fn hostile() -> Wording {
    let text = || HOSTILE.to_owned();
    Wording {
        language: crate::policy::Language::English,
        subject: text(),
        lead: text(),
        facts: vec![fact(HOSTILE, HOSTILE)],
        steps: vec![step(HOSTILE, HOSTILE, Tone::Critical)],
        items: vec![item(HOSTILE, HOSTILE)],
        next: Some(text()),
        links: vec![
            link(HOSTILE, "https://ok.example/a|b>c<d)e?f=<!here>&g=*_`~"),
            link("script", "javascript:alert(1)"),
            link("file", "file:///etc/passwd"),
            link("mention", "<!channel>"),
        ],
        footer: text(),
        ..wording()
    }
}

/// More of everything than any service takes, in letters of four bytes.
pub(super) fn huge() -> Wording {
    huge_of("🔥<&*")
}

/// More of everything than any service takes.
pub(super) fn huge_of(letters: &str) -> Wording {
    let text = |length: usize| letters.repeat(length);
    Wording {
        language: crate::policy::Language::English,
        subject: text(2000),
        lead: text(20_000),
        facts: (0..100).map(|_| fact(&text(500), &text(3000))).collect(),
        steps: (0..500)
            .map(|_| step("10:00", &text(500), Tone::Critical))
            .collect(),
        items: (0..500).map(|_| item("10:00", &text(500))).collect(),
        next: Some(text(20_000)),
        links: (0..50)
            .map(|_| {
                link(
                    &text(500),
                    &format!("https://ok.example/{}", "a".repeat(900)),
                )
            })
            .collect(),
        footer: text(5000),
        ..wording()
    }
}

/// Nothing at all.
pub(super) fn empty() -> Wording {
    Wording {
        language: crate::policy::Language::English,
        subject: String::new(),
        lead: String::new(),
        facts: vec![fact("", "")],
        steps: Vec::new(),
        next: None,
        links: Vec::new(),
        footer: String::new(),
        ..wording()
    }
}

fn fact(label: &str, value: &str) -> Fact {
    Fact {
        label: label.to_owned(),
        value: value.to_owned(),
    }
}

fn step(at_text: &str, text: &str, tone: Tone) -> Step {
    Step {
        at: at("2026-11-24T09:00:01Z"),
        at_text: at_text.to_owned(),
        text: text.to_owned(),
        tone,
    }
}

fn item(at_text: &str, text: &str) -> Item {
    Item {
        at_text: at_text.to_owned(),
        text: text.to_owned(),
        tone: Tone::Warning,
    }
}

fn link(label: &str, url: &str) -> Link {
    Link {
        label: label.to_owned(),
        url: url.to_owned(),
    }
}

/// Sends the words by the channel.
pub(super) async fn send(
    channel: &Arc<dyn Channel>,
    wording: &Wording,
) -> Result<Receipt, SendError> {
    let message = Message {
        id: MessageId("m-1".to_owned()),
        created: at("2026-11-24T09:00:02Z"),
        content: Content::Test,
    };
    let thread = IncidentId("abc-17".to_owned());
    let envelope = Envelope {
        id: &message.id,
        thread: Some(&thread),
        sent_before: 0,
        created: message.created,
        severity: Severity::Critical,
        message: &message,
        register: &InMemory::default(),
    };
    channel.send(wording, &envelope).await
}

/// The channel that the daemon would make of it.
pub(super) fn made(integration: Integration) -> Result<Arc<dyn Channel>, String> {
    let kind = integration.kind();
    let receiver = Receiver {
        name: "ops".to_owned(),
        language: None,
        limit: None,
        integrations: vec![integration],
    };
    let lifecycle = Lifecycle::new();
    let makings = Makings {
        clock: clock(),
        tasks: lifecycle.tasks(),
        mail: MailMakings::new(Mail::Off, "web1".to_owned()),
    };
    let channels = channels::build(&[receiver], &makings);
    channels.get("ops", kind).unwrap().clone()
}

fn clock() -> SharedClock {
    Arc::new(ManualClock::new(Now {
        wall: at("2026-11-24T09:00:03Z"),
        boot: std::time::Duration::from_secs(1000),
        boot_id: BootId::new("b"),
    }))
}

/// A folder with a file in it that holds the text.
pub(super) fn file(text: &str) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{text}\n")).unwrap();
    (folder, file)
}

/// Says what is wrong with a body, by the service's public reference.
pub(super) type Check = fn(&Value) -> Vec<String>;

/// What the service answers when a body is right.
pub(super) struct Service {
    pub(super) check: Check,
    pub(super) status: u16,
    pub(super) answer: &'static str,
}

impl Respond for Service {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let content_type = request.headers.get("content-type");
        if content_type.is_none_or(|value| value != "application/json") {
            return ResponseTemplate::new(415);
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return ResponseTemplate::new(400).set_body_string("no JSON");
        };
        let problems = (self.check)(&body);
        if problems.is_empty() {
            ResponseTemplate::new(self.status).set_body_string(self.answer)
        } else {
            ResponseTemplate::new(400).set_body_string(problems.join("; "))
        }
    }
}

/// A service at the path, and nothing anywhere else.
pub(super) async fn serve(path: &str, service: Service) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path_regex(format!("^{path}$")))
        .respond_with(service)
        .mount(&server)
        .await;
    server
}

/// The bodies that a server got.
pub(super) async fn bodies(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect()
}

/// Every kind of message is taken by a server that looks at it; what it got comes back, in the order of
/// [`wording`], [`hostile`], [`huge`], [`empty`].
pub(super) async fn all_are_taken(
    path: &str,
    service: Service,
    integration: impl FnOnce(&Path) -> Integration,
) -> Vec<Value> {
    let server = serve(path, service).await;
    let (_folder, file) = file(&format!("{}{path}", server.uri()));
    let channel = made(integration(&file)).unwrap();
    for wording in [wording(), hostile(), huge(), empty()] {
        let sent = send(&channel, &wording).await;
        assert!(sent.is_ok(), "{sent:?}");
    }
    bodies(&server).await
}

/// All texts in a value, with their places.
pub(super) fn texts(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((at.to_owned(), text.clone())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                texts(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                texts(member, &format!("{at}/{key}"), found);
            }
        }
        _ => {}
    }
}

/// Whether the character stands there without a backslash before it that takes its meaning.
pub(super) fn is_bare(text: &str, special: char) -> bool {
    let mut is_escaped = false;
    for letter in text.chars() {
        if letter == special && !is_escaped {
            return true;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    false
}
