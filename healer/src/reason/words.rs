//! What each reason means and what can be done about it, in words for people.
//!
//! One sentence each, in small letters and without a full stop, so that it can follow a name and a colon. `explain`,
//! `history`, `status` and the status page speak with them; the words of metrics and log stay as they are.

use super::Reason;

impl Reason {
    /// What it means, and what to do.
    #[expect(clippy::too_many_lines, reason = "a table with a line for each reason")]
    pub const fn words(self) -> &'static str {
        match self {
            Self::OtherHost => {
                "the alert names another host, or none; if it is about this one, add the value of its label to `host.is`"
            }
            Self::NoRule => {
                "no rule's matchers fit; write a rule for it if something should be done about it"
            }
            Self::NoTarget => {
                "the label that should name the target is missing or is no unit name; look at the rule's `target` and the alert's labels"
            }
            Self::NotAllowed => {
                "the target is not in the rule's allow-list; add it under `allow` if it may be repaired"
            }
            Self::Protected => {
                "the target is protected from what would have to be done; see `protected` in the policy"
            }
            Self::OtherFileSystem => {
                "the alert is about another file system than the one that holds the rule's folder; nothing has to be done"
            }
            Self::NotLoaded => {
                "the unit is not found, is masked, or its file has an error; see `systemctl status` of it"
            }
            Self::ModeOff => {
                "the mode in force is off; set `mode: observe` or `mode: enforce` in the policy or the rule"
            }
            Self::Observed => {
                "the mode in force is observe: it was planned and nothing was touched; set `mode: enforce` when you trust it"
            }
            Self::Paused => {
                "a pause covers the target; it is looked at again when that ends, or end it with `prunelle-healer resume`"
            }
            Self::BootGrace => {
                "the machine has just booted; it is looked at again after `boot_grace`"
            }
            Self::StaleEvidence => {
                "Alertmanager has not confirmed the alert for too long; see whether Alertmanager can be reached"
            }
            Self::FactUnknown => {
                "something that must be known before acting cannot be found out; it is tried again, the log of prunelle-healer says what it is"
            }
            Self::Resolved => "the alert resolved before anything was done; nothing has to be done",
            Self::RecoveredByItself => {
                "it was well again before anything was done; nothing has to be done"
            }
            Self::JoinedRunning => {
                "the target is being repaired already; this alert waits for the end of that"
            }
            Self::TargetBusy => {
                "systemd runs a job on the unit, or it is starting, stopping or about to be restarted; it is looked at again in a moment"
            }
            Self::Cooldown => {
                "too soon after the last repair of this target; it is looked at again when the cooldown has passed"
            }
            Self::Budget => {
                "the budget of this rule for this target is used up; find the cause, more repairs are no cure"
            }
            Self::HostBudget => {
                "the budget of this host is used up; find the cause, or raise `host_budget`"
            }
            Self::StartLimit => {
                "one more start would come too close to the unit's own `StartLimitBurst`, after which systemd would leave it down"
            }
            Self::Quarantined => {
                "everything had been tried and the target was left to a person; repair it, then `prunelle-healer release` it"
            }
            Self::StoppedByPerson => {
                "somebody stopped the unit while it was being repaired; it is left alone until it has been up again"
            }
            Self::CleanStop => {
                "the unit was stopped by hand, which the rule respects; start it when it is wanted again"
            }
            Self::NothingToClean => {
                "nothing was old enough to be cleaned; look for what fills the file system"
            }
            Self::NotPermitted => {
                "the remedy needs a right that prunelle-healer does not have; `prunelle-healer polkit` prints the rules that grant it"
            }
            Self::NotVerified => {
                "the remedy ran and the check afterwards did not hold; look at the target's own log"
            }
            Self::RemedyFailed => "the remedy itself failed; the message says how",
            Self::TimedOut => {
                "the attempt's time limit passed; look at what hangs, or raise `within`"
            }
            Self::Interrupted => {
                "prunelle-healer ended before the remedy took effect; the attempt counts, and nothing happened"
            }
            Self::UnknownAfterCrash => {
                "prunelle-healer ended while the remedy ran and cannot tell how that went; look at the target"
            }
            Self::LadderExhausted => {
                "every rung of the ladder was tried; it is for a person to repair now"
            }
            Self::Silenced => {
                "Alertmanager has silenced or inhibited the alert; it is looked at again when that ends"
            }
            Self::Maintenance => {
                "the rule is not in force at this time; see its time intervals in the policy"
            }
            Self::PackageUpgrade => {
                "a package manager is at work; it is looked at again when that is done"
            }
            Self::NotCritical => {
                "what hits something that runs needs a critical alert, which this is not; see `critical` in the policy"
            }
            Self::NoVictim => {
                "no unit stands out by what it uses; look at what the machine as a whole does"
            }
            Self::IdentityMismatch => {
                "the process is not, or no longer, the one that was chosen; nothing was done to it"
            }
            Self::RungNotAllowed => {
                "this rung of the ladder is not for this unit; the ladder goes on"
            }
            Self::RungBudget => "the budget of this rung is used up; the ladder goes on",
            Self::RuleBudget => {
                "the budget of this rule over all its targets is used up; find the cause, or raise `rule_budget`"
            }
            Self::TargetBudget => {
                "the budget of this target over all rules is used up; find the cause, or raise `target_budget`"
            }
            Self::Flapping => {
                "the target was repaired too often of late; find the cause, one more repair is no cure"
            }
            Self::TooManyAtOnce => {
                "as many repairs as may run at once run already; it is looked at again when one ends"
            }
            Self::TooFewHealthy => {
                "too few others of the unit's group are up; bring another one up first"
            }
            Self::BreakerOpen => {
                "the rule failed too often in a row and is not used for a while; find out why it does not help"
            }
            Self::AwaitingApproval => {
                "a person has to agree first; `prunelle-healer status` lists the questions, `approve` and `deny` answer them"
            }
            Self::Denied => "a person said no; it is not asked again before the alert begins anew",
            Self::ApprovalExpired => {
                "nobody said yes in time; it is not asked again before the alert begins anew"
            }
            Self::RebootedLately => {
                "the machine has not been up long enough since its last boot to be booted again; find out why it needs that"
            }
            Self::InvalidAlert => {
                "a label or annotation of the alert is over the limits; shorten it in the rule of Prometheus"
            }
        }
    }
}
