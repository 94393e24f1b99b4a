//! One unit as systemd describes it, parsed once at the edge.

pub mod name;

use std::time::Duration;

pub use name::{InvalidUnitName, UnitName};

/// `ActiveState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActiveState {
    /// Running, or done and remembered as such.
    Active,
    /// Active, and reloading its configuration.
    Reloading,
    /// Stopped.
    Inactive,
    /// Stopped, and not as it should have.
    Failed,
    /// Starting; also waiting to be restarted automatically.
    Activating,
    /// Stopping.
    Deactivating,
    /// A maintenance operation runs.
    Maintenance,
    /// Any state that this version does not know.
    Other,
}

impl ActiveState {
    /// Parses systemd's spelling.
    pub fn parse(text: &str) -> Self {
        match text {
            "active" => Self::Active,
            // `refreshing` is what systemd 257 and newer say while a unit's mounts are renewed.
            "reloading" | "refreshing" => Self::Reloading,
            "inactive" => Self::Inactive,
            "failed" => Self::Failed,
            "activating" => Self::Activating,
            "deactivating" => Self::Deactivating,
            "maintenance" => Self::Maintenance,
            _ => Self::Other,
        }
    }

    /// systemd's spelling; `other` for what this version does not know.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Reloading => "reloading",
            Self::Inactive => "inactive",
            Self::Failed => "failed",
            Self::Activating => "activating",
            Self::Deactivating => "deactivating",
            Self::Maintenance => "maintenance",
            Self::Other => "other",
        }
    }
}

/// `LoadState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadState {
    /// The unit file was read.
    Loaded,
    /// No such unit file.
    NotFound,
    /// Masked: linked to /dev/null.
    Masked,
    /// The unit file has an error.
    BadSetting,
    /// Reading it failed otherwise.
    Error,
    /// Any state that this version does not know.
    Other,
}

impl LoadState {
    /// Parses systemd's spelling.
    pub fn parse(text: &str) -> Self {
        match text {
            "loaded" => Self::Loaded,
            "not-found" => Self::NotFound,
            "masked" => Self::Masked,
            "bad-setting" => Self::BadSetting,
            "error" => Self::Error,
            _ => Self::Other,
        }
    }
}

/// One unit at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitState {
    /// systemd's own name (`Id`) of it, which differs from the name asked for when that is an alias.
    pub id: UnitName,
    /// Whether its file could be read.
    pub load: LoadState,
    /// `ActiveState`.
    pub active: ActiveState,
    /// `SubState`, as systemd spells it (`running`, `auto-restart`, `start-limit-hit` is a result, not this).
    pub sub: String,
    /// Type of the queued job (`start`, `restart`, `stop` …) with its id, if there is one.
    pub job: Option<QueuedJob>,
    /// `InvocationID` as 32 hex digits; none while it never ran.
    pub invocation_id: Option<String>,
    /// What only services have.
    pub service: Option<ServiceState>,
    /// When it last left `inactive` or `failed`, that is, was last started (`InactiveExitTimestamp`); none while it never was.
    pub last_start: Option<jiff::Timestamp>,
    /// When its state last changed (`StateChangeTimestamp`).
    pub state_change: Option<jiff::Timestamp>,
    /// Units that start this one (timers, sockets, paths), and whether each is active.
    pub triggered_by: Vec<(UnitName, bool)>,
    /// When the first of its active timers elapses next; none without one.
    pub next_timer_run: Option<jiff::Timestamp>,
}

impl UnitState {
    /// A unit of which nothing is known, and which is therefore stopped. This is also what systemd says of one that it
    /// has unloaded, but for what its file says.
    pub fn blank(id: UnitName) -> Self {
        Self {
            service: id.is_service().then(ServiceState::default),
            id,
            load: LoadState::Loaded,
            active: ActiveState::Inactive,
            sub: "dead".to_owned(),
            job: None,
            invocation_id: None,
            last_start: None,
            state_change: None,
            triggered_by: Vec::new(),
            next_timer_run: None,
        }
    }
}

/// What only timers have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimerState {
    /// `LastTriggerUSec`: when it elapsed last; none while it never did.
    pub last_trigger: Option<jiff::Timestamp>,
    /// `NextElapseUSecRealtime`.
    pub next_realtime: Option<jiff::Timestamp>,
    /// `NextElapseUSecMonotonic`, by the clock that stands still in suspend.
    pub next_monotonic: Option<Duration>,
}

impl TimerState {
    /// When it elapses next; lies in the past while what it started still runs. `monotonic_zero` is the wall time at which
    /// the monotonic clock would have been zero.
    pub fn next_run(&self, monotonic_zero: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let by_monotonic = self
            .next_monotonic
            .and_then(|next| monotonic_zero.checked_add(next).ok());
        self.next_realtime.into_iter().chain(by_monotonic).min()
    }
}

/// A job that waits or runs for a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedJob {
    /// Its number.
    pub id: u32,
    /// `start`, `stop`, `restart`, `try-restart`, `reload` …; empty for the few milliseconds in which the job is known
    /// from a signal, which does not tell its type, and systemd has not yet been asked. The stop half of a restart keeps
    /// the job, which may be called `start` or `restart` from then on.
    pub kind: String,
}

/// What only services have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceState {
    /// `Type`: `simple`, `oneshot` …
    pub kind: String,
    /// `Result` of the last run: `success`, `exit-code`, `start-limit-hit` …
    pub result: String,
    /// Main process, if one runs.
    pub main_pid: Option<u32>,
    /// `NRestarts`: automatic restarts so far.
    pub restarts: u32,
    /// `RemainAfterExit`.
    pub remain_after_exit: bool,
    /// `StartLimitBurst`; zero means no limit.
    pub start_limit_burst: u32,
    /// `StartLimitIntervalUSec`; zero means no limit.
    pub start_limit_interval: Duration,
    /// `ControlGroup`: the path of its cgroup below the root of the hierarchy, while it runs. systemd does not signal
    /// it, so it comes some milliseconds after the start.
    pub control_group: Option<String>,
    /// `ExecMainCode` of the last main process: how it ended (`CLD_EXITED` 1, `CLD_KILLED` 2, `CLD_DUMPED` 3); zero
    /// while it runs, or before it ever ran.
    pub exec_main_code: i32,
    /// `ExecMainStatus`: the exit code of the last main process, or the signal that killed it.
    pub exec_main_status: i32,
    /// `TasksMax`; none means no limit.
    pub tasks_max: Option<u64>,
}

impl Default for ServiceState {
    fn default() -> Self {
        Self {
            kind: String::new(),
            result: "success".to_owned(),
            main_pid: None,
            restarts: 0,
            remain_after_exit: false,
            start_limit_burst: 0,
            start_limit_interval: Duration::ZERO,
            control_group: None,
            exec_main_code: 0,
            exec_main_status: 0,
            tasks_max: None,
        }
    }
}
