//! Rights that single remedies need: helper units, capabilities, what the kernel hides.

use std::collections::BTreeSet;
use std::path::Path;

use prunelle_systemd::UnitName;
use prunelle_systemd::unit::LoadState;

use super::{Patient, Report};
use crate::policy::{Policy, RemedyKind};
use crate::remedy::helper_unit;

const TOPIC: &str = "rights";
/// `CAP_KILL` in `/proc/<pid>/status`.
const CAP_KILL: u32 = 5;

pub(super) async fn examine(report: &mut Report, patient: &Patient, policy: &Policy) {
    let rungs = || policy.rules.iter().flat_map(|rule| &rule.ladder);
    let helpers: BTreeSet<UnitName> = rungs()
        .filter_map(|rung| helper_unit::of(&rung.remedy))
        .collect();
    for unit in helpers {
        match patient.systemd.unit(&unit).await {
            Ok(state) if state.load == LoadState::Loaded => {
                report.good(TOPIC, format!("the helper unit `{unit}` is installed"));
            }
            Ok(_) => report.warning(
                TOPIC,
                format!("the helper unit `{unit}` is not installed: its remedy will be skipped as not_permitted"),
                "install the units of deploy/systemd, then `systemctl daemon-reload`",
            ),
            Err(_) => {}
        }
    }
    if rungs().any(|rung| rung.remedy.kind() == RemedyKind::EndProcess) {
        end_process(report, &patient.proc);
    }
}

fn end_process(report: &mut Report, proc: &Path) {
    let status = std::fs::read_to_string(proc.join("self/status")).unwrap_or_default();
    if has_capability(&status, CAP_KILL) {
        report.good(TOPIC, "processes of other users can be ended");
    } else {
        report.warning(
            TOPIC,
            "processes of other users cannot be ended: `end_process` will be not_permitted",
            "`systemctl edit prunelle-healer`: AmbientCapabilities=CAP_KILL and CapabilityBoundingSet=CAP_KILL under [Service]",
        );
    }
    if !proc.join("1/status").exists() {
        report.warning(
            TOPIC,
            "the kernel hides processes of other users from us: the greediest unit cannot be told",
            "mount /proc without hidepid for the healer: SupplementaryGroups= of the group that `gid=` of the mount names",
        );
    }
}

pub(super) fn has_capability(status: &str, number: u32) -> bool {
    status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|set| u64::from_str_radix(set.trim(), 16).ok())
        .is_some_and(|set| set & (1 << number) != 0)
}
