//! From events to incidents: one event at a time, without I/O. Events that are about no alert change nothing.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Attempt, Decision, End, Incident, IncidentId, Planned, Question, Severity};
use crate::alert::{Episode, Fingerprint, Labels};
use crate::journal::{Event, EventType};
use crate::reason::{Outcome, Reason};

/// What ended longer ago than this does not change any more: a relapse is another incident, and no result is late.
pub const SETTLED_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// What fires again this soon after its end goes on as the same incident.
const RELAPSE: Duration = Duration::from_mins(10);
/// Decisions, attempts and ends that one incident keeps of each; the oldest go.
const KEPT: usize = 50;

/// What an event changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Began,
    /// It fires again shortly after it had ended.
    Relapsed,
    /// It was a warning and is critical.
    Worsened,
    /// Something was decided for the first time.
    Decided,
    /// An attempt ended.
    Attempted,
    /// A remediation ended.
    Concluded,
    /// Nothing about it fires any more.
    Ended,
}

/// Whose incident an event is about, before it is known whether there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The one with this key.
    Key(String),
    /// The one that this alert is part of.
    Alert(Fingerprint),
}

impl About {
    /// Of an event; none when it is about no alert.
    pub fn of(event: &Event) -> Option<Self> {
        let details = Details::deserialize(&event.details).ok()?;
        Some(match event.event_type {
            EventType::Alert => Self::Key(key(&details.alert_labels())),
            _ => Self::Alert(details.fingerprint?),
        })
    }
}

/// All incidents that are open or ended lately.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    /// By their key.
    incidents: BTreeMap<String, Incident>,
    /// The key of each alert that is part of one.
    keys: HashMap<Fingerprint, String>,
}

impl Fold {
    /// With incidents that were written down.
    pub fn of(incidents: impl IntoIterator<Item = Incident>) -> Self {
        let mut fold = Self::default();
        for incident in incidents {
            for fingerprint in &incident.fingerprints {
                fold.keys.insert(fingerprint.clone(), incident.key.clone());
            }
            fold.incidents.insert(incident.key.clone(), incident);
        }
        fold
    }

    /// All of them, by their key.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// The incident with this key.
    pub fn incident(&self, key: &str) -> Option<&Incident> {
        self.incidents.get(key)
    }

    /// All of them, taken out.
    pub fn into_incidents(self) -> impl Iterator<Item = Incident> {
        self.incidents.into_values()
    }

    /// The key of the incident that something is about, when it is known.
    pub fn key_of(&self, about: &About) -> Option<String> {
        let key = match about {
            About::Key(key) => key,
            About::Alert(fingerprint) => self.keys.get(fingerprint)?,
        };
        self.incidents.contains_key(key).then(|| key.clone())
    }

    /// Takes the next event in; the incident it is about and what it changed.
    pub fn apply(&mut self, event: &Event) -> Option<(&Incident, Change)> {
        let details = Details::deserialize(&event.details).ok()?;
        let (key, change) = match event.event_type {
            EventType::Alert => self.alert(event, details)?,
            EventType::Decision => {
                let incident = self.about(&details)?;
                decide(incident, event, &details)?;
                (incident.key.clone(), Change::Decided)
            }
            EventType::Action => {
                let incident = self.about(&details)?;
                let attempt = attempt(event, &details)?;
                push(&mut incident.attempts, attempt);
                (incident.key.clone(), Change::Attempted)
            }
            EventType::Outcome => {
                let incident = self.about(&details)?;
                let end = end(event, &details)?;
                push(&mut incident.ends, end);
                (incident.key.clone(), Change::Concluded)
            }
        };
        Some((self.incidents.get(&key)?, change))
    }

    /// Lets go of what ended longer ago than a relapse or a late result may come; these will not change any more.
    pub fn take_settled(&mut self, now: Timestamp) -> Vec<Incident> {
        let settled: Vec<Incident> = self
            .incidents
            .extract_if(.., |_, incident| {
                incident.ended.is_some_and(|ended| is_past(ended, now))
            })
            .map(|(_, incident)| incident)
            .collect();
        for fingerprint in settled.iter().flat_map(|incident| &incident.fingerprints) {
            self.keys.remove(fingerprint);
        }
        settled
    }

    fn alert(&mut self, event: &Event, mut details: Details) -> Option<(String, Change)> {
        let annotations = details
            .annotations
            .take()
            .unwrap_or_else(|| Labels::from_iter([("summary".to_owned(), event.message.clone())]));
        let labels = details.alert_labels();
        let key = key(&labels);
        let episode = Episode {
            fingerprint: details
                .fingerprint
                .or_else(|| Fingerprint::try_from(key.clone()).ok())?,
            starts_at: details.starts_at.unwrap_or(event.timestamp),
        };
        if event.status == "RESOLVED" {
            let incident = self.incidents.get_mut(&key)?;
            return incident
                .resolve(&episode, event.timestamp)
                .then_some((key, Change::Ended));
        }
        self.keys.insert(episode.fingerprint.clone(), key.clone());
        let severity = Severity::of(&labels);
        let goes_on = |incident: &Incident| {
            incident
                .ended
                .is_none_or(|ended| !is_past(ended, event.timestamp))
        };
        if let Some(incident) = self.incidents.get_mut(&key)
            && goes_on(incident)
        {
            let change = incident.fire(episode, severity, labels, annotations);
            return change.map(|change| (key, change));
        }
        let incident = Incident {
            id: IncidentId(format!("{key}-{}", event.seq)),
            key: key.clone(),
            alert: details.alert,
            labels,
            annotations,
            severity,
            began: episode.starts_at,
            noticed: event.timestamp,
            ended: None,
            fingerprints: [episode.fingerprint.clone()].into(),
            firing: [episode].into(),
            relapses: 0,
            decisions: Vec::new(),
            attempts: Vec::new(),
            ends: Vec::new(),
        };
        self.incidents.insert(key.clone(), incident);
        Some((key, Change::Began))
    }

    fn about(&mut self, details: &Details) -> Option<&mut Incident> {
        let key = self.keys.get(details.fingerprint.as_ref()?)?;
        self.incidents.get_mut(key)
    }
}

impl Incident {
    /// An alert about it fires.
    fn fire(
        &mut self,
        episode: Episode,
        severity: Severity,
        labels: Labels,
        annotations: Labels,
    ) -> Option<Change> {
        let has_relapsed = self.ended.take().is_some();
        let has_worsened = severity > self.severity;
        self.fingerprints.insert(episode.fingerprint.clone());
        self.firing.insert(episode);
        if severity >= self.severity {
            self.severity = severity;
            self.labels = labels;
            self.annotations = annotations;
        }
        if has_relapsed {
            self.relapses += 1;
            return Some(Change::Relapsed);
        }
        has_worsened.then_some(Change::Worsened)
    }

    /// An alert about it ended; whether it was the last. It ends older episodes of the same alert as well.
    fn resolve(&mut self, episode: &Episode, at: Timestamp) -> bool {
        self.firing.retain(|other| {
            other.fingerprint != episode.fingerprint || other.starts_at > episode.starts_at
        });
        let has_ended = self.firing.is_empty() && self.ended.is_none();
        if has_ended {
            self.ended = Some(at);
        }
        has_ended
    }
}

/// What the details of events have in common; what an event does not tell is none.
#[derive(Deserialize)]
struct Details {
    alert: String,
    fingerprint: Option<Fingerprint>,
    starts_at: Option<Timestamp>,
    labels: Option<Labels>,
    annotations: Option<Labels>,
    rule: Option<String>,
    target: Option<String>,
    reason: Option<Reason>,
    duration_ms: Option<u64>,
    quarantine_seconds: Option<u64>,
    plan: Option<PlanDetails>,
    victim: Option<String>,
    approval: Option<i64>,
    expires_at: Option<Timestamp>,
}

/// Of a remedy's plan, what all have in common.
#[derive(Deserialize)]
struct PlanDetails {
    message: Option<String>,
    remedy: Option<String>,
}

impl Details {
    fn planned(&self) -> Option<Planned> {
        let plan = self.plan.as_ref()?;
        Some(Planned {
            remedy: plan.remedy.clone(),
            target: self
                .victim
                .as_ref()
                .map(|unit| format!("unit:{unit}"))
                .or_else(|| self.target.clone()),
            message: plan.message.clone()?,
        })
    }

    fn question(&self) -> Option<Question> {
        Some(Question {
            number: self.approval?,
            expires: self.expires_at,
        })
    }
}

impl Details {
    /// The healer's own alert tells none: it is that nothing would be heard of, which is critical.
    fn alert_labels(&self) -> Labels {
        self.labels.clone().unwrap_or_else(|| {
            let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            Labels::from([text("alertname", &self.alert), text("severity", "critical")])
        })
    }
}

/// A hash of all labels but the severity: 16 hex digits.
fn key(labels: &Labels) -> String {
    let mut hash = Sha256::new();
    for (name, value) in labels.iter().filter(|(name, _)| *name != "severity") {
        for part in [name, value] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
    }
    let digest = hash.finalize();
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn is_past(ended: Timestamp, now: Timestamp) -> bool {
    now.duration_since(ended) > SignedDuration::try_from(RELAPSE).unwrap_or_default()
}

/// None when it is known already.
fn decide(incident: &mut Incident, event: &Event, details: &Details) -> Option<()> {
    let decision = Decision {
        at: event.timestamp,
        rule: details.rule.clone(),
        reason: details.reason?,
        is_deferred: event.status == "DEFERRED",
        message: event.message.clone(),
        plan: details.planned(),
        question: details.question(),
    };
    let is_known = incident.decisions.iter().any(|known| {
        (&known.rule, known.reason, known.is_deferred)
            == (&decision.rule, decision.reason, decision.is_deferred)
    });
    // A question to a person is a new one each time.
    if is_known && decision.reason != Reason::AwaitingApproval {
        return None;
    }
    push(&mut incident.decisions, decision);
    Some(())
}

fn attempt(event: &Event, details: &Details) -> Option<Attempt> {
    Some(Attempt {
        at: event.timestamp,
        action_type: event.action_type.clone()?,
        service: event.service.clone(),
        target: details.target.clone()?,
        outcome: outcome(&event.status)?,
        reason: details.reason,
        message: event.message.clone(),
        duration_ms: details.duration_ms?,
    })
}

fn end(event: &Event, details: &Details) -> Option<End> {
    Some(End {
        at: event.timestamp,
        rule: details.rule.clone()?,
        outcome: outcome(&event.status)?,
        reason: details.reason,
        message: event.message.clone(),
        duration_ms: details.duration_ms?,
        quarantine_seconds: details.quarantine_seconds,
        target: details.target.clone()?,
    })
}

fn outcome(status: &str) -> Option<Outcome> {
    Outcome::ALL
        .into_iter()
        .find(|outcome| outcome.as_str() == status)
}

fn push<T>(kept: &mut Vec<T>, new: T) {
    if kept.len() == KEPT {
        kept.remove(0);
    }
    kept.push(new);
}

#[cfg(test)]
mod tests;
