//! One unit as systemd describes it, parsed once at the edge.

use std::fmt;
use std::time::Duration;

/// A full unit name, `nginx.service`; names are completed and checked when they are made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName(String);

impl UnitName {
    /// The full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a unit name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a unit name: {why}")]
pub struct InvalidUnitName {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl std::str::FromStr for UnitName {
    type Err = InvalidUnitName;

    fn from_str(_text: &str) -> Result<Self, Self::Err> {
        todo!("completes `nginx` to `nginx.service`")
    }
}

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
}

/// A job that waits or runs for a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedJob {
    /// Its number.
    pub id: u32,
    /// `start`, `stop`, `restart`, `try-restart`, `reload` …
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
}
