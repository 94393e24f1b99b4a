//! The healer's own metrics, each stated once: families, label values and buckets.
//!
//! Label values are closed sets, so all their series exist from the start and a first increase is not lost to
//! `rate()`. A value that is not known yet (the heartbeat before the first one) is absent, never zero. Every part of the
//! healer is handed a clone of [`Metrics`]; nothing here is global.

mod annotation;
mod headroom;
mod notification;
mod queues;
mod telling;
pub mod web;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub use annotation::AnnotationResult;
pub use notification::NotificationResult;

use crate::alert::AlertStatus;
use crate::policy::{Mode, RemedyKind};
use crate::reason::{Outcome, Reason};

type Label = [(&'static str, &'static str); 1];
type Labels = [(&'static str, &'static str); 2];
type FloatGauge = Gauge<f64, AtomicU64>;

/// The healer's metrics; clones share their values.
#[derive(Clone, Debug)]
pub struct Metrics {
    notifications: Family<Label, Counter>,
    alerts_received: Family<Label, Counter>,
    decisions: Family<Label, Counter>,
    remediations: Family<Labels, Counter>,
    remediations_running: Gauge,
    time_to_heal: Histogram,
    time_to_notice: Histogram,
    journal_commit: Histogram,
    journal_sequence: Gauge,
    journal_writable: Gauge,
    journal_reserve: Gauge,
    action_log_writable: Gauge,
    action_log_disturbances: Counter,
    journald_unsent: Counter,
    mode: Family<Label, Gauge>,
    heartbeat: Family<[(&'static str, &'static str); 0], FloatGauge>,
    heartbeat_missing: Gauge,
    quarantines: Gauge,
    approvals_open: Gauge,
    reconciliations: Family<Label, Counter>,
    annotations: Family<Label, Counter>,
    policy_reload_successful: Gauge,
    policy_reloaded: FloatGauge,
    policy_info: Family<[(&'static str, String); 1], Gauge>,
    telling: telling::Telling,
    limits: headroom::Limits,
    queues: queues::Queues,
}

impl Metrics {
    /// Registers all families under the prefix `prunelle_healer`.
    pub fn register(registry: &mut Registry) -> Self {
        let mut metrics = Self::new();
        let r = registry.sub_registry_with_prefix("prunelle_healer");
        r.register(
            "notifications",
            "Requests to the webhook, by what became of them",
            metrics.notifications.clone(),
        );
        r.register(
            "alerts_received",
            "Alerts in accepted notifications, by status; invalid ones are over the limits",
            metrics.alerts_received.clone(),
        );
        r.register(
            "decisions",
            "Decisions not to act, or not yet, by reason",
            metrics.decisions.clone(),
        );
        r.register(
            "remediations",
            "Remediations that ended, by last remedy and outcome",
            metrics.remediations.clone(),
        );
        r.register(
            "remediations_running",
            "Remediations that run now",
            metrics.remediations_running.clone(),
        );
        r.register(
            "time_to_heal_seconds",
            "From the start of the alert to the verified end of its remediation",
            metrics.time_to_heal.clone(),
        );
        r.register(
            "time_to_notice_seconds",
            "From the start of a fault until its alert arrived: since a unit is down, else since the alert began",
            metrics.time_to_notice.clone(),
        );
        metrics.register_journal(r);
        r.register(
            "mode",
            "1 for the mode in force over all rules, 0 for the others",
            metrics.mode.clone(),
        );
        r.register(
            "heartbeat_timestamp_seconds",
            "When the last heartbeat arrived; absent before the first one",
            metrics.heartbeat.clone(),
        );
        r.register(
            "heartbeat_missing",
            "1 while the heartbeat has stayed away for longer than the policy allows, else 0",
            metrics.heartbeat_missing.clone(),
        );
        r.register(
            "quarantines",
            "Targets that are in quarantine, left to a person",
            metrics.quarantines.clone(),
        );
        r.register(
            "approvals_open",
            "Questions that wait for the answer of a person",
            metrics.approvals_open.clone(),
        );
        metrics.register_peers(r);
        r.register(
            "policy_last_reload_successful",
            "1 when the last reading of the policy succeeded, else the one before is in force",
            metrics.policy_reload_successful.clone(),
        );
        r.register(
            "policy_last_reload_success_timestamp_seconds",
            "When the policy was last read with success, since 1970",
            metrics.policy_reloaded.clone(),
        );
        r.register(
            "policy_info",
            "The policy in force, by its revision",
            metrics.policy_info.clone(),
        );
        metrics.telling = telling::Telling::register(r);
        metrics.limits = headroom::Limits::register(r);
        metrics.queues = queues::Queues::register(r);
        metrics
    }

    fn register_journal(&self, r: &mut Registry) {
        r.register(
            "journal_commit_seconds",
            "Duration of one commit of the journal, sync included",
            self.journal_commit.clone(),
        );
        r.register(
            "journal_sequence",
            "Sequence number of the last line of the action log, an anchor outside the file",
            self.journal_sequence.clone(),
        );
        r.register(
            "journal_writable",
            "1 while the journal can be written, else 0 and nothing is started",
            self.journal_writable.clone(),
        );
        r.register(
            "journal_reserve_bytes",
            "Space held back for the journal in case the file system fills up",
            self.journal_reserve.clone(),
        );
        r.register(
            "action_log_writable",
            "1 while the action log's file can be written, else 0 and its lines wait in the journal",
            self.action_log_writable.clone(),
        );
        r.register(
            "action_log_disturbances",
            "How often the action log's file was found cut or added to by somebody else",
            self.action_log_disturbances.clone(),
        );
        r.register(
            "journald_unsent",
            "Events that systemd's journal was not told of; the action log has them",
            self.journald_unsent.clone(),
        );
    }

    /// Metrics that no registry shows, for tests.
    pub fn unregistered() -> Self {
        Self::register(&mut Registry::default())
    }

    fn new() -> Self {
        let metrics = Self {
            notifications: Family::default(),
            alerts_received: Family::default(),
            decisions: Family::default(),
            remediations: Family::default(),
            remediations_running: Gauge::default(),
            time_to_heal: Histogram::new([
                0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
            ]),
            time_to_notice: Histogram::new([
                0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
            ]),
            journal_commit: Histogram::new([
                0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
            ]),
            journal_sequence: Gauge::default(),
            journal_writable: Gauge::default(),
            journal_reserve: Gauge::default(),
            action_log_writable: Gauge::default(),
            action_log_disturbances: Counter::default(),
            journald_unsent: Counter::default(),
            mode: Family::default(),
            heartbeat: Family::default(),
            heartbeat_missing: Gauge::default(),
            quarantines: Gauge::default(),
            approvals_open: Gauge::default(),
            reconciliations: Family::default(),
            annotations: Family::default(),
            policy_reload_successful: Gauge::default(),
            policy_reloaded: FloatGauge::default(),
            policy_info: Family::default(),
            telling: telling::Telling::default(),
            limits: headroom::Limits::default(),
            queues: queues::Queues::default(),
        };
        metrics.create_series();
        metrics
    }

    fn create_series(&self) {
        for result in NotificationResult::ALL {
            drop(
                self.notifications
                    .get_or_create(&[("result", result.as_str())]),
            );
        }
        for status in ["firing", "resolved", "invalid"] {
            drop(self.alerts_received.get_or_create(&[("status", status)]));
        }
        for reason in Reason::ALL {
            drop(self.decisions.get_or_create(&[("reason", reason.as_str())]));
        }
        for remedy in RemedyKind::ALL {
            for outcome in Outcome::ALL {
                drop(
                    self.remediations
                        .get_or_create(&remediation_labels(remedy, outcome)),
                );
            }
        }
        for mode in Mode::ALL {
            drop(self.mode.get_or_create(&[("mode", mode.as_str())]));
        }
        for result in ["success", "failure"] {
            drop(self.reconciliations.get_or_create(&[("result", result)]));
        }
        for result in AnnotationResult::ALL {
            drop(
                self.annotations
                    .get_or_create(&[("result", result.as_str())]),
            );
        }
    }

    /// What is asked of others.
    fn register_peers(&self, r: &mut Registry) {
        r.register(
            "reconciliations",
            "Readings of the active alerts from Alertmanager, by result",
            self.reconciliations.clone(),
        );
        r.register(
            "grafana_annotations",
            "Tries to annotate a remediation in Grafana, by what became of them",
            self.annotations.clone(),
        );
    }

    /// Counts one request to the webhook.
    pub fn notification(&self, result: NotificationResult) {
        self.notifications
            .get_or_create(&[("result", result.as_str())])
            .inc();
    }

    /// Counts alerts of an accepted notification.
    pub fn alerts_received(&self, status: AlertStatus, count: u64) {
        let status = match status {
            AlertStatus::Firing => "firing",
            AlertStatus::Resolved => "resolved",
        };
        self.alerts_received
            .get_or_create(&[("status", status)])
            .inc_by(count);
    }

    /// Counts alerts over the limits.
    pub fn invalid_alerts_received(&self, count: u64) {
        self.alerts_received
            .get_or_create(&[("status", "invalid")])
            .inc_by(count);
    }

    /// Counts one decision not to act, or not yet.
    pub fn decision(&self, reason: Reason) {
        self.decisions(reason, 1);
    }

    /// Counts several decisions for the same reason.
    pub fn decisions(&self, reason: Reason, count: u64) {
        self.decisions
            .get_or_create(&[("reason", reason.as_str())])
            .inc_by(count);
    }

    /// Sets how many remediations run.
    pub fn remediations_running(&self, count: usize) {
        self.remediations_running
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Counts the end of one remediation.
    pub fn remediation_ended(&self, remedy: RemedyKind, outcome: Outcome) {
        self.remediations
            .get_or_create(&remediation_labels(remedy, outcome))
            .inc();
    }

    /// Records how long an alert took from its start to the verified repair.
    pub fn healed_after(&self, duration: Duration) {
        self.time_to_heal.observe(duration.as_secs_f64());
    }

    /// Records how long it took from the start of a fault until it was heard of.
    pub fn noticed_after(&self, duration: Duration) {
        self.time_to_notice.observe(duration.as_secs_f64());
    }

    /// Records one commit of the journal.
    pub fn journal_committed(&self, duration: Duration) {
        self.journal_commit.observe(duration.as_secs_f64());
    }

    /// Sets the sequence number of the last line of the action log.
    pub fn journal_sequence(&self, sequence: u64) {
        self.journal_sequence
            .set(i64::try_from(sequence).unwrap_or(i64::MAX));
    }

    /// Sets whether the journal can be written.
    pub fn journal_writable(&self, is_writable: bool) {
        self.journal_writable.set(i64::from(is_writable));
    }

    /// Sets how many bytes are held back.
    pub fn journal_reserve(&self, bytes: u64) {
        self.journal_reserve
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Sets whether the action log's file can be written.
    pub fn action_log_writable(&self, is_writable: bool) {
        self.action_log_writable.set(i64::from(is_writable));
    }

    /// Sets how often somebody else had a hand in the action log's file, since the start.
    pub fn action_log_disturbances(&self, count: u64) {
        let counter = self.action_log_disturbances.inner();
        counter.store(count, Ordering::Relaxed);
    }

    /// Sets how many events systemd's journal was not told of, since the start.
    pub fn journald_unsent(&self, count: u64) {
        self.journald_unsent.inner().store(count, Ordering::Relaxed);
    }

    /// Sets the mode in force over all rules.
    pub fn mode(&self, in_force: Mode) {
        for mode in Mode::ALL {
            self.mode
                .get_or_create(&[("mode", mode.as_str())])
                .set(i64::from(mode == in_force));
        }
    }

    /// Sets when the last heartbeat arrived.
    pub fn heartbeat(&self, at: Timestamp) {
        self.heartbeat
            .get_or_create(&[])
            .set(at.as_duration().as_secs_f64());
    }

    /// Sets whether the heartbeat has stayed away for too long.
    pub fn heartbeat_missing(&self, is_missing: bool) {
        self.heartbeat_missing.set(i64::from(is_missing));
    }

    /// Sets how many targets are in quarantine.
    pub fn quarantines(&self, count: usize) {
        self.quarantines
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Sets how many questions wait for a person.
    pub fn approvals_open(&self, count: usize) {
        self.approvals_open
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// The policy of this revision was read, and is in force.
    pub fn policy_in_force(&self, revision: &str, read_at: Timestamp) {
        self.policy_reload_successful.set(1);
        self.policy_reloaded
            .set(read_at.as_duration().as_secs_f64());
        self.policy_info.clear();
        self.policy_info
            .get_or_create(&[("revision", revision.to_owned())])
            .set(1);
    }

    /// The policy as it is written now was refused; the one before stays in force.
    pub fn policy_refused(&self) {
        self.policy_reload_successful.set(0);
    }

    /// Counts one try to annotate a remediation.
    pub fn annotation(&self, result: AnnotationResult) {
        self.annotations
            .get_or_create(&[("result", result.as_str())])
            .inc();
    }

    /// Counts one reading of the active alerts from Alertmanager.
    pub fn reconciliation(&self, has_succeeded: bool) {
        let result = if has_succeeded { "success" } else { "failure" };
        self.reconciliations
            .get_or_create(&[("result", result)])
            .inc();
    }
}

fn remediation_labels(remedy: RemedyKind, outcome: Outcome) -> Labels {
    [("remedy", remedy.as_str()), ("outcome", outcome.as_label())]
}

#[cfg(test)]
mod tests;
