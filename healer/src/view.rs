//! What the engine shows of itself: one immutable picture, published after changes, at most a few times a second.
//!
//! The status page and `prunelle-healer status` read it; neither ever asks the engine, so neither can slow it down.

use std::sync::Arc;

use jiff::Timestamp;
use prunelle_foundation::clock::Now;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::reason::{Outcome, Reason};

/// How many alerts a view lists; `alerts_total` counts them all.
pub const LISTED_ALERTS: usize = 200;
/// How many ended actions a view remembers.
pub const LISTED_ACTIONS: usize = 50;

/// Where the newest view is to be had.
pub type ViewReceiver = watch::Receiver<Arc<View>>;
/// Where the engine publishes it.
pub type ViewSender = watch::Sender<Arc<View>>;

/// A way from the engine to all who show its view, which says "starting" at first.
pub fn channel(now: &Now) -> (ViewSender, ViewReceiver) {
    watch::channel(Arc::new(View::starting(now.wall)))
}

/// The engine at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// When the picture was taken.
    pub as_of: Timestamp,
    /// Up and accepting work; false while it recovers after a start.
    pub is_ready: bool,
    /// The mode in force for the whole host: `off`, `observe` or `enforce`.
    pub mode: String,
    /// Why the mode is lower than the policy's own, when it is.
    pub mode_note: Option<String>,
    /// Whether systemd's picture can be trusted.
    pub systemd: SystemdView,
    /// The watched services, by name.
    pub services: Vec<ServiceView>,
    /// Active alerts, those with a rule first, then by name; at most [`LISTED_ALERTS`].
    pub alerts: Vec<AlertView>,
    /// How many alerts are active, listed or not.
    pub alerts_total: usize,
    /// Remediations under way.
    pub running: Vec<RunningView>,
    /// The last remediations that ended, newest first; at most [`LISTED_ACTIONS`], of this run of the program.
    pub actions: Vec<ActionView>,
    /// Units that are limited for a while.
    pub throttled: Vec<ThrottleView>,
    /// Pauses in force.
    pub pauses: Vec<PauseView>,
    /// Questions that wait for a person.
    pub approvals: Vec<ApprovalView>,
    /// Targets that are left to a person.
    pub quarantines: Vec<QuarantineView>,
    /// The heartbeat; none when it is not watched, or before it has been looked for.
    pub heartbeat: Option<HeartbeatView>,
}

/// How far systemd's picture can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemdView {
    /// Not had yet.
    NotYet,
    /// Complete and kept so by signals.
    Synchronised,
    /// The connection is lost, or systemd does not answer.
    Lost,
}

/// One watched service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceView {
    /// Full name as asked for, `nginx.service`.
    pub name: String,
    /// It does what it is for; none while systemd's picture cannot be trusted.
    pub up: Option<bool>,
    /// Its unit file could be read.
    pub loaded: bool,
    /// `active (running)`, `failed (exit-code)` …
    pub state: String,
}

/// One active alert as one rule sees it; an alert that no rule matches has one entry without a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertView {
    /// `alertname`.
    pub name: String,
    /// The `severity` label, empty when missing.
    pub severity: String,
    /// The `summary` annotation, or an empty text.
    pub summary: String,
    /// Since when it fires.
    pub since: Timestamp,
    /// The rule, when one matches.
    pub rule: Option<String>,
    /// The target, when there is one: `unit:nginx.service`.
    pub target: Option<String>,
    /// The last decision about it, when one was made.
    pub decision: Option<DecisionView>,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionView {
    /// Why nothing is done, or not yet.
    pub reason: Reason,
    /// It will be asked again by itself.
    pub is_deferred: bool,
    /// Since when the answer has been this one.
    pub since: Timestamp,
    /// When it will be asked again at the latest.
    pub until: Option<Timestamp>,
}

/// A remediation under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningView {
    /// Its id.
    pub remediation: String,
    /// `alertname`.
    pub alert: String,
    /// The rule.
    pub rule: String,
    /// What it acts on.
    pub target: String,
    /// The remedy of the present rung.
    pub remedy: String,
    /// The rung, from 1.
    pub rung: u32,
    /// The attempt on it, from 1.
    pub attempt: u32,
    /// Where it stands: `admitting`, `executing`, `verifying` …
    pub stage: String,
    /// Since when it runs.
    pub since: Timestamp,
}

/// A remediation that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionView {
    /// Its id.
    pub remediation: String,
    /// `alertname`.
    pub alert: String,
    /// The rule.
    pub rule: String,
    /// What it acted on.
    pub target: String,
    /// The remedy that ran last.
    pub remedy: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, unless it succeeded.
    pub reason: Option<Reason>,
    /// One sentence for people.
    pub message: String,
    /// When it ended.
    pub at: Timestamp,
    /// From its first intent to its end, in seconds.
    pub took_seconds: f64,
}

/// A pause in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseView {
    /// What it covers: `unit:nginx.service`, or `all`.
    pub target: String,
    /// Who set it and why.
    pub note: String,
    /// When it was set.
    pub since: Timestamp,
    /// When it ends; none for the pause file.
    pub until: Option<Timestamp>,
}

/// A question that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalView {
    /// What it is answered by.
    pub number: i64,
    /// `alertname`.
    pub alert: String,
    /// The rule.
    pub rule: String,
    /// What would be acted on.
    pub target: String,
    /// The remedy.
    pub remedy: String,
    /// What would be done, in one sentence.
    pub message: String,
    /// When it was asked.
    pub since: Timestamp,
    /// When it expires, which means no.
    pub until: Timestamp,
}

/// A target that is left to a person after its ladder was exhausted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineView {
    /// The target.
    pub target: String,
    /// The rule whose ladder was exhausted.
    pub rule: String,
    /// When it began.
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// The command that ends it before.
    pub release: String,
}

/// What is known of the alert that always fires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatView {
    /// When it came last; none since the healer was started.
    pub last: Option<Timestamp>,
    /// Whether it has stayed away for too long.
    pub is_missing: bool,
    /// What too long is, as in `3m`.
    pub missing_after: String,
}

/// A unit that is limited until its alert is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThrottleView {
    /// Its name.
    pub unit: String,
    /// To what, as in a unit file: `CPUQuota=50%`.
    pub limits: String,
    /// The alert.
    pub alert: String,
    /// Since when.
    pub since: Timestamp,
    /// It is undone then at the latest.
    pub until: Option<Timestamp>,
    /// Why it could not be undone yet, when that was tried.
    pub problem: Option<String>,
}

impl View {
    /// The picture before the engine has recovered: nothing known, nothing ready.
    pub fn starting(as_of: Timestamp) -> Self {
        Self {
            as_of,
            is_ready: false,
            mode: "observe".to_owned(),
            mode_note: Some("starting".to_owned()),
            systemd: SystemdView::NotYet,
            services: Vec::new(),
            alerts: Vec::new(),
            alerts_total: 0,
            running: Vec::new(),
            actions: Vec::new(),
            throttled: Vec::new(),
            pauses: Vec::new(),
            approvals: Vec::new(),
            quarantines: Vec::new(),
            heartbeat: None,
        }
    }
}
