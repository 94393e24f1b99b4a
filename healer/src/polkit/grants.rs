//! Which verbs each remedy of a policy needs, on which units.

use std::collections::{BTreeMap, BTreeSet};

use super::Units;
use crate::policy::{Policy, RemedyKind, RemedySpec, Rule};
use crate::remedy::helper_unit;

/// Verbs on units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// systemd's verbs.
    pub(super) verbs: BTreeSet<&'static str>,
    /// In one of these …
    pub(super) units: Vec<Units>,
    /// … and, for a rung with a list of its own, in one of these as well.
    pub(super) also: Option<Vec<Units>>,
}

/// `units` and `also` of a grant.
type Granted = (Vec<Units>, Option<Vec<Units>>);

/// Everything that the rungs of the policy need; rungs of the same units are taken together.
pub(super) fn grants(policy: &Policy) -> Vec<Grant> {
    let mut grants: BTreeMap<Granted, BTreeSet<&'static str>> = BTreeMap::new();
    for rule in &policy.rules {
        for rung in &rule.ladder {
            let (units, also) = match needed_unit(&rung.remedy) {
                Some(unit) => (vec![unit], None),
                None => (
                    allowed(rule),
                    rung.allow
                        .as_ref()
                        .map(|allow| sorted(allow.iter().map(Units::of))),
                ),
            };
            let verbs = verbs(rung.remedy.kind());
            let is_for_nobody = units.is_empty() || also.as_ref().is_some_and(Vec::is_empty);
            if !verbs.is_empty() && !is_for_nobody {
                grants.entry((units, also)).or_default().extend(verbs);
            }
        }
    }
    grants
        .into_iter()
        .map(|((units, also), verbs)| Grant { verbs, units, also })
        .collect()
}

/// Whether a rung runs a command.
pub(super) fn runs_commands(policy: &Policy) -> bool {
    policy
        .rules
        .iter()
        .flat_map(|rule| &rule.ladder)
        .any(|rung| rung.remedy.kind() == RemedyKind::RunCommand)
}

/// The unit that a remedy starts whatever its target is.
fn needed_unit(remedy: &RemedySpec) -> Option<Units> {
    match remedy {
        RemedySpec::Reboot(_) => Some(Units::Named("reboot.target".to_owned())),
        remedy => helper_unit::of(remedy).map(|unit| Units::Named(unit.to_string())),
    }
}

/// What systemd calls what a remedy asks for.
const fn verbs(kind: RemedyKind) -> &'static [&'static str] {
    match kind {
        RemedyKind::RestartService => &["start", "restart"],
        RemedyKind::StopService => &["stop"],
        RemedyKind::ReloadService => &["reload"],
        RemedyKind::ResetFailed => &["reset-failed"],
        RemedyKind::ThrottleService => &["set-property"],
        RemedyKind::StartService
        | RemedyKind::VacuumJournal
        | RemedyKind::CleanPackageCache
        | RemedyKind::DropCaches
        | RemedyKind::RunCommand
        | RemedyKind::Reboot => &["start"],
        RemedyKind::CleanFolder | RemedyKind::EndProcess => &[],
    }
}

fn allowed(rule: &Rule) -> Vec<Units> {
    sorted(
        rule.target
            .units()
            .unwrap_or_default()
            .iter()
            .map(Units::of),
    )
}

fn sorted(units: impl Iterator<Item = Units>) -> Vec<Units> {
    let units: BTreeSet<Units> = units.collect();
    units.into_iter().collect()
}
