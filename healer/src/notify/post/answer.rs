//! What the other side answered, and what that means for the message: taken, try again later, or never as it is.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::redaction::Redaction;
use crate::notify::channel::{Receipt, SendError};

/// Nobody is left alone for longer, whatever he asks for.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// So much of an answer is shown.
const SHOWN_LETTERS: usize = 300;

/// An answer.
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: headers.clone(),
            body,
        }
    }

    /// Its status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The body, if it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What is told when the message was taken.
    pub(super) fn receipt(&self, host: &str, redaction: &Redaction) -> Receipt {
        Receipt(self.shown(host, redaction))
    }

    /// An error unless the message was taken.
    pub(super) fn judge(
        &self,
        host: &str,
        place: &str,
        redaction: &Redaction,
    ) -> Result<(), SendError> {
        if self.status.is_success() {
            return Ok(());
        }
        let shown = self.shown(host, redaction);
        if self.is_temporary() {
            return Err(SendError::Temporary {
                why: shown,
                retry_after: self.asked_pause(),
            });
        }
        let cure = match self.status {
            status if status.is_redirection() => {
                format!("redirects are not followed: write the final address into {place}")
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                format!("is the address in {place}, or the token, still valid?")
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => format!(
                "there is no such webhook (any more): make a new one and write its address into {place}"
            ),
            _ => "the other side does not want it as it is; what it says tells why".to_owned(),
        };
        Err(SendError::Permanent {
            why: format!("{shown}; {cure}"),
        })
    }

    /// How long nothing more is to be sent: what was asked for, or what is left until more is allowed.
    pub(super) fn pause(&self) -> Option<Duration> {
        let is_used_up = self
            .header("x-ratelimit-remaining")
            .is_some_and(|left| left.trim() == "0");
        if self.is_temporary() || is_used_up {
            return self.asked_pause();
        }
        None
    }

    fn is_temporary(&self) -> bool {
        self.status.is_server_error()
            || matches!(
                self.status,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
            )
    }

    /// By `Retry-After`, or as Discord says it: in a header of its own, and in the body to the millisecond.
    fn asked_pause(&self) -> Option<Duration> {
        let told = self
            .header(RETRY_AFTER.as_str())
            .and_then(|text| seconds(text).or_else(|| self.until(text)));
        let left = self.header("x-ratelimit-reset-after").and_then(seconds);
        let in_body = self
            .json()
            .and_then(|body| body.get("retry_after")?.as_f64())
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let longest = [told, left, in_body].into_iter().flatten().max()?;
        Some(longest.min(LONGEST_PAUSE))
    }

    /// Until a moment, by the other side's own clock: the two need not agree.
    fn until(&self, text: &str) -> Option<Duration> {
        let moment = http_date(text)?;
        let now = http_date(self.header(DATE.as_str())?)?;
        Duration::try_from(moment.duration_since(now)).ok()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn shown(&self, host: &str, redaction: &Redaction) -> String {
        let said = redaction.text(&said(&self.body));
        // Without white space that would break a line, and without what moves a terminal's cursor.
        let plain: String = said
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .filter(|letter| !letter.is_control())
            .collect();
        let said: String = plain.chars().take(SHOWN_LETTERS).collect();
        if said.is_empty() {
            format!("{host} answers {}", self.status)
        } else {
            format!("{host} answers {}: {said}", self.status)
        }
    }
}

/// What is said in a body; pages for browsers say nothing.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.starts_with('<') {
        return String::new();
    }
    let json = serde_json::from_str::<Value>(text).ok();
    let told = json.as_ref().and_then(|json| {
        ["message", "error", "detail"]
            .into_iter()
            .find_map(|key| json.get(key)?.as_str())
    });
    told.unwrap_or(text).to_owned()
}

fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()
}
