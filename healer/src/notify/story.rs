//! What of an incident is news, and when: pure, one change at a time.
//!
//! The first word waits a little: what is repaired quickly, or is over quickly, or becomes critical, is told in one
//! message with its beginning. Its end waits as well, since a repair that is being checked may turn out to be what ended it.
//! What a person must act on waits for nothing. Whom it is told to, and whether at once, is not decided here.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::message::News;
use crate::incident::{Change, Incident, Severity};
use crate::policy::Telling;
use crate::reason::{Outcome, Reason};

/// How long the first word waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holds {
    /// Of what is critical.
    pub critical: Duration,
    /// Of anything else; the end of an incident waits as long.
    pub warning: Duration,
}

impl Holds {
    /// As the policy has it.
    pub fn of(telling: &Telling) -> Self {
        Self {
            critical: telling.hold_critical,
            warning: telling.hold_warning,
        }
    }

    fn first_word(self, severity: Severity) -> Duration {
        match severity {
            Severity::Critical => self.critical,
            Severity::Warning | Severity::Info => self.warning,
        }
    }
}

/// How far an incident has been told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// How much of it was news so far: numbers its messages.
    pub count: u32,
    /// What was told last.
    pub told: Option<News>,
    /// How bad it was then.
    pub severity: Severity,
    /// Somebody silenced it before anything was told.
    pub is_silenced: bool,
    /// What is held back for a moment.
    pub pending: Option<Pending>,
    /// What became of it at each receiver.
    pub sent: BTreeMap<String, Sent>,
}

/// What is held back for a moment, because more may follow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// It began, or came again, and nobody knows.
    pub begins: bool,
    /// It ended, and nobody knows.
    pub ends: bool,
    /// Until when.
    pub until: Timestamp,
    /// How long it was held back: a wall clock that is put back must not prolong it.
    pub held: SignedDuration,
}

/// Messages about one incident that one receiver got on its own, not in a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// How many.
    pub count: u32,
    /// When, as far back as the limit looks.
    pub lately: Vec<Timestamp>,
}

impl Story {
    /// Takes a change in; the news, when there is some at once.
    pub fn on(
        &mut self,
        incident: &Incident,
        change: Change,
        at: Timestamp,
        holds: Holds,
    ) -> Option<News> {
        let first_word = holds.first_word(incident.severity);
        let begins = self.pending.is_some_and(|pending| pending.begins);
        let news = match change {
            Change::Began => {
                self.hold(true, false, at, first_word);
                None
            }
            Change::Relapsed => {
                self.is_silenced = false;
                // Nobody was told that it had ended.
                if self.pending.is_some_and(|pending| pending.ends) && !begins {
                    self.pending = None;
                    (incident.severity > self.severity).then_some(News::Worsened)
                } else {
                    self.hold(true, false, at, first_word);
                    None
                }
            }
            Change::Worsened if begins => {
                self.hold(true, false, at, first_word);
                None
            }
            Change::Worsened => Some(News::Worsened),
            Change::Decided => self.on_decision(incident),
            Change::Attempted => None,
            Change::Concluded => self.on_conclusion(incident),
            Change::Ended if self.is_silenced => {
                self.pending = None;
                None
            }
            Change::Ended => {
                if begins || !self.is_told_repaired() {
                    self.hold(begins, true, at, holds.warning);
                }
                None
            }
        };
        news.map(|news| self.tell(news, incident))
    }

    /// When what is held back is due.
    pub fn due(&self) -> Option<Timestamp> {
        self.pending.map(|pending| pending.until)
    }

    /// Whether what is held back is due.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.pending
            .is_some_and(|pending| is_due(pending.until, pending.held, now))
    }

    /// The time of what is held back has come: the news, if it still is some.
    pub fn expire(&mut self, incident: &Incident) -> Option<News> {
        let pending = self.pending.take()?;
        let news = match (pending.begins, pending.ends) {
            (_, true) => News::Ended,
            (true, false) if is_observed(incident) => News::Observed,
            (true, false) if self.told.is_none() => News::Began,
            (true, false) => News::Relapsed,
            (false, false) => return None,
        };
        Some(self.tell(news, incident))
    }

    /// Somebody silenced the alert before it was told: it is asked again later, and its end will be no news.
    pub fn silence(&mut self, now: Timestamp, for_now: Duration) {
        if let Some(pending) = self.pending.take() {
            self.is_silenced = true;
            self.hold(pending.begins, pending.ends, now, for_now);
        }
    }

    fn on_decision(&self, incident: &Incident) -> Option<News> {
        let decision = incident.decisions.last()?;
        match decision.reason {
            Reason::AwaitingApproval if decision.is_deferred => Some(News::AwaitingApproval),
            // Within the hold it is part of the first word.
            Reason::Observed if self.pending.is_none() && self.told != Some(News::Observed) => {
                Some(News::Observed)
            }
            reason if !decision.is_deferred && is_for_a_person(reason) => self.on_surrender(),
            _ => None,
        }
    }

    fn on_conclusion(&self, incident: &Incident) -> Option<News> {
        let end = incident.outcome()?;
        match end.outcome {
            Outcome::Success if self.told.is_none() => Some(News::BeganAndRepaired),
            Outcome::Success => Some(News::Repaired),
            // What has ended needs nobody any more.
            _ if incident.ended.is_some() => None,
            Outcome::Failed | Outcome::Timeout | Outcome::NotVerified | Outcome::Unknown => {
                Some(News::NotRepaired)
            }
            Outcome::Cancelled if end.reason.is_some_and(is_for_a_person) => self.on_surrender(),
            Outcome::Observed | Outcome::Cancelled => None,
        }
    }

    /// Nothing will be done any more. The first word says so itself, when it is not out yet.
    fn on_surrender(&self) -> Option<News> {
        (self.pending.is_none() && self.told != Some(News::NotRepaired))
            .then_some(News::NotRepaired)
    }

    fn tell(&mut self, news: News, incident: &Incident) -> News {
        self.count += 1;
        self.severity = incident.severity;
        self.is_silenced = false;
        self.told = Some(news);
        self.pending = None;
        news
    }

    fn hold(&mut self, begins: bool, ends: bool, at: Timestamp, held: Duration) {
        let held = SignedDuration::try_from(held).unwrap_or(SignedDuration::ZERO);
        let mut until = at.checked_add(held).unwrap_or(Timestamp::MAX);
        // What is known of already does not wait longer because it became worse.
        if let Some(pending) = self.pending
            && (pending.begins, pending.ends) == (begins, ends)
            && pending.until > at
        {
            until = until.min(pending.until);
        }
        self.pending = Some(Pending {
            begins,
            ends,
            until,
            held,
        });
    }

    fn is_told_repaired(&self) -> bool {
        matches!(
            self.told,
            Some(News::Repaired | News::BeganAndRepaired | News::Ended)
        )
    }
}

/// Whether a moment has come that was `held` away when it was set: also when the clock was put back since.
pub fn is_due(until: Timestamp, held: SignedDuration, now: Timestamp) -> bool {
    now >= until || until.duration_since(now) > held
}

/// In observe mode: it is known what would have been done.
fn is_observed(incident: &Incident) -> bool {
    incident
        .decisions
        .iter()
        .any(|decision| decision.reason == Reason::Observed)
}

/// Nothing follows from it but what a person does.
const fn is_for_a_person(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::LadderExhausted
            | Reason::Denied
            | Reason::ApprovalExpired
            | Reason::NotPermitted
            | Reason::NothingToClean
            | Reason::RungBudget
            | Reason::Flapping
            | Reason::Quarantined
    )
}

#[cfg(test)]
mod tests;
