//! What the shell gathers before the pure core decides. Each fact is known with its time, unknown with a reason,
//! or does not apply. Unknown defers until the evidence is too old, then suppresses.

use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitState;

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
    /// The unit, read from systemd.
    pub unit: Fact<UnitState>,
    /// The folder and its file system.
    pub folder: Fact<FolderFacts>,
    /// `AUTO_HEALING_ENABLED` is False: observe.
    pub is_auto_healing_disabled: bool,
    /// Whether the pause file exists.
    pub is_pause_file_present: bool,
    /// The daemon started uncleanly too often and keeps to observe.
    pub is_crash_looping: bool,
    /// What the journal owns.
    pub history: History,
}

/// A folder and the file system that holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderFacts {
    /// The alert's `mountpoint` is the mount that holds the folder.
    pub is_alert_about_its_file_system: bool,
    /// Free for unprivileged users / (used + free), as df counts.
    pub free_ratio: f64,
}

/// What the journal knows of a rule, a target and the host; read anew inside the admission transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The remediation that runs on the target.
    pub running: Option<RemediationId>,
    /// Pauses in force that cover the target.
    pub pauses: Vec<Pause>,
    /// Intents charged to this rule and target, oldest first.
    pub charges: Vec<Now>,
    /// Intents charged on this host, oldest first.
    pub host_charges: Vec<Now>,
    /// Ends of remediations of this target that had acted, oldest first.
    pub repairs: Vec<Now>,
    /// Quarantine of the target, if one is in force.
    pub quarantine: Option<Quarantine>,
}

/// A target is left to a person for a while, after its ladder was exhausted.
#[derive(Clone, Debug, PartialEq)]
pub struct Quarantine {
    /// When it began.
    pub since: Now,
    /// How long it lasts, by boot time inside one boot.
    pub lasts: std::time::Duration,
}

/// A pause, set by a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Pause {
    /// The target it covers; none covers all.
    pub target: Option<crate::target::Target>,
    /// When it was set.
    pub since: Now,
    /// How long it lasts, by boot time inside one boot.
    pub lasts: std::time::Duration,
    /// Who, and why, as given.
    pub note: String,
}
