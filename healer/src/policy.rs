//! The policy: whose host, which rule, which target, which remedy, within which limits.

mod limits;
pub mod load;
pub mod matcher;
pub mod mode;
mod remedy;
pub mod schema;
mod telling;
mod time_interval;
mod verify;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

pub use limits::{Approval, Breaker, Budget, Cooldown, Flapping, Group};
pub use matcher::{AnchoredRegex, Matcher, MatcherTest};
pub use remedy::{
    CleanFolder, EndProcess, Reboot, RemedyKind, RemedySpec, RestartService, RunCommand,
    ThrottleService, VacuumJournal,
};
pub use telling::{
    Integration, Language, MessageLimit, PostAddress, Receiver, ReportPeriod, Route,
    ScheduledReport, Telling,
};
pub use time_interval::{TimeInterval, TimeSpan};
pub use verify::{Pressure, Verify};

use prunelle_systemd::UnitName;

use crate::alert::Labels;
use crate::reason::Reason;
use crate::target::{Resource, Target};

/// What the healer may do. Ordered from the most cautious; nothing raises the mode in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Nothing, not even a plan.
    Off,
    /// Plan and log, touch nothing.
    Observe,
    /// Act.
    Enforce,
}

impl Mode {
    /// All modes, the most cautious first.
    pub const ALL: [Self; 3] = [Self::Off, Self::Observe, Self::Enforce];

    /// The mode as in the policy and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Observe => "observe",
            Self::Enforce => "enforce",
        }
    }
}

/// A checked policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Identifies the text it was read from (SHA-256, hex).
    pub revision: String,
    /// Which alerts are about this host.
    pub host: HostSelector,
    /// The policy's own mode.
    pub mode: Mode,
    /// Budget of all rules and targets of this host together.
    pub host_budget: Budget,
    /// How many remediations may run on this host at once.
    pub max_at_once: u32,
    /// Which alerts are critical: all must hold. What hits a running service or process needs such an alert.
    pub critical: Vec<Matcher>,
    /// Units that serve one purpose together.
    pub groups: Vec<Group>,
    /// The alert that always fires, and how long it may stay away; none is not watched.
    pub heartbeat: Option<Heartbeat>,
    /// How long after boot nothing is done.
    pub boot_grace: Duration,
    /// What no remedy may touch.
    pub protected: Protected,
    /// In the order of the file.
    pub rules: Vec<Rule>,
    /// Who can be told, by name.
    pub receivers: Vec<Receiver>,
    /// What is told to whom, and when.
    pub telling: Telling,
}

/// The alert that always fires: it proves that Prometheus, Alertmanager and the way to here work.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// Which alert.
    pub matchers: Vec<Matcher>,
    /// Longer without it means that something on the way is broken.
    pub missing_after: Duration,
}

/// Which alerts are about this host.
#[derive(Clone, Debug)]
pub struct HostSelector {
    /// The label.
    pub label: String,
    /// Its values.
    pub is: Vec<String>,
}

impl HostSelector {
    /// Whether the labels name this host; labels that name none do not.
    pub fn selects(&self, labels: &Labels) -> bool {
        labels
            .get(&self.label)
            .is_some_and(|value| self.is.iter().any(|known| known == value))
    }

    /// The same choice as a matcher, for asking Alertmanager; none when it cannot be put into one.
    pub fn matcher(&self) -> Option<Matcher> {
        let test = if let [only] = self.is.as_slice() {
            MatcherTest::Equal(only.clone())
        } else {
            let values: Vec<String> = self.is.iter().map(|value| regex::escape(value)).collect();
            MatcherTest::Regex(AnchoredRegex::new(&values.join("|")).ok()?)
        };
        Some(Matcher {
            name: self.label.clone(),
            test,
        })
    }
}

/// What no remedy may touch. Protection is by verb: a dead ssh may be started, a live one is not restarted.
#[derive(Clone, Debug)]
pub struct Protected {
    /// Unit globs.
    pub units: Vec<globset::GlobMatcher>,
    /// Folders.
    pub paths: Vec<PathBuf>,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique.
    pub name: String,
    /// All must hold.
    pub matchers: Vec<Matcher>,
    /// Look at the next rules as well.
    pub continues: bool,
    /// The rule's own mode; none has no opinion.
    pub mode: Option<Mode>,
    /// What it acts on.
    pub target: TargetRule,
    /// Tried in order.
    pub ladder: Vec<Rung>,
    /// Wait after repairs.
    pub cooldown: Cooldown,
    /// Intents for this rule and one target.
    pub budget: Budget,
    /// Intents for this rule, whatever the target.
    pub rule_budget: Option<Budget>,
    /// Intents for one target, whatever the rule.
    pub target_budget: Option<Budget>,
    /// When a target that is repaired too often is left alone.
    pub flapping: Option<Flapping>,
    /// When the rule itself is left alone.
    pub breaker: Option<Breaker>,
    /// Only in one of these; empty means always.
    pub active_time_intervals: Vec<TimeInterval>,
    /// Never in one of these.
    pub mute_time_intervals: Vec<TimeInterval>,
    /// Lines of the unit's log that are kept before a remedy runs; zero keeps none.
    pub evidence_log_lines: u32,
    /// How old Alertmanager's last confirmation may be.
    pub max_evidence_age: Duration,
    /// Leave a unit alone that was stopped cleanly by hand.
    pub respects_clean_stop: bool,
    /// How long a target stays in quarantine after an exhausted ladder; zero means none.
    pub quarantine: Duration,
    /// Names of the receivers that are told of an exhausted ladder.
    pub receivers: Vec<String>,
}

/// What a rule acts on.
#[derive(Clone, Debug)]
pub enum TargetRule {
    /// The unit that a label names, when the allow-list has it.
    Unit {
        /// The label.
        label: String,
        /// Globs of full unit names.
        allow: Vec<globset::GlobMatcher>,
    },
    /// A fixed folder; labels never choose paths.
    Path {
        /// The folder.
        path: PathBuf,
        /// Only when the alert's `mountpoint` is the mount that holds it.
        same_file_system: bool,
    },
    /// The file system whose mount point a label names, when the allow-list has it.
    Mount {
        /// The label.
        label: String,
        /// Mount points.
        allow: Vec<PathBuf>,
    },
    /// The unit that uses most of a resource, when the allow-list has it: never a smaller one in its place.
    ProcessGroup {
        /// Of what.
        resource: Resource,
        /// Globs of full unit names.
        allow: Vec<globset::GlobMatcher>,
    },
    /// This machine.
    Host,
}

/// One rung of a ladder.
#[derive(Clone, Debug)]
pub struct Rung {
    /// What is done.
    pub remedy: RemedySpec,
    /// How often, at most.
    pub attempts: u32,
    /// How it is checked.
    pub verify: Verify,
    /// Time limit of one attempt, verification included.
    pub within: Duration,
    /// Only for these units out of what the rule allows; for others the ladder goes on. None has no opinion.
    pub allow: Option<Vec<globset::GlobMatcher>>,
    /// Intents of this remedy by this rule on one target; when it is used up, the ladder goes on.
    pub budget: Option<Budget>,
    /// Whether a person has to agree first.
    pub approval: Option<Approval>,
}

/// What the policy makes of an alert's labels.
#[derive(Clone, Debug)]
pub struct Match<'p> {
    /// The rule.
    pub rule: &'p Rule,
    /// The target, or why there is none.
    pub target: Result<Target, Reason>,
}

impl Policy {
    /// The first twelve digits of the revision, as people are shown it.
    pub fn short_revision(&self) -> &str {
        self.revision.get(..12).unwrap_or(&self.revision)
    }

    /// Whether the labels make an alert critical. No matchers at all make none so.
    pub fn is_critical(&self, labels: &Labels) -> bool {
        !self.critical.is_empty() && self.critical.iter().all(|matcher| matcher.matches(labels))
    }

    /// Whether the labels are those of the heartbeat, when it is watched.
    pub fn is_heartbeat(&self, labels: &Labels) -> bool {
        self.heartbeat.as_ref().is_some_and(|heartbeat| {
            let mut matchers = heartbeat.matchers.iter();
            matchers.all(|matcher| matcher.matches(labels))
        })
    }

    /// Whether the labels are about this host; an alert without the label is not.
    pub fn is_about_this_host(&self, labels: &Labels) -> bool {
        self.host.selects(labels)
    }

    /// The rules that match, in order (the first, and the next ones while `continue` is set).
    pub fn matches(&self, labels: &Labels) -> Vec<Match<'_>> {
        let mut found = Vec::new();
        for rule in &self.rules {
            if rule.matchers.iter().all(|matcher| matcher.matches(labels)) {
                found.push(Match {
                    rule,
                    target: rule.target.resolve(labels),
                });
                if !rule.continues {
                    break;
                }
            }
        }
        found
    }
}

/// Whether a text names units by a pattern, and not one by its name.
pub fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

impl Policy {
    /// The units that rules allow one by one, by their full names.
    pub fn units_by_name(&self) -> impl Iterator<Item = &str> {
        self.rules
            .iter()
            .filter_map(|rule| rule.target.units())
            .flatten()
            .map(|glob| glob.glob().glob())
            .filter(|text| !is_glob(text))
    }
}

impl TargetRule {
    /// The units that it allows; none when it is not about units.
    pub fn units(&self) -> Option<&[globset::GlobMatcher]> {
        match self {
            Self::Unit { allow, .. } | Self::ProcessGroup { allow, .. } => Some(allow),
            Self::Path { .. } | Self::Mount { .. } | Self::Host => None,
        }
    }

    /// The target that the labels pick out of what the rule allows.
    fn resolve(&self, labels: &Labels) -> Result<Target, Reason> {
        match self {
            Self::Path { path, .. } => Ok(Target::Path(path.clone())),
            Self::ProcessGroup { resource, .. } => Ok(Target::ProcessGroup(*resource)),
            Self::Host => Ok(Target::Host),
            Self::Mount { label, allow } => {
                let mount = labels.get(label).ok_or(Reason::NoTarget)?;
                allow
                    .iter()
                    .find(|allowed| allowed.as_os_str() == mount)
                    .map(|allowed| Target::Mount(allowed.clone()))
                    .ok_or(Reason::NotAllowed)
            }
            Self::Unit { label, allow } => {
                let unit: UnitName = labels
                    .get(label)
                    .and_then(|value| value.parse().ok())
                    .ok_or(Reason::NoTarget)?;
                if allow.iter().any(|glob| glob.is_match(unit.as_str())) {
                    Ok(Target::Unit(unit))
                } else {
                    Err(Reason::NotAllowed)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
