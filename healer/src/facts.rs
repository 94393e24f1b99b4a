//! What the shell gathers before the pure core decides. Each fact is known with its time, unknown with a reason,
//! or does not apply. Unknown defers until the evidence is too old, then suppresses.

use prunelle_foundation::clock::{Boots, Now};
use prunelle_systemd::{UnitName, UnitState};

use crate::alert::AlertStatus;
use crate::remediation::RemediationId;

/// One fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact<T> {
    /// Known since.
    Known {
        /// What is known.
        value: T,
        /// When it was read.
        at: Now,
    },
    /// It could not be had; the text is for people.
    Unknown(String),
    /// It makes no sense for this target.
    NotApplicable,
}

impl<T> Fact<T> {
    /// When it was read, when it is known.
    pub fn known_at(&self) -> Option<&Now> {
        match self {
            Self::Known { at, .. } => Some(at),
            Self::Unknown(_) | Self::NotApplicable => None,
        }
    }
}

/// All facts about one alert and its target.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The alert's status as last heard from Alertmanager, by webhook or API.
    pub status: AlertStatus,
    /// When Alertmanager last confirmed that it fires.
    pub confirmed: Now,
    /// The unit, read from systemd: the target, or the victim of a process group.
    pub unit: Fact<UnitState>,
    /// The greediest unit, for a process group.
    pub victim: Fact<Victim>,
    /// The folder and its file system.
    pub folder: Fact<FolderFacts>,
    /// `AUTO_HEALING_ENABLED` is False: observe.
    pub is_auto_healing_disabled: bool,
    /// Why Alertmanager holds the alert back (a silence, an inhibition), when it does.
    pub muted: Option<String>,
    /// Which package manager is at work, if any.
    pub package_manager: Fact<Option<String>>,
    /// The groups that the unit belongs to.
    pub groups: Vec<GroupFacts>,
    /// Whether the pause file exists.
    pub is_pause_file_present: bool,
    /// The daemon started uncleanly too often and keeps to observe.
    pub is_crash_looping: bool,
    /// What the journal owns.
    pub history: History,
}

impl Facts {
    /// Facts of an alert of which nothing more is known, and to which nothing more applies.
    pub fn of_alert(status: AlertStatus, confirmed: Now) -> Self {
        Self {
            status,
            confirmed,
            unit: Fact::NotApplicable,
            victim: Fact::NotApplicable,
            folder: Fact::NotApplicable,
            muted: None,
            package_manager: Fact::NotApplicable,
            groups: Vec::new(),
            is_auto_healing_disabled: false,
            is_pause_file_present: false,
            is_crash_looping: false,
            history: History::default(),
        }
    }
}

/// A folder and the file system that holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderFacts {
    /// The alert's `mountpoint` is the mount that holds the folder.
    pub is_alert_about_its_file_system: bool,
    /// Free for unprivileged users / (used + free), as df counts.
    pub free_ratio: f64,
}

/// The unit that uses most of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Victim {
    /// Its name.
    pub unit: UnitName,
    /// What it uses and why it was chosen, for people.
    pub evidence: String,
}

/// A group of units, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFacts {
    /// Its name.
    pub name: String,
    /// Members that are up, the unit itself left aside; none when that is not known.
    pub healthy_others: Option<u32>,
}

/// How many charges of a window are told at most, the newest ones: no budget can be larger.
pub const MOST_CHARGES: u32 = 1000;

/// How many ends of remediations are told at most, the newest ones: cooldowns have long reached their maximum by then,
/// and no limit on flapping or failures can be larger.
pub const MOST_ENDS: u32 = 100;

/// What the journal knows of a rule, a target and the host; read anew inside the admission transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// By which moments from before a reboot are compared with later ones.
    pub boots: Boots,
    /// The remediation that runs on the target, on the victim, or on a process group whose victim is the target; another
    /// one before the one that asks.
    pub running: Option<RemediationId>,
    /// Pauses in force that cover the target.
    pub pauses: Vec<Pause>,
    /// Intents charged to this rule and target, oldest first.
    pub charges: Vec<Now>,
    /// Intents charged on this host, oldest first.
    pub host_charges: Vec<Now>,
    /// Ends of remediations of this target, or of the victim, that had acted, oldest first.
    pub repairs: Vec<Now>,
    /// Quarantine of the target, or of the victim, if one is in force.
    pub quarantine: Option<Quarantine>,
    /// Intents charged to this rule, whatever the target, oldest first.
    pub rule_charges: Vec<Now>,
    /// Intents charged to this target, whatever the rule, oldest first.
    pub target_charges: Vec<Now>,
    /// Intents charged to this rule, target and remedy, oldest first.
    pub remedy_charges: Vec<Now>,
    /// Ends of this rule's remediations that had acted and were not cancelled, on all targets, oldest first: when, and
    /// whether it succeeded.
    pub rule_ends: Vec<(Now, bool)>,
    /// Remediations of this rule that run, on all targets, this one left aside.
    pub rule_running: u32,
    /// What else is under repair on this host, one for each remediation: its victim, or its target.
    pub others_running: Vec<crate::target::Target>,
    /// What a person was asked about this rung, and answered.
    pub approval: Option<Approval>,
}

/// A question to a person, whether something may be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// By which people answer.
    pub number: i64,
    /// When it was asked.
    pub since: Now,
    /// How long it may be answered, and the answer holds.
    pub lasts: std::time::Duration,
    /// The answer, once there is one: whether it may be done.
    pub is_approved: Option<bool>,
}

/// A target is left to a person for a while, after its ladder was exhausted.
#[derive(Clone, Debug, PartialEq)]
pub struct Quarantine {
    /// When it began.
    pub since: Now,
    /// How long it lasts; see [`Boots::waited`].
    pub lasts: std::time::Duration,
}

/// A pause, set by a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Pause {
    /// The target it covers; none covers all.
    pub target: Option<crate::target::Target>,
    /// When it was set.
    pub since: Now,
    /// How long it lasts; see [`Boots::waited`].
    pub lasts: std::time::Duration,
    /// Who, and why, as given.
    pub note: String,
}
