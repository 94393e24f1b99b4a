//! A worded message as a mail: headers, HTML with its plain-text twin, attachments.
//!
//! The same message makes the same id and date each time, so that a mail that was sent twice around a crash is known as
//! one. All mails of one incident refer to one root, which makes a thread of them in whatever order they arrive.

use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::extension::ClientId;

use super::page;
use crate::notify::channel::Envelope;
use crate::notify::message::Content;
use crate::notify::wording::{Tone, Wording};

/// Writes mails.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    from: Mailbox,
    to: Vec<Mailbox>,
    /// What stands behind the `@` of ids.
    domain: String,
}

impl Writer {
    pub(super) fn new(from: Mailbox, to: Vec<Mailbox>, hostname: &str) -> Self {
        Self {
            from,
            to,
            domain: domain(hostname),
        }
    }

    /// What servers are greeted with: many take no name without a dot, and all take an address in brackets.
    pub(super) fn hello(&self) -> ClientId {
        if self.domain.contains('.') {
            ClientId::Domain(self.domain.clone())
        } else {
            ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST)
        }
    }

    /// The mail, ready to be sent; or why it cannot be made.
    pub(super) fn write(
        &self,
        wording: &Wording,
        envelope: &Envelope<'_>,
    ) -> Result<Vec<u8>, String> {
        let html =
            page::html(wording).map_err(|error| format!("the mail cannot be laid out: {error}"))?;
        let twin = MultiPart::alternative_plain_html(page::text(wording), html);
        let body = if wording.attachments.is_empty() {
            twin
        } else {
            wording
                .attachments
                .iter()
                .fold(MultiPart::mixed().multipart(twin), |body, file| {
                    body.singlepart(attachment(file))
                })
        };
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(one_line(&wording.subject))
            .date(date(envelope))
            .message_id(Some(self.id(&envelope.id.0)));
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        if let Some(thread) = envelope.thread {
            let root = self.id(&format!("incident.{thread}"));
            builder = builder.references(root.clone());
            if envelope.sent_before > 0 {
                builder = builder.in_reply_to(root);
            }
        }
        for header in self.own_headers(wording, envelope) {
            builder = builder.raw_header(header);
        }
        builder
            .multipart(body)
            .map(|mail| mail.formatted())
            .map_err(|error| format!("the mail cannot be made: {error}"))
    }

    fn own_headers(&self, wording: &Wording, envelope: &Envelope<'_>) -> Vec<HeaderValue> {
        let is_urgent = wording.tone == Tone::Critical;
        let priority = if is_urgent {
            ("1", "high")
        } else {
            ("3", "normal")
        };
        let alert = match &envelope.message.content {
            Content::Incident(news) => Some(news.incident.alert.as_str()),
            Content::Gathered(gathered) => gathered.alert.as_deref(),
            Content::Digest(_) | Content::Report(_) | Content::Test => None,
        };
        let mut headers = vec![
            // Nobody's holiday answers this, RFC 3834.
            header("Auto-Submitted", "auto-generated"),
            header("X-Auto-Response-Suppress", "All"),
            header("List-Id", &format!("Prunelle <prunelle.{}>", self.domain)),
            header("X-Priority", priority.0),
            header("Importance", priority.1),
            header("Content-Language", wording.language.as_str()),
            header("X-Prunelle-Severity", envelope.severity.as_str()),
            header(
                "User-Agent",
                concat!("prunelle-healer/", env!("CARGO_PKG_VERSION")),
            ),
        ];
        headers.extend(alert.map(|alert| header("X-Prunelle-Alert", &one_line(alert))));
        headers.extend(
            envelope
                .thread
                .map(|thread| header("X-Prunelle-Incident", &thread.0)),
        );
        headers
    }

    fn id(&self, local: &str) -> String {
        format!("<{}@{}>", dot_atom(local), self.domain)
    }
}

/// To the second; nothing is older than 1970.
fn date(envelope: &Envelope<'_>) -> SystemTime {
    let seconds = u64::try_from(envelope.created.as_second()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), one_line(value))
}

fn attachment(file: &crate::notify::wording::Attachment) -> SinglePart {
    let octets = ContentType::parse("application/octet-stream");
    let content_type = ContentType::parse(&file.content_type).or(octets);
    let attachment = Attachment::new(one_line(&file.name));
    match content_type {
        Ok(content_type) => attachment.body(file.bytes.clone(), content_type),
        Err(_) => attachment.body(file.bytes.clone(), ContentType::TEXT_PLAIN),
    }
}

/// What could begin another header is a space.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// What may stand in an id: RFC 5322's dot-atom.
fn dot_atom(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' => letter,
            _ => '-',
        })
        .collect();
    kept.split('.')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(".")
}

fn domain(hostname: &str) -> String {
    let domain = dot_atom(hostname);
    if domain.is_empty() {
        "localhost".to_owned()
    } else {
        domain
    }
}
