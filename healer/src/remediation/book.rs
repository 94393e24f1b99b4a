//! The book of active alerts and of the cases about them. Data only: who is known, who belongs to whom.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::Now;

use super::case::{Case, CaseId, Decided};
use crate::alert::{Alert, AlertStatus, Fingerprint};
use crate::target::Target;

/// How long an episode that resolved is remembered, so that an old notification does not bring it back.
const REMEMBER_RESOLVED: Duration = Duration::from_mins(10);

/// An alert that fires.
#[derive(Debug)]
pub(super) struct Active {
    /// The alert.
    pub(super) alert: Arc<Alert>,
    /// When Alertmanager last confirmed it.
    pub(super) confirmed: Now,
    /// Its cases, in the order of the rules.
    pub(super) cases: Vec<CaseId>,
    /// Decisions of rules that found no target, or of none having matched.
    pub(super) without_case: Vec<(Option<String>, Decided)>,
}

/// What a notification says that is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// An alert that was not known, or a new episode of it.
    Begins,
    /// Nothing but that it still fires.
    Confirms,
    /// It fires no longer.
    Ends,
    /// By its start it is older than what is known, so it was overtaken; or clocks were put back, or the alert fires
    /// again in the same episode. Alertmanager's API tells.
    Outdated,
    /// Nothing at all: the end of something unknown.
    Nothing,
}

/// All active alerts and all cases.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) alerts: HashMap<Fingerprint, Active>,
    pub(super) cases: BTreeMap<CaseId, Case>,
    by_target: BTreeMap<Target, Vec<CaseId>>,
    resolved: HashMap<Fingerprint, (Timestamp, Now)>,
    last_case: u64,
}

impl Book {
    /// What an alert's status is news of. `is_truth` when Alertmanager's API says so, not an announcement.
    pub(super) fn news(
        &self,
        fingerprint: &Fingerprint,
        starts_at: Timestamp,
        status: AlertStatus,
        is_truth: bool,
    ) -> News {
        let known = self.alerts.get(fingerprint);
        match (status, known) {
            (AlertStatus::Firing, Some(known)) => {
                let before = known.alert.episode.starts_at;
                match starts_at.cmp(&before) {
                    std::cmp::Ordering::Greater => News::Begins,
                    std::cmp::Ordering::Equal => News::Confirms,
                    std::cmp::Ordering::Less if is_truth => News::Begins,
                    std::cmp::Ordering::Less => News::Outdated,
                }
            }
            (AlertStatus::Firing, None) => {
                let is_old = self
                    .resolved
                    .get(fingerprint)
                    .is_some_and(|(resolved, _)| starts_at <= *resolved);
                if is_old && !is_truth {
                    News::Outdated
                } else {
                    News::Begins
                }
            }
            (AlertStatus::Resolved, Some(known)) if starts_at >= known.alert.episode.starts_at => {
                News::Ends
            }
            (AlertStatus::Resolved, Some(_)) => News::Outdated,
            (AlertStatus::Resolved, None) => News::Nothing,
        }
    }

    /// Takes an alert out; its cases stay until they have ended. `by_webhook`: Alertmanager announced its end, so an
    /// announcement of its beginning that comes later is an old one.
    pub(super) fn end_alert(
        &mut self,
        fingerprint: &Fingerprint,
        by_webhook: bool,
        now: &Now,
    ) -> Option<Active> {
        let active = self.alerts.remove(fingerprint)?;
        if by_webhook {
            self.resolved
                .retain(|_, (_, at)| now.since(at) < REMEMBER_RESOLVED);
            self.resolved.insert(
                fingerprint.clone(),
                (active.alert.episode.starts_at, now.clone()),
            );
        }
        Some(active)
    }

    /// Adds a case.
    pub(super) fn add_case(&mut self, case: Case) -> CaseId {
        self.last_case += 1;
        let id = CaseId(self.last_case);
        self.by_target
            .entry(case.target.clone())
            .or_default()
            .push(id);
        self.cases.insert(id, case);
        id
    }

    /// Takes a case out.
    pub(super) fn remove_case(&mut self, id: CaseId) {
        let Some(case) = self.cases.remove(&id) else {
            return;
        };
        if let Some(ids) = self.by_target.get_mut(&case.target) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_target.remove(&case.target);
            }
        }
        if let Some(active) = self.alerts.get_mut(&case.alert.episode.fingerprint) {
            active.cases.retain(|other| *other != id);
        }
    }

    /// The cases about a target.
    pub(super) fn cases_on(&self, target: &Target) -> Vec<CaseId> {
        self.by_target.get(target).cloned().unwrap_or_default()
    }

    /// All targets that have cases.
    pub(super) fn targets(&self) -> impl Iterator<Item = &Target> {
        self.by_target.keys()
    }

    /// The alert of a case, while it fires.
    pub(super) fn active(&self, id: CaseId) -> Option<&Active> {
        let case = self.cases.get(&id)?;
        self.alerts
            .get(&case.alert.episode.fingerprint)
            .filter(|active| active.cases.contains(&id))
    }

    /// How many remediations hold a target's slot.
    pub(super) fn running(&self) -> usize {
        self.cases.values().filter(|case| case.is_running()).count()
    }
}

#[cfg(test)]
mod tests;
