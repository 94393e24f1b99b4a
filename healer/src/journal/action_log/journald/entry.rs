//! What an entry of systemd's journal says about one line of the action log.

use serde::Deserialize;

use crate::journal::events::EventType;

/// What is read of a line.
#[derive(Deserialize)]
struct Line<'l> {
    event_type: EventType,
    action_type: Option<String>,
    status: String,
    service: Option<String>,
    message: String,
    #[serde(borrow)]
    details: Details<'l>,
    seq: u64,
}

/// What is read of `details`; the rest stays in the action log.
#[derive(Deserialize)]
struct Details<'l> {
    alert: Option<String>,
    rule: Option<String>,
    target: Option<String>,
    remediation: Option<String>,
    remedy: Option<String>,
    reason: Option<String>,
    by: Option<String>,
    /// Whatever it is.
    #[serde(borrow)]
    attempt: Option<&'l serde_json::value::RawValue>,
}

/// Names the kind of an entry to `journalctl` and its catalogue, for good: see `docs/action-log.md`.
pub(super) const fn message_id(event_type: EventType) -> &'static str {
    match event_type {
        EventType::Alert => "7d9a703818304ff58db04e380a66a37a",
        EventType::Decision => "4bff8fc4b21b43989e806591a83b605b",
        EventType::Action => "24e1fa876df14fed90f445f3627f0918",
        EventType::Outcome => "aab543aeff44429c9cb71f609f4ed089",
    }
}

/// The entry of a line, as it is sent; none when the line is not one of ours.
pub(super) fn of(line: &str) -> Option<Vec<u8>> {
    let line: Line<'_> = serde_json::from_str(line).ok()?;
    let details = &line.details;
    let seq = line.seq.to_string();
    let event_type = match line.event_type {
        EventType::Alert => "alert",
        EventType::Decision => "decision",
        EventType::Action => "action",
        EventType::Outcome => "outcome",
    };
    let attempt = details.attempt.map(serde_json::value::RawValue::get);
    let fields = [
        ("MESSAGE", Some(line.message.as_str())),
        ("MESSAGE_ID", Some(message_id(line.event_type))),
        ("PRIORITY", Some(priority(line.event_type, &line.status))),
        ("SYSLOG_IDENTIFIER", Some("prunelle-healer")),
        ("PRUNELLE_EVENT_TYPE", Some(event_type)),
        ("PRUNELLE_ACTION_TYPE", line.action_type.as_deref()),
        ("PRUNELLE_STATUS", Some(line.status.as_str())),
        ("PRUNELLE_SERVICE", line.service.as_deref()),
        // What systemd's own messages about a unit bear, and what `journalctl --unit` looks for in those of root's.
        ("UNIT", line.service.as_deref()),
        ("OBJECT_SYSTEMD_UNIT", line.service.as_deref()),
        ("PRUNELLE_ALERT", details.alert.as_deref()),
        ("PRUNELLE_RULE", details.rule.as_deref()),
        ("PRUNELLE_TARGET", details.target.as_deref()),
        ("PRUNELLE_REMEDIATION", details.remediation.as_deref()),
        ("PRUNELLE_REMEDY", details.remedy.as_deref()),
        ("PRUNELLE_ATTEMPT", attempt),
        ("PRUNELLE_REASON", details.reason.as_deref()),
        ("PRUNELLE_BY", details.by.as_deref()),
        ("PRUNELLE_SEQ", Some(seq.as_str())),
    ];
    let mut entry = Vec::with_capacity(1024);
    for (name, value) in fields {
        if let Some(value) = value {
            add(&mut entry, name, value);
        }
    }
    Some(entry)
}

/// Writes a field; its value may hold anything, line feeds included.
fn add(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend_from_slice(name.as_bytes());
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend_from_slice(value.as_bytes());
    entry.push(b'\n');
}

/// How much it matters, as syslog counts.
fn priority(event_type: EventType, status: &str) -> &'static str {
    const ERROR: &str = "3";
    const WARNING: &str = "4";
    const NOTICE: &str = "5";
    const INFO: &str = "6";
    match (event_type, status) {
        (EventType::Outcome, "FAILED" | "TIMEOUT" | "NOT_VERIFIED" | "UNKNOWN") => ERROR,
        (EventType::Action, "FAILED" | "TIMEOUT" | "NOT_VERIFIED" | "UNKNOWN")
        | (EventType::Alert, "FIRING") => WARNING,
        (EventType::Action | EventType::Outcome, "SUCCESS") => NOTICE,
        _ => INFO,
    }
}
