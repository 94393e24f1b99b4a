//! The policy: whether it can be read, and whether it will do anything.

use super::{Patient, Report};
use crate::policy::{Mode, Policy, TargetRule, load};

const TOPIC: &str = "policy";

pub(super) fn examine(report: &mut Report, patient: &Patient) -> Option<Policy> {
    let file = &patient.settings.policy_file;
    let policy = match load::read(file) {
        Ok(policy) => policy,
        Err(errors) => {
            report.failure(
                TOPIC,
                errors.to_string(),
                format!(
                    "mend it; `prunelle-healer check-config {}` shows the same",
                    file.display()
                ),
            );
            return None;
        }
    };
    report.good(
        TOPIC,
        format!(
            "{}: {} rules, mode {}",
            file.display(),
            policy.rules.len(),
            policy.mode.as_str()
        ),
    );
    mode(report, patient, &policy);
    for rule in &policy.rules {
        let is_empty = match &rule.target {
            TargetRule::Mount { allow, .. } => allow.is_empty(),
            target => target.units().is_some_and(<[_]>::is_empty),
        };
        if is_empty {
            report.note(
                TOPIC,
                format!(
                    "the rule `{}` allows nothing: its list `allow` is empty",
                    rule.name
                ),
            );
        }
    }
    Some(policy)
}

fn mode(report: &mut Report, patient: &Patient, policy: &Policy) {
    if patient.settings.auto_healing_enabled == Some(false) {
        report.note(
            TOPIC,
            "AUTO_HEALING_ENABLED is False: nothing is touched, whatever the policy says",
        );
    }
    match policy.mode {
        Mode::Enforce => {}
        Mode::Observe => report.note(
            TOPIC,
            "the mode is observe: what would be done is logged, nothing is touched",
        ),
        Mode::Off => report.note(
            TOPIC,
            "the mode is off: nothing is done, and nothing planned",
        ),
    }
    if patient.settings.pause_file().exists() {
        report.warning(
            TOPIC,
            format!(
                "{} exists: everything is paused",
                patient.settings.pause_file().display()
            ),
            "remove it when the pause is over",
        );
    }
}
