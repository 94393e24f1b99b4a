//! The mode in force: the most cautious of everything that has an opinion. Nothing raises it.
//!
//! One pure function over all switches, asked by the guards and shown by `status` and the status page.

use super::Mode;

/// Everything that has a say in the mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// `AUTO_HEALING_ENABLED`: false means observe; true or unset has no opinion.
    pub auto_healing_enabled: Option<bool>,
    /// The policy's mode.
    pub policy: Mode,
    /// The rule's mode; none has no opinion.
    pub rule: Option<Mode>,
    /// A pause covers the target.
    pub is_paused: bool,
    /// The pause file exists.
    pub is_pause_file_present: bool,
    /// The daemon started uncleanly too often of late.
    pub is_crash_looping: bool,
}

/// What set the mode in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetBy {
    /// `mode` of the policy.
    Policy,
    /// `mode` of the rule.
    Rule,
    /// `AUTO_HEALING_ENABLED` is false.
    Environment,
    /// A pause.
    Pause,
    /// The pause file.
    PauseFile,
    /// Too many unclean starts.
    CrashLoop,
}

impl SetBy {
    /// For people: the end of "observe, set by …".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "the policy",
            Self::Rule => "the rule",
            Self::Environment => "AUTO_HEALING_ENABLED",
            Self::Pause => "a pause",
            Self::PauseFile => "the pause file",
            Self::CrashLoop => "repeated unclean starts",
        }
    }
}

/// The mode in force and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// What the healer may do.
    pub mode: Mode,
    /// The first switch, in the order of [`SetBy`], that asks for it.
    pub set_by: SetBy,
}

/// The most cautious of all opinions.
pub fn mode_in_force(switches: &Switches) -> InForce {
    let observe_if = |is_set: bool| is_set.then_some(Mode::Observe);
    let opinions = [
        (switches.rule, SetBy::Rule),
        (
            observe_if(switches.auto_healing_enabled == Some(false)),
            SetBy::Environment,
        ),
        (observe_if(switches.is_paused), SetBy::Pause),
        (observe_if(switches.is_pause_file_present), SetBy::PauseFile),
        (observe_if(switches.is_crash_looping), SetBy::CrashLoop),
    ];
    let mut in_force = InForce {
        mode: switches.policy,
        set_by: SetBy::Policy,
    };
    for (opinion, set_by) in opinions {
        if let Some(mode) = opinion.filter(|&mode| mode < in_force.mode) {
            in_force = InForce { mode, set_by };
        }
    }
    in_force
}

#[cfg(test)]
mod tests;
