//! What a person has to look after: quarantines, questions without an answer, and what still fires after the last try.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize as _;
use serde_json::Value;

use crate::incident::Incident;
use crate::journal::{Event, EventType};
use crate::notify::words::shell_word;
use crate::reason::Reason;
use crate::report::summary::{Fate, IncidentRow, Need, NeedsPerson};

/// More are not told of.
const MOST: usize = 500;

/// What is open.
#[derive(Debug, Default)]
pub(super) struct People {
    /// By target.
    quarantines: BTreeMap<String, NeedsPerson>,
    /// By number.
    questions: BTreeMap<i64, Question>,
    /// Still firing after the last try.
    not_repaired: Vec<(String, NeedsPerson)>,
}

#[derive(Debug)]
struct Question {
    fingerprint: String,
    needs: NeedsPerson,
}

impl People {
    pub(super) fn take(&mut self, event: &Event) {
        match (event.event_type, event.status.as_str()) {
            (EventType::Outcome, _) => self.quarantine(event),
            (EventType::Decision, "RELEASED") => {
                if let Some(target) = text(event, "target") {
                    self.quarantines.remove(target);
                }
            }
            (EventType::Decision, "APPROVED" | "DENIED") => {
                if let Some(number) = number(event) {
                    self.questions.remove(&number);
                }
            }
            (EventType::Decision, "DEFERRED") => self.ask(event),
            (EventType::Alert, "RESOLVED") => {
                // Nobody has to answer any more.
                if let Some(over) = text(event, "fingerprint") {
                    self.questions.retain(|_, asked| asked.fingerprint != over);
                }
            }
            _ => {}
        }
    }

    /// An incident as it is at the end.
    pub(super) fn conclude(&mut self, incident: &Incident, row: &IncidentRow) {
        if row.fate != Fate::NotRepaired
            || incident.ended.is_some()
            || self.not_repaired.len() >= MOST
        {
            return;
        }
        if let Some(end) = incident.outcome() {
            let needs = NeedsPerson {
                why: Need::NotRepaired,
                about: end.target.clone(),
                alert: incident.alert.clone(),
                since: incident.began,
                until: None,
                reason: end.reason,
                message: end.message.clone(),
                command: None,
            };
            self.not_repaired.push((end.target.clone(), needs));
        }
    }

    /// All of it at one moment; a target in quarantine is named once.
    pub(super) fn needs(mut self, now: Timestamp) -> Vec<NeedsPerson> {
        let is_open = |needs: &NeedsPerson| needs.until.is_none_or(|until| until > now);
        self.quarantines.retain(|_, needs| is_open(needs));
        self.not_repaired
            .retain(|(target, _)| !self.quarantines.contains_key(target));
        let asked = self.questions.into_values().map(|asked| asked.needs);
        let mut needs: Vec<NeedsPerson> = self
            .quarantines
            .into_values()
            .chain(self.not_repaired.into_iter().map(|(_, needs)| needs))
            .chain(asked.filter(is_open))
            .collect();
        needs.sort_by_key(|needs| (needs.why, needs.since));
        needs.truncate(MOST);
        needs
    }

    fn quarantine(&mut self, event: &Event) {
        let seconds = event
            .details
            .get("quarantine_seconds")
            .and_then(Value::as_i64);
        let (Some(seconds), Some(target)) = (seconds, text(event, "target")) else {
            return;
        };
        let now = event.timestamp;
        self.quarantines
            .retain(|_, held| held.until.is_none_or(|until| until > now));
        if self.quarantines.len() >= MOST {
            return;
        }
        let lasts = SignedDuration::from_secs(seconds);
        let needs = NeedsPerson {
            why: Need::Quarantined,
            about: target.to_owned(),
            alert: text(event, "alert").unwrap_or_default().to_owned(),
            since: now,
            until: Some(now.checked_add(lasts).unwrap_or(Timestamp::MAX)),
            reason: event
                .details
                .get("reason")
                .and_then(|reason| Reason::deserialize(reason).ok()),
            message: event.message.clone(),
            command: Some(format!("prunelle-healer release {}", shell_word(target))),
        };
        self.quarantines.insert(target.to_owned(), needs);
    }

    fn ask(&mut self, event: &Event) {
        let reason = text(event, "reason");
        let (Some(number), true) = (
            number(event),
            reason == Some(Reason::AwaitingApproval.as_str()),
        ) else {
            return;
        };
        let now = event.timestamp;
        self.questions
            .retain(|_, asked| asked.needs.until.is_none_or(|until| until > now));
        if self.questions.len() >= MOST {
            return;
        }
        let alert = text(event, "alert").unwrap_or_default();
        let needs = NeedsPerson {
            why: Need::AwaitingApproval,
            about: text(event, "target").unwrap_or(alert).to_owned(),
            alert: alert.to_owned(),
            since: now,
            until: text(event, "expires_at").and_then(|until| until.parse().ok()),
            reason: Some(Reason::AwaitingApproval),
            message: event.message.clone(),
            command: Some(format!("prunelle-healer approve {number}")),
        };
        let fingerprint = text(event, "fingerprint").unwrap_or_default().to_owned();
        self.questions
            .insert(number, Question { fingerprint, needs });
    }
}

fn text<'e>(event: &'e Event, member: &str) -> Option<&'e str> {
    event.details.get(member).and_then(Value::as_str)
}

fn number(event: &Event) -> Option<i64> {
    event.details.get("approval").and_then(Value::as_i64)
}
