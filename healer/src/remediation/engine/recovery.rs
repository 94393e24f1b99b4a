//! After a start: alerts and unfinished remediations come back from the disk, before any work is taken.
//!
//! What was repaired half-way goes on by its last durable state. An alert whose last confirmation is too old waits
//! for the first word of Alertmanager, which is asked at once.

use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};

use super::Engine;
use crate::alert::{Alert, AlertStatus, Episode, Labels};
use crate::journal::{Entry, JournalError, Kept, Phase, Unfinished};
use crate::reason::{Outcome, Reason};
use crate::remediation::case::{Case, CaseId, Decided, Rest};
use crate::remediation::machine;
use crate::remediation::state::{End, Position, Remediation, Stage};
use crate::remedy::merge;
use crate::target::Target;

impl Engine {
    /// Takes up what the journal remembers. Nothing runs before [`Engine::run`].
    pub async fn recover(&mut self) -> Result<(), JournalError> {
        let now = self.ports.clock.now();
        let journal = self.ports.journal.clone();
        let firing = journal.firing().await?;
        let unfinished = journal.unfinished().await?;
        for undo in journal.undos().await? {
            self.undoing.add(undo);
        }
        self.publisher
            .set_pauses(journal.pauses(now.clone()).await?);
        self.reminders.set(journal.quarantines(now.clone()).await?);
        if !firing.is_empty() || !unfinished.is_empty() {
            info!(
                alerts = firing.len(),
                remediations = unfinished.len(),
                "taking up what the journal remembers"
            );
        }
        self.silences.replace(journal.muted().await?);
        for (alert, confirmed) in firing {
            self.register_alert(&Arc::new(alert), confirmed, false);
        }
        self.remember(journal.kept().await?);
        for unfinished in unfinished {
            self.take_up(unfinished).await?;
        }
        let fresh: Vec<CaseId> = self
            .book
            .cases
            .iter()
            .filter(|(id, case)| {
                case.rest != Rest::LeftToPerson
                    && self.book.active(**id).is_some_and(|active| {
                        case.rule().is_some_and(|rule| {
                            now.since(&active.confirmed) <= rule.max_evidence_age
                        })
                    })
            })
            .map(|(id, _)| *id)
            .collect();
        for id in fresh {
            self.begin_case(id);
        }
        Ok(())
    }

    /// What was told of an alert is not told anew, and what was left to a person stays so.
    fn remember(&mut self, kept: Kept) {
        for decision in kept.decisions {
            let Some(case) = self.case_about(&decision.episode, &decision.rule, None) else {
                continue;
            };
            match decision.rung {
                Some(rung) => {
                    case.skipped.insert(rung, decision.reason);
                }
                None => {
                    case.decided = Some(Decided {
                        reason: decision.reason,
                        is_deferred: decision.is_deferred,
                        since: decision.since,
                    });
                }
            }
        }
        for end in kept.ends {
            let is_up = self.is_up(&end.target);
            let Some(case) = self.case_about(&end.episode, &end.rule, Some(&end.target)) else {
                continue;
            };
            case.rest = match (end.outcome, end.reason) {
                (Outcome::Success, _) => Rest::Repaired,
                (_, Some(Reason::StoppedByPerson)) if is_up => Rest::Repaired,
                (_, Some(Reason::StoppedByPerson)) => Rest::LeftToPerson,
                _ => Rest::None,
            };
        }
        for case in self.book.cases.values_mut() {
            if case.rest == Rest::LeftToPerson {
                case.state.stage = Stage::Ended(End {
                    outcome: Outcome::Cancelled,
                    reason: Some(Reason::StoppedByPerson),
                    quarantine: Duration::ZERO,
                });
            }
        }
    }

    /// The case of a rule about an alert that fires in that episode.
    fn case_about(
        &mut self,
        episode: &Episode,
        rule: &str,
        target: Option<&Target>,
    ) -> Option<&mut Case> {
        let active = self.book.alerts.get(&episode.fingerprint)?;
        if active.alert.episode != *episode {
            return None;
        }
        let id = active.cases.iter().copied().find(|id| {
            self.book.cases.get(id).is_some_and(|case| {
                case.rule_name() == rule && target.is_none_or(|target| case.target == *target)
            })
        })?;
        self.book.cases.get_mut(&id)
    }

    async fn take_up(&mut self, unfinished: Unfinished) -> Result<(), JournalError> {
        let Some(id) = self.case_of(&unfinished) else {
            return self.give_up(unfinished).await;
        };
        let now = self.ports.clock.now();
        let is_alert_active = self.book.active(id).is_some();
        let Some(case) = self.book.cases.get_mut(&id) else {
            return Ok(());
        };
        let Unfinished {
            intent,
            phase,
            evidence,
            attempt_outcome,
            was_started_before,
        } = unfinished;
        let Some(rule) = case.rule() else {
            return Ok(());
        };
        let position = Position {
            rung: intent.rung,
            attempt: intent.attempt,
        };
        let mut state = Remediation::new(rule, &now).recovered(position, phase, &now);
        state.is_alert_active = is_alert_active;
        // Only what may be run again gets a second intent for one attempt: the first may have acted all the same.
        state.is_interrupted = phase == Phase::Intent && was_started_before;
        case.remediation = intent.remediation;
        case.begun = Some(intent.at.clone());
        case.evidence = intent.plan.clone();
        merge(&mut case.evidence, evidence);
        case.intent = Some(intent);
        let (state, effects) = match attempt_outcome {
            Some(outcome) => machine::begin_after_attempt(state, outcome, &now),
            None => machine::begin(state),
        };
        self.proceed(id, state, effects);
        Ok(())
    }

    /// The case that an unfinished remediation belongs to; none when the policy no longer has its rule or rung.
    fn case_of(&mut self, unfinished: &Unfinished) -> Option<CaseId> {
        let intent = &unfinished.intent;
        let index = self
            .policy
            .rules
            .iter()
            .position(|rule| rule.name == intent.rule)?;
        let rule = self.policy.rules.get(index)?;
        rule.ladder.get(usize::try_from(intent.rung).ok()?)?;
        let known = self.book.cases_on(&intent.target).into_iter().find(|id| {
            self.book.cases.get(id).is_some_and(|case| {
                case.rule == index && case.alert.episode.fingerprint == intent.episode.fingerprint
            })
        });
        if known.is_some() {
            return known;
        }
        // Its alert fires no longer: the remediation is finished all the same.
        let now = self.ports.clock.now();
        let alert = Alert {
            episode: intent.episode.clone(),
            status: AlertStatus::Resolved,
            labels: Labels::from([("alertname".to_owned(), intent.alert_name.clone())]),
            annotations: Labels::new(),
            ends_at: None,
        };
        let case = Case::new(
            Arc::new(alert),
            Arc::clone(&self.policy),
            index,
            intent.target.clone(),
            intent.remediation,
            Remediation::new(rule, &now),
        );
        Some(self.book.add_case(case))
    }

    /// The policy no longer knows how this would go on or be checked: it is ended as what is known of it.
    async fn give_up(&self, unfinished: Unfinished) -> Result<(), JournalError> {
        let (outcome, reason) = match (unfinished.attempt_outcome, unfinished.phase) {
            (Some(outcome), _) if outcome != Outcome::Success => (outcome, Reason::NoRule),
            (None, Phase::Intent) if !unfinished.was_started_before => {
                (Outcome::Cancelled, Reason::NoRule)
            }
            _ => (Outcome::Unknown, Reason::UnknownAfterCrash),
        };
        let remediation = unfinished.intent.remediation;
        warn!(%remediation, rule = unfinished.intent.rule, "the policy no longer has the rule of an unfinished remediation");
        self.ports
            .journal
            .record(Entry::Ended {
                remediation,
                outcome,
                reason: Some(reason),
                quarantine: Duration::ZERO,
                message: "the policy no longer has the rule that began this".to_owned(),
                at: self.ports.clock.now(),
            })
            .await
    }
}
