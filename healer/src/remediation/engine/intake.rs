//! Taking alerts in: deliveries and reconciled sets are committed first, and known to the engine afterwards.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use prunelle_foundation::clock::Now;
use tokio::sync::oneshot;
use tracing::{info, warn};

use super::Engine;
use super::records::Decision;
use crate::alert::{Alert, AlertStatus, Episode, Fingerprint};
use crate::journal::JournalError;
use crate::reason::Reason;
use crate::remediation::book::{Active, News};
use crate::remediation::case::{Case, Decided, Rest};
use crate::remediation::machine::Event;
use crate::remediation::state::Remediation;
use crate::work::{Ack, ActiveSet, Delivery, Muted, Notification};

/// A notification or a set after its commit, or after the commit failed.
pub(super) struct Committing {
    /// Of what a webhook told, what is news; of what the API told, what fires.
    result: Result<Vec<Alert>, JournalError>,
    /// All that was in it, changed or not: what fires is confirmed by it.
    heard: Vec<(Episode, AlertStatus)>,
    at: Now,
    source: Source,
}

enum Source {
    Webhook(oneshot::Sender<Ack>),
    /// Alertmanager's API: also says what is not active any more.
    Api(Muted),
    /// The end of alerts that the API no longer lists.
    Absence,
}

impl Committing {
    /// While stopping: what is on disk is taken up at the next start.
    pub(super) fn acknowledge_only(self) {
        if let Source::Webhook(ack) = self.source {
            let answer = match self.result {
                Ok(changed) if changed.is_empty() => Ack::NothingNew,
                Ok(_) => Ack::Accepted,
                Err(_) => Ack::Unavailable,
            };
            // The sender may have hung up: then it asks again.
            let _ = ack.send(answer);
        }
    }
}

impl Engine {
    /// Begins to commit a delivery.
    pub(super) fn deliver(&mut self, delivery: Delivery) {
        let Delivery { notification, ack } = delivery;
        let at = notification.received.clone();
        self.commit(notification, at, Source::Webhook(ack));
    }

    fn commit(&mut self, notification: Notification, at: Now, source: Source) {
        let heard = heard(&notification.alerts);
        let journal = self.ports.journal.clone();
        self.commits.push_back(Box::pin(async move {
            let result = journal.record_notification(notification).await;
            Committing {
                result: result.map(|recorded| recorded.changed),
                heard,
                at,
                source,
            }
        }));
    }

    /// Compares what Alertmanager says is active with what is known, and commits the difference.
    pub(super) fn reconcile(&mut self, set: ActiveSet) {
        let ActiveSet {
            asked,
            alerts,
            muted,
        } = set;
        let listed: HashSet<&Fingerprint> = alerts
            .iter()
            .map(|alert| &alert.episode.fingerprint)
            .collect();
        let absent: Vec<Alert> = self
            .book
            .alerts
            .iter()
            .filter(|(fingerprint, active)| {
                // Heard of after the question was sent: the answer may not know it yet.
                !listed.contains(fingerprint) && !asked.since(&active.confirmed).is_zero()
            })
            .map(|(_, active)| Alert {
                status: AlertStatus::Resolved,
                ends_at: Some(asked.wall),
                ..Alert::clone(&active.alert)
            })
            .collect();
        if !absent.is_empty() {
            info!(
                alerts = absent.len(),
                "Alertmanager no longer lists alerts that fired"
            );
            let notification = Notification {
                received: asked.clone(),
                receiver: "reconciliation".to_owned(),
                group_key: String::new(),
                truncated: 0,
                alerts: absent,
                invalid: Vec::new(),
            };
            self.commit(notification, asked.clone(), Source::Absence);
        }
        let heard = heard(&alerts);
        let journal = self.ports.journal.clone();
        self.commits.push_back(Box::pin(async move {
            let result = journal
                .record_active(alerts, muted.clone(), asked.clone())
                .await;
            Committing {
                result,
                heard,
                at: asked,
                source: Source::Api(muted),
            }
        }));
    }

    /// What is on disk becomes known, and the sender is told.
    pub(super) fn committed(&mut self, done: Committing) {
        let Committing {
            result,
            heard,
            at,
            source,
        } = done;
        let kept = match result {
            Ok(kept) => kept,
            Err(error) => {
                warn!(%error, "a notification could not be kept");
                if let Source::Webhook(ack) = source {
                    let _ = ack.send(Ack::Unavailable);
                }
                return;
            }
        };
        let is_any_for_us = kept.iter().any(|alert| self.is_for_us(alert));
        // What is gone may be back before Alertmanager posts anything about it.
        let mut is_doubtful = matches!(source, Source::Absence);
        let mut muted_or_not = HashSet::new();
        let (is_truth, by_webhook) = match source {
            Source::Webhook(ack) => {
                let answer = if is_any_for_us {
                    Ack::Accepted
                } else {
                    Ack::NothingNew
                };
                // The sender may have hung up: then it asks again, and nothing is new.
                let _ = ack.send(answer);
                (false, true)
            }
            Source::Api(muted) => {
                muted_or_not = self.silences.replace(muted);
                (true, false)
            }
            Source::Absence => (false, false),
        };
        let mut kept: HashMap<Episode, Alert> = kept
            .into_iter()
            .map(|alert| (alert.episode.clone(), alert))
            .collect();
        for (episode, status) in heard {
            let news = self
                .book
                .news(&episode.fingerprint, episode.starts_at, status, is_truth);
            match news {
                News::Begins => match kept.remove(&episode) {
                    Some(alert) => self.begin_alert(alert, at.clone()),
                    // Unchanged on disk but unknown here: it is over on disk, and this is an old announcement, or it
                    // fires again in the same episode.
                    None => is_doubtful |= by_webhook,
                },
                News::Confirms => {
                    self.confirm_alert(&episode.fingerprint, &at);
                    if muted_or_not.contains(&episode.fingerprint) {
                        self.wake_alert(&episode.fingerprint);
                    }
                }
                News::Ends => self.end_alert(&episode.fingerprint, by_webhook),
                News::Outdated => is_doubtful |= by_webhook,
                News::Nothing => {}
            }
            if by_webhook && self.silences.why(&episode.fingerprint).is_some() {
                // It was told of although it is held back: that may be over, and only Alertmanager can say so.
                self.ports.reconciler.request();
            }
        }
        if is_doubtful {
            self.ports.reconciler.request_soon();
        }
        if is_truth {
            self.evidence.set_came();
        }
        self.publisher.touch();
    }

    fn is_for_us(&self, alert: &Alert) -> bool {
        self.policy.is_about_this_host(&alert.labels)
            && !self.policy.matches(&alert.labels).is_empty()
    }

    /// An alert that was not known, or a new episode of one.
    pub(super) fn begin_alert(&mut self, alert: Alert, confirmed: Now) {
        self.notice(&alert, &confirmed);
        let alert = Arc::new(alert);
        let fingerprint = alert.episode.fingerprint.clone();
        let now = self.ports.clock.now();
        if let Some(active) = self.book.alerts.get_mut(&fingerprint) {
            active.alert = Arc::clone(&alert);
            active.confirmed = confirmed;
            let cases = active.cases.clone();
            for id in cases {
                if let Some(case) = self.book.cases.get_mut(&id) {
                    case.decided = None;
                    case.skipped.clear();
                    case.rest = Rest::None;
                    if case.is_waiting() {
                        // What is asked and done from now on is about the episode that fires.
                        case.alert = Arc::clone(&alert);
                        case.renew(self.ports.ids.remediation(&now), &now);
                    }
                }
                self.dispatch(id, Event::Refired);
                self.wake_case(id);
            }
            return;
        }
        self.register_alert(&alert, confirmed, true);
        self.guard_alert(&fingerprint);
    }

    /// Enters an alert into the book, with a case for each rule that matches; nothing is asked yet. Why there is no
    /// case is kept when it `is_news`.
    pub(super) fn register_alert(&mut self, alert: &Arc<Alert>, confirmed: Now, is_news: bool) {
        let now = self.ports.clock.now();
        let policy = Arc::clone(&self.policy);
        let mut active = Active {
            alert: Arc::clone(alert),
            confirmed,
            cases: Vec::new(),
            without_case: Vec::new(),
        };
        let mut refused = Vec::new();
        if policy.is_about_this_host(&alert.labels) {
            let matches = policy.matches(&alert.labels);
            if matches.is_empty() {
                refused.push((None, Reason::NoRule));
            }
            for found in matches {
                let index = policy
                    .rules
                    .iter()
                    .position(|rule| rule.name == found.rule.name);
                match (found.target, index) {
                    (Ok(target), Some(index)) => {
                        let case = Case::new(
                            Arc::clone(alert),
                            Arc::clone(&policy),
                            index,
                            target,
                            self.ports.ids.remediation(&now),
                            Remediation::new(found.rule, &now),
                        );
                        active.cases.push(self.book.add_case(case));
                    }
                    (Err(reason), _) => refused.push((Some(found.rule.name.clone()), reason)),
                    (Ok(_), None) => {}
                }
            }
        } else {
            refused.push((None, Reason::OtherHost));
        }
        // Most have one, and there may be tens of thousands.
        active.without_case.reserve_exact(refused.len());
        for (rule, reason) in refused {
            if is_news {
                self.keep_decision(Decision {
                    alert: Arc::clone(alert),
                    rule: rule.clone(),
                    target: None,
                    rung: None,
                    victim: None,
                    note: None,
                    reason,
                    plan: None,
                    is_deferred: false,
                    at: now.clone(),
                });
            }
            active.without_case.push((
                rule,
                Decided {
                    reason,
                    is_deferred: false,
                    since: now.wall,
                },
            ));
        }
        self.book
            .alerts
            .insert(alert.episode.fingerprint.clone(), active);
    }

    /// Begins the cases of an alert that have not begun.
    pub(super) fn guard_alert(&mut self, fingerprint: &Fingerprint) {
        let cases = self
            .book
            .alerts
            .get(fingerprint)
            .map(|active| active.cases.clone())
            .unwrap_or_default();
        for id in cases {
            self.begin_case(id);
        }
    }

    fn confirm_alert(&mut self, fingerprint: &Fingerprint, at: &Now) {
        let Some(active) = self.book.alerts.get_mut(fingerprint) else {
            return;
        };
        // Commits come back in order, but a set may have been asked for before a webhook came.
        if at.since(&active.confirmed) > std::time::Duration::ZERO {
            active.confirmed = at.clone();
        }
        for id in active.cases.clone() {
            self.dispatch(id, Event::Refired);
            self.wake_idle(id);
            if self.book.cases.get(&id).is_some_and(Case::is_guarding) {
                // The guards are being asked with the confirmation from before.
                self.dispatch(id, Event::Nudge);
            }
        }
    }

    fn wake_alert(&mut self, fingerprint: &Fingerprint) {
        let cases = self.book.alerts.get(fingerprint);
        for id in cases.map(|active| active.cases.clone()).unwrap_or_default() {
            self.wake_case(id);
        }
    }

    fn end_alert(&mut self, fingerprint: &Fingerprint, by_webhook: bool) {
        let now = self.ports.clock.now();
        let Some(active) = self.book.end_alert(fingerprint, by_webhook, &now) else {
            return;
        };
        for id in active.cases {
            self.dispatch(id, Event::Resolved);
            self.remove_if_over(id);
        }
    }
}

fn heard(alerts: &[Alert]) -> Vec<(Episode, AlertStatus)> {
    alerts
        .iter()
        .map(|alert| (alert.episode.clone(), alert.status))
        .collect()
}
