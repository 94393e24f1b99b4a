//! `history`: what was done and what was not, one line each, the newest first.

use std::fmt::{self, Write as _};
use std::path::Path;

use serde_json::Value;

use super::client::{ClientError, tell};
use super::said;
use super::status::printable;
use crate::control::{History, HistoryRequest};
use crate::journal::{Event, EventType};
use crate::reason::Reason;

pub(super) async fn history(
    socket: &Path,
    request: HistoryRequest,
    is_json: bool,
) -> Result<String, ClientError> {
    let history: History = tell(socket, "history", &request).await?;
    Ok(said(&history, is_json, |history| text(history, &request)))
}

fn text(history: &History, request: &HistoryRequest) -> String {
    if history.events.is_empty() {
        return format!("nothing like that in the last {}", request.since);
    }
    let mut text = String::new();
    for event in &history.events {
        // Writing to a string cannot fail.
        let mut line = String::new();
        let _ = write_event(&mut line, event);
        let _ = writeln!(text, "{}", printable(&line));
    }
    if history.is_cut {
        let _ = writeln!(text, "… there is more: --limit and --since reach further");
    }
    text.truncate(text.trim_end().len());
    text
}

fn write_event(out: &mut String, event: &Event) -> fmt::Result {
    let of = |member: &str| event.details.get(member).and_then(Value::as_str);
    let about = of("target").or_else(|| of("alert")).unwrap_or("-");
    write!(
        out,
        "{:.0}  {:<12}  {about}  ",
        event.timestamp, event.status
    )?;
    let reason: Option<Reason> = event
        .details
        .get("reason")
        .and_then(|reason| serde_json::from_value(reason.clone()).ok());
    match (event.event_type, reason) {
        (EventType::Outcome, reason) => {
            if let Some(remedy) = of("remedy") {
                write!(out, "{remedy}: ")?;
            }
            out.write_str(&event.message)?;
            if let Some(took) = event.details.get("duration_ms").and_then(Value::as_u64) {
                write!(out, " ({}.{} s)", took / 1000, took % 1000 / 100)?;
            }
            if let Some(reason) = reason {
                write!(out, " [{}]", reason.as_str())?;
            }
            Ok(())
        }
        // A question, or an answer, speaks for itself.
        (_, Some(Reason::AwaitingApproval) | None) => out.write_str(&event.message),
        (_, Some(reason)) => write!(out, "{}: {}", reason.as_str(), reason.words()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_type: &str, status: &str, message: &str, details: &Value) -> Event {
        serde_json::from_value(serde_json::json!({
            "timestamp": "2026-11-24T12:00:00.250Z",
            "event_type": event_type,
            "status": status,
            "message": message,
            "details": details,
            "seq": 1,
        }))
        .unwrap()
    }

    #[test]
    fn each_event_is_one_line_with_its_reason_in_words() {
        let history = History {
            events: vec![
                event(
                    "outcome",
                    "SUCCESS",
                    "active again",
                    &serde_json::json!({"target": "unit:web.service", "remedy": "restart_service", "duration_ms": 2170}),
                ),
                event(
                    "decision",
                    "DEFERRED",
                    "web.service waits: quarantined",
                    &serde_json::json!({"target": "unit:web.service", "reason": "quarantined"}),
                ),
                event(
                    "decision",
                    "PAUSED",
                    "ada paused all for 1h\nand more",
                    &serde_json::json!({"target": "all", "by": "ada"}),
                ),
            ],
            is_cut: true,
        };
        let request = HistoryRequest {
            since: "7d".parse().unwrap(),
            target: None,
            outcome: None,
            limit: 3,
        };
        let words = Reason::Quarantined.words();
        assert_eq!(
            text(&history, &request),
            format!(
                "2026-11-24T12:00:00Z  SUCCESS       unit:web.service  restart_service: active again (2.1 s)\n\
                 2026-11-24T12:00:00Z  DEFERRED      unit:web.service  quarantined: {words}\n\
                 2026-11-24T12:00:00Z  PAUSED        all  ada paused all for 1h\u{fffd}and more\n\
                 … there is more: --limit and --since reach further"
            )
        );
        let none = History {
            events: Vec::new(),
            is_cut: false,
        };
        assert_eq!(text(&none, &request), "nothing like that in the last 1w");
    }
}
