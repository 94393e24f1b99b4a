//! Which remedies a policy may name, with their settings. How they work stands in the module `remedy` of the crate.

use std::path::PathBuf;
use std::time::Duration;

/// A remedy and its settings.
#[derive(Clone, Debug, PartialEq)]
pub enum RemedySpec {
    /// Start a dead unit, restart a live one.
    RestartService(RestartService),
    /// Start a dead unit; leave a live one alone.
    StartService,
    /// Stop a live unit.
    StopService,
    /// Have a live unit read its configuration again.
    ReloadService,
    /// Forget that a unit failed, and its start limit; starts nothing.
    ResetFailed,
    /// Limit what a unit may use, until the alert resolves.
    ThrottleService(ThrottleService),
    /// Remove what is old in a folder.
    CleanFolder(CleanFolder),
    /// Remove archived files of systemd's journal.
    VacuumJournal(VacuumJournal),
    /// Remove downloaded packages, by the package manager itself.
    CleanPackageCache,
    /// Write `/proc/sys/vm/drop_caches`.
    DropCaches,
    /// End the greediest process of the greediest unit.
    EndProcess(EndProcess),
    /// Run a command of the policy's.
    RunCommand(RunCommand),
    /// Reboot the machine.
    Reboot(Reboot),
}

impl RemedySpec {
    /// Which remedy it is.
    pub const fn kind(&self) -> RemedyKind {
        match self {
            Self::RestartService(_) => RemedyKind::RestartService,
            Self::StartService => RemedyKind::StartService,
            Self::StopService => RemedyKind::StopService,
            Self::ReloadService => RemedyKind::ReloadService,
            Self::ResetFailed => RemedyKind::ResetFailed,
            Self::ThrottleService(_) => RemedyKind::ThrottleService,
            Self::CleanFolder(_) => RemedyKind::CleanFolder,
            Self::VacuumJournal(_) => RemedyKind::VacuumJournal,
            Self::CleanPackageCache => RemedyKind::CleanPackageCache,
            Self::DropCaches => RemedyKind::DropCaches,
            Self::EndProcess(_) => RemedyKind::EndProcess,
            Self::RunCommand(_) => RemedyKind::RunCommand,
            Self::Reboot(_) => RemedyKind::Reboot,
        }
    }
}

/// The remedies there are, without their settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemedyKind {
    /// Start a dead unit, restart a live one.
    RestartService,
    /// Start a dead unit.
    StartService,
    /// Stop a live unit.
    StopService,
    /// Have a live unit read its configuration again.
    ReloadService,
    /// Forget that a unit failed.
    ResetFailed,
    /// Limit what a unit may use.
    ThrottleService,
    /// Remove what is old in a folder.
    CleanFolder,
    /// Remove archived files of systemd's journal.
    VacuumJournal,
    /// Remove downloaded packages.
    CleanPackageCache,
    /// Drop the kernel's caches.
    DropCaches,
    /// End a greedy process.
    EndProcess,
    /// Run a command.
    RunCommand,
    /// Reboot the machine.
    Reboot,
}

impl RemedyKind {
    /// All remedies.
    pub const ALL: [Self; 13] = [
        Self::RestartService,
        Self::StartService,
        Self::StopService,
        Self::ReloadService,
        Self::ResetFailed,
        Self::ThrottleService,
        Self::CleanFolder,
        Self::VacuumJournal,
        Self::CleanPackageCache,
        Self::DropCaches,
        Self::EndProcess,
        Self::RunCommand,
        Self::Reboot,
    ];

    /// The remedy as in the policy, the journal and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RestartService => "restart_service",
            Self::StartService => "start_service",
            Self::StopService => "stop_service",
            Self::ReloadService => "reload_service",
            Self::ResetFailed => "reset_failed",
            Self::ThrottleService => "throttle_service",
            Self::CleanFolder => "clean_folder",
            Self::VacuumJournal => "vacuum_journal",
            Self::CleanPackageCache => "clean_package_cache",
            Self::DropCaches => "drop_caches",
            Self::EndProcess => "end_process",
            Self::RunCommand => "run_command",
            Self::Reboot => "reboot",
        }
    }

    /// The action log's word for it: the thing first, then the deed.
    pub const fn action_type(self) -> &'static str {
        match self {
            Self::RestartService => "service_restart",
            Self::StartService => "service_start",
            Self::StopService => "service_stop",
            Self::ReloadService => "service_reload",
            Self::ResetFailed => "service_reset_failed",
            Self::ThrottleService => "service_throttle",
            Self::CleanFolder => "folder_clean",
            Self::VacuumJournal => "journal_vacuum",
            Self::CleanPackageCache => "package_cache_clean",
            Self::DropCaches => "caches_drop",
            Self::EndProcess => "process_end",
            Self::RunCommand => "command_run",
            Self::Reboot => "host_reboot",
        }
    }

    /// The remedy of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Settings of `restart_service`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestartService {
    /// Restart a unit that is up, too: for alerts that say something else than that it is down. Without it, a unit
    /// that is up has recovered by itself. The victim of a process group is up, and always restarted.
    pub restarts_live: bool,
}

/// Settings of `throttle_service`: at least one limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThrottleService {
    /// Share of one processor (1.0 = one whole processor): `CPUQuotaPerSecUSec`.
    pub cpu_quota: Option<f64>,
    /// `CPUWeight`, 1 to 10000; systemd's default is 100.
    pub cpu_weight: Option<u64>,
    /// `MemoryHigh` in bytes.
    pub memory_high: Option<u64>,
    /// Undone when the alert resolves, and after this long in any case.
    pub lasts: Duration,
}

/// Settings of `clean_folder`.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanFolder {
    /// The folder, when the target is a mount; a path target is the folder itself.
    pub folder: Option<PathBuf>,
    /// Only what no time stamp is younger than.
    pub older_than: Duration,
    /// Stop when this much of the file system is free (0–1).
    pub stop_at_free: f64,
    /// Stop after this many bytes.
    pub max_bytes: u64,
    /// Stop after this many files.
    pub max_files: u64,
}

/// Settings of `vacuum_journal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VacuumJournal {
    /// Entries that are younger stay: 24 hours at least.
    pub keep: Duration,
}

/// Settings of `end_process`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndProcess {
    /// From SIGTERM to SIGKILL.
    pub grace: Duration,
}

/// Settings of `run_command`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCommand {
    /// Program (an absolute path) and arguments, as they are: there is no shell and no substitution.
    pub argv: Vec<String>,
    /// Labels of the alert that the command may see, each as the variable `PRUNELLE_LABEL_<NAME>`.
    pub labels: Vec<String>,
    /// Most memory of all its processes, in bytes.
    pub memory_max: u64,
    /// It may be run again after a crash.
    pub is_idempotent: bool,
}

/// Settings of `reboot`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reboot {
    /// Since the last boot the machine has to have been up for so long.
    pub healthy_for: Duration,
}
