//! The closed list of reasons: why nothing was done, why it waits, why it ended. Each is a metric's label value,
//! a word in the action log, and provoked by a test.

mod words;

use serde::{Deserialize, Serialize};

/// Why an alert was not acted on, or not yet, or why a remediation ended otherwise than by success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The alert says nothing about this host, or names another.
    OtherHost,
    /// No rule's matchers fit.
    NoRule,
    /// The label that should name the target is missing or is no unit name.
    NoTarget,
    /// The target is not in the rule's allow-list.
    NotAllowed,
    /// The target is protected for the verb that would be needed.
    Protected,
    /// The alert's mount point is not the mount that holds the rule's path.
    OtherFileSystem,
    /// The unit is not found, masked, or its file has an error.
    NotLoaded,
    /// The mode in force is off.
    ModeOff,
    /// The mode in force is observe: planned and logged, nothing touched.
    Observed,
    /// A pause covers the target.
    Paused,
    /// The machine has just booted.
    BootGrace,
    /// Alertmanager has not confirmed the alert for longer than `max_evidence_age`.
    StaleEvidence,
    /// A fact that a guard needs could not be had.
    FactUnknown,
    /// The alert resolved before anything was done.
    Resolved,
    /// The unit was active again before we acted, or the space was free again.
    RecoveredByItself,
    /// Another remediation of the same target runs; this alert joined it.
    JoinedRunning,
    /// systemd runs a job on the unit, or it is starting, stopping or in auto-restart.
    TargetBusy,
    /// The cooldown after the last repair of this target has not passed.
    Cooldown,
    /// The budget of this rule and target is used up.
    Budget,
    /// The budget of the host is used up.
    HostBudget,
    /// One more start would come too close to `StartLimitBurst`.
    StartLimit,
    /// The target is in quarantine after a ladder that was exhausted.
    Quarantined,
    /// Somebody stopped the unit while it was being repaired.
    StoppedByPerson,
    /// The rule respects a clean stop by hand.
    CleanStop,
    /// Nothing was old enough to be cleaned.
    NothingToClean,
    /// The remedy needs a right that the healer does not have.
    NotPermitted,
    /// The remedy ran and its verification did not hold.
    NotVerified,
    /// The remedy itself failed.
    RemedyFailed,
    /// The attempt's time limit passed.
    TimedOut,
    /// The program ended before the remedy took effect: the attempt counts, nothing happened.
    Interrupted,
    /// After a crash it cannot be told whether the remedy ran.
    UnknownAfterCrash,
    /// Every rung of the ladder was tried.
    LadderExhausted,
    /// Alertmanager has silenced or inhibited the alert.
    Silenced,
    /// The rule is not in force at this time of day, week or year.
    Maintenance,
    /// A package manager is at work.
    PackageUpgrade,
    /// What hits a running service or process needs a critical alert.
    NotCritical,
    /// No unit stands out by what it uses.
    NoVictim,
    /// The process is not, or no longer, the one that was chosen.
    IdentityMismatch,
    /// This rung is not for this unit: the ladder goes on.
    RungNotAllowed,
    /// The budget of this rung is used up: the ladder goes on.
    RungBudget,
    /// The budget of this rule over all targets is used up.
    RuleBudget,
    /// The budget of this target over all rules is used up.
    TargetBudget,
    /// The target was repaired too often of late: repairing it once more is no cure.
    Flapping,
    /// As many remediations run on the host, or on the group of the unit, as may at once.
    TooManyAtOnce,
    /// Too few others of the group are up.
    TooFewHealthy,
    /// The rule failed too often in a row, and is not used for a while.
    BreakerOpen,
    /// A person has to agree first.
    AwaitingApproval,
    /// A person said no.
    Denied,
    /// Nobody said yes in time.
    ApprovalExpired,
    /// The machine has not been up long enough since its last boot to be booted again.
    RebootedLately,
    /// A label or annotation is over the limits.
    InvalidAlert,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 51] = [
        Self::OtherHost,
        Self::NoRule,
        Self::NoTarget,
        Self::NotAllowed,
        Self::Protected,
        Self::OtherFileSystem,
        Self::NotLoaded,
        Self::ModeOff,
        Self::Observed,
        Self::Paused,
        Self::BootGrace,
        Self::StaleEvidence,
        Self::FactUnknown,
        Self::Resolved,
        Self::RecoveredByItself,
        Self::JoinedRunning,
        Self::TargetBusy,
        Self::Cooldown,
        Self::Budget,
        Self::HostBudget,
        Self::StartLimit,
        Self::Quarantined,
        Self::StoppedByPerson,
        Self::CleanStop,
        Self::NothingToClean,
        Self::NotPermitted,
        Self::NotVerified,
        Self::RemedyFailed,
        Self::TimedOut,
        Self::Interrupted,
        Self::UnknownAfterCrash,
        Self::LadderExhausted,
        Self::Silenced,
        Self::Maintenance,
        Self::PackageUpgrade,
        Self::NotCritical,
        Self::NoVictim,
        Self::IdentityMismatch,
        Self::RungNotAllowed,
        Self::RungBudget,
        Self::RuleBudget,
        Self::TargetBudget,
        Self::Flapping,
        Self::TooManyAtOnce,
        Self::TooFewHealthy,
        Self::BreakerOpen,
        Self::AwaitingApproval,
        Self::Denied,
        Self::ApprovalExpired,
        Self::RebootedLately,
        Self::InvalidAlert,
    ];

    /// Whether it is about one rung of a ladder only, so that the next one is tried: there is nothing to do, no right
    /// to do it, or it is not meant for this target.
    pub const fn is_about_rung(self) -> bool {
        matches!(
            self,
            Self::NothingToClean
                | Self::NotPermitted
                | Self::RungNotAllowed
                | Self::RungBudget
                | Self::Denied
                | Self::ApprovalExpired
        )
    }

    /// The reason as in metrics and log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtherHost => "other_host",
            Self::NoRule => "no_rule",
            Self::NoTarget => "no_target",
            Self::NotAllowed => "not_allowed",
            Self::Protected => "protected",
            Self::OtherFileSystem => "other_file_system",
            Self::NotLoaded => "not_loaded",
            Self::ModeOff => "mode_off",
            Self::Observed => "observed",
            Self::Paused => "paused",
            Self::BootGrace => "boot_grace",
            Self::StaleEvidence => "stale_evidence",
            Self::FactUnknown => "fact_unknown",
            Self::Resolved => "resolved",
            Self::RecoveredByItself => "recovered_by_itself",
            Self::JoinedRunning => "joined_running",
            Self::TargetBusy => "target_busy",
            Self::Cooldown => "cooldown",
            Self::Budget => "budget",
            Self::HostBudget => "host_budget",
            Self::StartLimit => "start_limit",
            Self::Quarantined => "quarantined",
            Self::StoppedByPerson => "stopped_by_person",
            Self::CleanStop => "clean_stop",
            Self::NothingToClean => "nothing_to_clean",
            Self::NotPermitted => "not_permitted",
            Self::NotVerified => "not_verified",
            Self::RemedyFailed => "remedy_failed",
            Self::TimedOut => "timed_out",
            Self::Interrupted => "interrupted",
            Self::UnknownAfterCrash => "unknown_after_crash",
            Self::LadderExhausted => "ladder_exhausted",
            Self::Silenced => "silenced",
            Self::Maintenance => "maintenance",
            Self::PackageUpgrade => "package_upgrade",
            Self::NotCritical => "not_critical",
            Self::NoVictim => "no_victim",
            Self::IdentityMismatch => "identity_mismatch",
            Self::RungNotAllowed => "rung_not_allowed",
            Self::RungBudget => "rung_budget",
            Self::RuleBudget => "rule_budget",
            Self::TargetBudget => "target_budget",
            Self::Flapping => "flapping",
            Self::TooManyAtOnce => "too_many_at_once",
            Self::TooFewHealthy => "too_few_healthy",
            Self::BreakerOpen => "breaker_open",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Denied => "denied",
            Self::ApprovalExpired => "approval_expired",
            Self::RebootedLately => "rebooted_lately",
            Self::InvalidAlert => "invalid_alert",
        }
    }
}

/// How an attempt or a remediation ended, as the action log's `status` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// Done and verified.
    Success,
    /// The remedy failed.
    Failed,
    /// Its time limit passed.
    Timeout,
    /// Done, but the check did not hold.
    NotVerified,
    /// Planned only: the mode in force is observe.
    Observed,
    /// Ended before it acted: resolved, recovered, paused.
    Cancelled,
    /// After a crash it cannot be told.
    Unknown,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 7] = [
        Self::Success,
        Self::Failed,
        Self::Timeout,
        Self::NotVerified,
        Self::Observed,
        Self::Cancelled,
        Self::Unknown,
    ];

    /// The outcome as in the action log, the journal and on the status page.
    pub const fn as_str(self) -> &'static str {
        self.words().0
    }

    /// The outcome as a label value, in small letters as all of them.
    pub const fn as_label(self) -> &'static str {
        self.words().1
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Success => ("SUCCESS", "success"),
            Self::Failed => ("FAILED", "failed"),
            Self::Timeout => ("TIMEOUT", "timeout"),
            Self::NotVerified => ("NOT_VERIFIED", "not_verified"),
            Self::Observed => ("OBSERVED", "observed"),
            Self::Cancelled => ("CANCELLED", "cancelled"),
            Self::Unknown => ("UNKNOWN", "unknown"),
        }
    }
}

#[cfg(test)]
mod tests;
