//! The view: built from the book when something changed, a few times a second at most.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::Now;
use prunelle_systemd::{Sync, UnitTable, service_up};
use tokio::sync::watch;

use super::Engine;
use crate::alert::Alert;
use crate::facts::Pause;
use crate::policy::mode::{InForce, Switches, mode_in_force};
use crate::remediation::book::Active;
use crate::remediation::case::{Case, Decided};
use crate::remediation::state::{End, Stage};
use crate::remedy::job::describe;
use crate::view::{
    ActionView, AlertView, DecisionView, HeartbeatView, LISTED_ACTIONS, LISTED_ALERTS, PauseView,
    RunningView, ServiceView, SystemdView, View,
};

/// Two views lie at least so far apart.
const INTERVAL: Duration = Duration::from_millis(250);

/// What the view needs that the book does not hold.
pub(super) struct Publisher {
    view: watch::Sender<Arc<View>>,
    is_ready: bool,
    is_touched: bool,
    last: Option<Duration>,
    actions: VecDeque<ActionView>,
    pauses: Vec<Pause>,
    heartbeat: Option<HeartbeatView>,
}

impl Publisher {
    pub(super) fn new(view: watch::Sender<Arc<View>>) -> Self {
        Self {
            view,
            is_ready: false,
            is_touched: true,
            last: None,
            actions: VecDeque::new(),
            pauses: Vec::new(),
            heartbeat: None,
        }
    }

    /// The engine takes work.
    pub(super) fn set_ready(&mut self) {
        self.is_ready = true;
        self.is_touched = true;
    }

    /// Something changed that the view shows.
    pub(super) fn touch(&mut self) {
        self.is_touched = true;
    }

    /// When the next view is to be published, if anything changed.
    pub(super) fn due(&self) -> Option<Duration> {
        self.is_touched
            .then(|| self.last.map_or(Duration::ZERO, |last| last + INTERVAL))
    }

    pub(super) fn set_pauses(&mut self, pauses: Vec<Pause>) {
        self.pauses = pauses;
        self.is_touched = true;
    }

    pub(super) fn set_heartbeat(&mut self, heartbeat: Option<HeartbeatView>) {
        self.heartbeat = heartbeat;
        self.is_touched = true;
    }

    /// Remembers a remediation that ended.
    pub(super) fn remember(&mut self, case: &Case, end: End, message: String, now: &Now) {
        self.actions.truncate(LISTED_ACTIONS - 1);
        self.actions.push_front(ActionView {
            remediation: case.remediation.to_string(),
            alert: case.alert.name().to_owned(),
            rule: case.rule_name().to_owned(),
            target: case.target.to_string(),
            remedy: remedy_name(case),
            outcome: end.outcome,
            reason: end.reason,
            message,
            at: now.wall,
            took_seconds: case
                .begun
                .as_ref()
                .map_or(0.0, |begun| now.since(begun).as_secs_f64()),
        });
    }
}

impl Engine {
    /// Publishes a view when one is due.
    pub(super) fn publish_if_due(&mut self) {
        let now = self.ports.clock.now();
        if self.publisher.due().is_none_or(|due| due > now.boot) {
            return;
        }
        let view = self.view(&now);
        let metrics = &self.ports.metrics;
        metrics.remediations_running(self.book.running());
        metrics.quarantines(view.quarantines.len());
        metrics.approvals_open(view.approvals.len());
        self.publisher.is_touched = false;
        self.publisher.last = Some(now.boot);
        self.publisher.view.send_replace(Arc::new(view));
    }

    fn view(&self, now: &Now) -> View {
        let switches = &self.ports.switches;
        let pauses = self.pauses(now);
        let in_force = mode_in_force(&Switches {
            auto_healing_enabled: switches.is_auto_healing_disabled.then_some(false),
            policy: self.policy.mode,
            rule: None,
            is_paused: self
                .publisher
                .pauses
                .iter()
                .any(|pause| pause.target.is_none() && self.is_in_force(pause, now)),
            is_pause_file_present: switches.pause_file.exists(),
            is_crash_looping: switches.is_crash_looping,
        });
        self.ports.metrics.mode(in_force.mode);
        View {
            as_of: now.wall,
            is_ready: self.publisher.is_ready,
            mode: in_force.mode.as_str().to_owned(),
            mode_note: self.mode_note(in_force),
            systemd: match self.seen.sync {
                Sync::NotYet => SystemdView::NotYet,
                Sync::Synchronised => SystemdView::Synchronised,
                Sync::Lost(_) => SystemdView::Lost,
            },
            services: services(&self.seen),
            alerts: self.alerts(now),
            alerts_total: self.book.alerts.len(),
            running: self.running(now),
            actions: self.publisher.actions.iter().cloned().collect(),
            throttled: self.undoing.views(),
            pauses,
            approvals: self.questions(now),
            quarantines: self.reminders.view(now),
            heartbeat: self.publisher.heartbeat.clone(),
        }
    }

    /// Why the mode is lower than the policy's, and how that is ended.
    fn mode_note(&self, in_force: InForce) -> Option<String> {
        if self.ports.switches.is_crash_looping {
            return Some(
                "it started uncleanly three times within five minutes: `journalctl -u prunelle-healer` tells why; \
                 five minutes after the last of them, `systemctl restart prunelle-healer` ends this"
                    .to_owned(),
            );
        }
        (in_force.mode < self.policy.mode).then(|| format!("set by {}", in_force.set_by.as_str()))
    }

    fn alerts(&self, now: &Now) -> Vec<AlertView> {
        let mut actives: Vec<&Active> = self.book.alerts.values().collect();
        actives.sort_by_key(|active| {
            (
                active.cases.is_empty(),
                active.alert.name(),
                active.alert.episode.fingerprint.as_str(),
            )
        });
        let mut alerts = Vec::new();
        for active in actives {
            for case in active.cases.iter().filter_map(|id| self.book.cases.get(id)) {
                let decision = case
                    .decided
                    .as_ref()
                    .map(|decided| decision_view(decided, until(case, now)));
                alerts.push(alert_view(
                    &active.alert,
                    Some(case.rule_name().to_owned()),
                    Some(case.target.to_string()),
                    decision,
                ));
            }
            for (rule, decided) in &active.without_case {
                let decision = Some(decision_view(decided, None));
                alerts.push(alert_view(&active.alert, rule.clone(), None, decision));
            }
            if alerts.len() >= LISTED_ALERTS {
                break;
            }
        }
        alerts.truncate(LISTED_ALERTS);
        alerts
    }

    fn running(&self, now: &Now) -> Vec<RunningView> {
        self.book
            .cases
            .values()
            .filter(|case| case.is_running())
            .map(|case| RunningView {
                remediation: case.remediation.to_string(),
                alert: case.alert.name().to_owned(),
                rule: case.rule_name().to_owned(),
                target: case.target.to_string(),
                remedy: remedy_name(case),
                rung: case.state.position.rung + 1,
                attempt: case.state.position.attempt,
                stage: stage_name(&case.state.stage).to_owned(),
                since: case.begun.as_ref().map_or(now.wall, |begun| begun.wall),
            })
            .collect()
    }

    fn is_in_force(&self, pause: &Pause, now: &Now) -> bool {
        self.ports.journal.boots().waited(&pause.since, now) < pause.lasts
    }

    fn pauses(&self, now: &Now) -> Vec<PauseView> {
        let mut pauses: Vec<PauseView> = self
            .publisher
            .pauses
            .iter()
            .filter(|pause| self.is_in_force(pause, now))
            .map(|pause| PauseView {
                target: pause
                    .target
                    .as_ref()
                    .map_or_else(|| "all".to_owned(), ToString::to_string),
                note: pause.note.clone(),
                since: pause.since.wall,
                until: pause.since.wall.checked_add(pause.lasts).ok(),
            })
            .collect();
        let file = &self.ports.switches.pause_file;
        if let Ok(changed) = std::fs::metadata(file).and_then(|found| found.modified()) {
            pauses.push(PauseView {
                target: "all".to_owned(),
                note: format!("the file {} exists", file.display()),
                since: Timestamp::try_from(changed).unwrap_or(now.wall),
                until: None,
            });
        }
        pauses
    }
}

fn services(table: &UnitTable) -> Vec<ServiceView> {
    let is_known = table.sync == Sync::Synchronised;
    table
        .units
        .iter()
        .map(|(name, state)| {
            let verdict = service_up(state);
            ServiceView {
                name: name.to_string(),
                up: is_known.then_some(verdict.up),
                loaded: verdict.loaded,
                state: describe(state),
            }
        })
        .collect()
}

fn alert_view(
    alert: &Alert,
    rule: Option<String>,
    target: Option<String>,
    decision: Option<DecisionView>,
) -> AlertView {
    let text = |map: &crate::alert::Labels, key: &str| map.get(key).unwrap_or_default().to_owned();
    AlertView {
        name: alert.name().to_owned(),
        severity: text(&alert.labels, "severity"),
        summary: text(&alert.annotations, "summary"),
        since: alert.episode.starts_at,
        rule,
        target,
        decision,
    }
}

fn decision_view(decided: &Decided, until: Option<Timestamp>) -> DecisionView {
    DecisionView {
        reason: decided.reason,
        is_deferred: decided.is_deferred,
        since: decided.since,
        until,
    }
}

/// When a deferred case is asked again, by the wall clock.
fn until(case: &Case, now: &Now) -> Option<Timestamp> {
    matches!(case.state.stage, Stage::Deferred { .. })
        .then(|| case.state.wake(now))
        .flatten()
        .and_then(|left| now.wall.checked_add(left).ok())
}

fn remedy_name(case: &Case) -> String {
    case.rung()
        .map_or("", |rung| rung.remedy.kind().as_str())
        .to_owned()
}

fn stage_name(stage: &Stage) -> &'static str {
    match stage {
        Stage::Guarding { .. } => "guarding",
        Stage::Deferred { .. } => "deferred",
        Stage::Admitting { .. } => "admitting",
        Stage::Starting { .. } => "starting",
        Stage::Executing { .. } => "executing",
        Stage::Identifying { .. } => "identifying",
        Stage::Verifying { .. } => "verifying",
        Stage::Settling(_) => "settling",
        Stage::Ended(_) => "ended",
    }
}
