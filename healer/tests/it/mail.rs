//! Mail over real SMTP: what arrives is read by Python's parser, and servers that greylist, refuse, hang or hang up lose
//! nothing and get nothing twice.

mod content;
mod delivery;
mod protection;
pub(crate) mod server;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::lifecycle::Lifecycle;
use prunelle_healer::incident::{IncidentId, Severity};
use prunelle_healer::notify::channel::{Channel, Envelope, Receipt, SendError};
use prunelle_healer::notify::mail::{self, MailLimits, MailMakings};
use prunelle_healer::notify::message::{Content, IncidentNews, Message, MessageId, News};
use prunelle_healer::notify::settled::InMemory;
use prunelle_healer::notify::wording::Wording;
use prunelle_healer::notify::words::{About, Reader, word};
use prunelle_healer::policy::Language;
use prunelle_healer::settings::{Encryption, Mail, MailServer};
use serde_json::json;

use self::server::Server;

const OPS: &str = "Équipe Ops <ops@example.org>";

/// By a server on this machine.
fn settings(server: &Server) -> MailServer {
    MailServer {
        host: "localhost".to_owned(),
        port: server.port,
        encryption: Encryption::Clear,
        user: None,
        password_file: None,
        ca_file: None,
        from: "Prunelle <prunelle@example.org>".parse().unwrap(),
        to: Vec::new(),
    }
}

fn channel(settings: MailServer, to: &[&str]) -> Arc<dyn Channel> {
    let to: Vec<String> = to.iter().map(|address| (*address).to_owned()).collect();
    let makings = MailMakings {
        mail: Mail::Ready(Arc::new(settings)),
        hostname: "web1.example.org".to_owned(),
        limits: MailLimits {
            connect: Duration::from_secs(5),
            deliver: Duration::from_secs(5),
        },
    };
    mail::channel(&to, &makings, &Lifecycle::new().tasks()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_534_990 + second).unwrap()
}

/// nginx is down; with labels as somebody wrote them.
fn news(news: News, name: &str, number: u32) -> Message {
    let incident = serde_json::from_value(json!({
        "id": "00112233aabbccdd-7", "key": "00112233aabbccdd", "alert": "ServiceDown",
        "labels": {"alertname": "ServiceDown", "name": name, "instance": "web1:9750", "severity": "critical"},
        "annotations": {"value": "down", "threshold": "up", "unit": "state", "runbook_url": "https://example.org/r"},
        "severity": "critical", "began": at(0).to_string(), "noticed": at(1).to_string(), "ended": null,
        "fingerprints": ["0000000000000001"], "firing": [], "relapses": 0, "decisions": [],
        "attempts": [{
            "at": at(4).to_string(), "action_type": "service_restart", "service": null,
            "target": format!("unit:{name}"), "outcome": "FAILED", "reason": "remedy_failed",
            "message": "the job on `nginx.service` ended as failed", "duration_ms": 640,
        }],
        "ends": [],
    }))
    .unwrap();
    Message {
        id: MessageId(format!("0192-web1.{number}")),
        created: at(6 + i64::from(number)),
        content: Content::Incident(Box::new(IncidentNews {
            news,
            incident,
            sent_before: number,
        })),
    }
}

fn worded(message: &Message, language: Language) -> Wording {
    let reader = Reader {
        language,
        time_zone: jiff::tz::TimeZone::get("Europe/Paris").unwrap(),
    };
    let about = About {
        hostname: "web1".to_owned(),
        version: "0.1.0".to_owned(),
        grafana_url: Some("https://grafana.example.org".parse().unwrap()),
        alertmanager_url: None,
    };
    word(message, &reader, &about)
}

async fn send(
    channel: &Arc<dyn Channel>,
    message: &Message,
    wording: &Wording,
) -> Result<Receipt, SendError> {
    send_anew(channel, message, wording, &InMemory::default()).await
}

/// With what is known of earlier tries.
async fn send_anew(
    channel: &Arc<dyn Channel>,
    message: &Message,
    wording: &Wording,
    register: &InMemory,
) -> Result<Receipt, SendError> {
    let (thread, sent_before) = match &message.content {
        Content::Incident(news) => (Some(news.incident.id.clone()), news.sent_before),
        _ => (None, 0),
    };
    let thread: Option<IncidentId> = thread;
    let envelope = Envelope {
        id: &message.id,
        thread: thread.as_ref(),
        sent_before,
        created: message.created,
        severity: Severity::Critical,
        message,
        register,
    };
    channel.send(wording, &envelope).await
}

/// A mail as it arrives.
pub(crate) struct Arrived {
    /// Its page.
    pub(crate) html: String,
    /// The same as plain text.
    pub(crate) text: String,
}

/// Messages as they arrive.
pub(crate) async fn arrived(messages: &[(Message, Wording)]) -> Vec<Arrived> {
    let mut server = Server::start("ok").await;
    let channel = channel(settings(&server), &[OPS]);
    let mut mails = Vec::new();
    for (message, wording) in messages {
        send(&channel, message, wording).await.unwrap();
        let mail = &server.next().await["mail"];
        let part = |number: usize| mail["parts"][number]["text"].as_str().unwrap().to_owned();
        mails.push(Arrived {
            text: part(0),
            html: part(1),
        });
    }
    mails
}

/// One mail about nginx, in English.
async fn send_one(channel: &Arc<dyn Channel>) -> Result<Receipt, SendError> {
    let message = news(News::Began, "nginx.service", 0);
    send(channel, &message, &worded(&message, Language::English)).await
}

/// The same mail, tried again and again with what is known of earlier tries.
#[derive(Default)]
struct Tries(InMemory);

impl Tries {
    async fn send(&self, channel: &Arc<dyn Channel>) -> Result<Receipt, SendError> {
        let message = news(News::Began, "nginx.service", 0);
        let wording = worded(&message, Language::English);
        send_anew(channel, &message, &wording, &self.0).await
    }
}

#[track_caller]
fn why_later(sent: Result<Receipt, SendError>) -> String {
    match sent {
        Err(SendError::Temporary { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn why_never(sent: Result<Receipt, SendError>) -> String {
    match sent {
        Err(SendError::Permanent { why }) => why,
        other => panic!("{other:?}"),
    }
}

fn write(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}
