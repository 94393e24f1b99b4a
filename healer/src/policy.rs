//! The policy: whose host, which rule, which target, which remedy, within which limits.

pub mod load;
pub mod matcher;
pub mod mode;
mod remedy;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

pub use matcher::{AnchoredRegex, Matcher, MatcherTest};
pub use remedy::{CleanFolder, RemedyKind, RemedySpec};

use prunelle_systemd::UnitName;

use crate::alert::Labels;
use crate::reason::Reason;
use crate::target::Target;

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
    /// How long after boot nothing is done.
    pub boot_grace: Duration,
    /// What no remedy may touch.
    pub protected: Protected,
    /// In the order of the file.
    pub rules: Vec<Rule>,
    /// Who can be told, by name.
    pub receivers: Vec<Receiver>,
}

/// Somebody who can be told of an exhausted ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Unique.
    pub name: String,
    /// Addresses that get a mail.
    pub email_to: Vec<String>,
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
            .is_some_and(|value| self.is.contains(value))
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

/// At most `max` intents in any window of `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How many.
    pub max: u32,
    /// In how long.
    pub per: Duration,
}

/// The wait after a repair, growing while faults keep coming: `first`, then `step`, `step × factor` … up to `max`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cooldown {
    /// After the first repair.
    pub first: Duration,
    /// After the second.
    pub step: Duration,
    /// Growth from then on.
    pub factor: f64,
    /// Never longer; a quiet time of twice this starts anew.
    pub max: Duration,
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
}

/// How success is judged.
#[derive(Clone, Debug, PartialEq)]
pub enum Verify {
    /// The unit is active, in a new invocation, and stays so.
    UnitActive {
        /// For this long.
        stable_for: Duration,
    },
    /// The file system has this much free (0–1).
    FreeSpace {
        /// At least.
        at_least: f64,
    },
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

impl TargetRule {
    /// The target that the labels pick out of what the rule allows.
    fn resolve(&self, labels: &Labels) -> Result<Target, Reason> {
        match self {
            Self::Path { path, .. } => Ok(Target::Path(path.clone())),
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
