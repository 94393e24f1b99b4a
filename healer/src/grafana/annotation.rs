//! What is written about a remediation: pure, from the event of its end.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::journal::{Event, EventType};

/// In bytes. Grafana keeps 100 characters of a tag, and refuses annotations whose tags take more than 500 bytes as a list
/// in JSON; with this, six do not.
const TAG: usize = 90;
const TEXT: usize = 1000;

/// A region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// From the start of the fault.
    pub from: Timestamp,
    /// To the verified end.
    pub to: Timestamp,
    /// `prunelle`, and `key:value` of host, alert, remedy, outcome and remediation.
    pub tags: Vec<String>,
    /// What happened, escaped for the HTML that Grafana makes of it.
    pub text: String,
    /// The remediation's id, by which it is found again.
    pub remediation: String,
}

/// As much of the event's details as is needed.
#[derive(Deserialize)]
struct Details {
    alert: String,
    remedy: String,
    remediation: String,
    starts_at: Timestamp,
    duration_ms: u64,
}

impl Annotation {
    /// Of the end of a remediation; none for other events.
    pub fn of(event: &Event, hostname: &str) -> Option<Self> {
        if event.event_type != EventType::Outcome {
            return None;
        }
        let details = Details::deserialize(&event.details).ok()?;
        let to = event.timestamp;
        // Prometheus' clock may be ahead of ours; a region ends after it begins.
        let took = i64::try_from(details.duration_ms).unwrap_or(i64::MAX);
        let acted = to
            .checked_sub(SignedDuration::from_millis(took))
            .unwrap_or(to);
        let from = details.starts_at.min(acted);
        let tags = [
            ("host", hostname),
            ("alert", details.alert.as_str()),
            ("remedy", details.remedy.as_str()),
            ("outcome", &event.status.to_lowercase()),
            ("remediation", details.remediation.as_str()),
        ];
        let named = tags.map(|(key, value)| tag(&format!("{key}:{value}")));
        Some(Self {
            from,
            to,
            tags: [vec!["prunelle".to_owned()], named.to_vec()].concat(),
            text: text(event, &details),
            remediation: details.remediation,
        })
    }

    /// The tag by which it is found again.
    pub fn own_tag(&self) -> String {
        tag(&format!("remediation:{}", self.remediation))
    }

    /// As Grafana takes it.
    pub fn body(&self) -> Value {
        json!({
            "time": self.from.as_millisecond(),
            "timeEnd": self.to.as_millisecond(),
            "tags": self.tags,
            "text": self.text,
        })
    }
}

fn text(event: &Event, details: &Details) -> String {
    let about = match &event.service {
        Some(service) => format!("{} on {service}", details.alert),
        None => details.alert.clone(),
    };
    escaped(&format!("{about}: {}", event.message))
}

/// On one line, and not longer than Grafana keeps.
fn tag(text: &str) -> String {
    let mut tag = String::new();
    for letter in text.chars() {
        if tag.len() + letter.len_utf8() > TAG {
            break;
        }
        tag.push(if letter.is_control() { ' ' } else { letter });
    }
    tag
}

/// Grafana shows texts as HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        let size = safe.len();
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
        if safe.len() > TEXT {
            safe.truncate(size);
            safe.push('…');
            break;
        }
    }
    safe
}
