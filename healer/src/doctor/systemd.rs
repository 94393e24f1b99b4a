//! systemd: whether it answers, and whether it knows the units that the policy names.

use std::time::Duration;

use prunelle_systemd::unit::LoadState;
use prunelle_systemd::{Sync, UnitName};

use super::{Patient, Report};
use crate::policy::Policy;

const TOPIC: &str = "systemd";
/// A connection is begun when the program starts.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn examine(report: &mut Report, patient: &Patient, policy: Option<&Policy>) {
    let mut table = patient.systemd.table();
    let synchronised = async {
        // The sender lives as long as the handle: the wait ends only well or by the time limit.
        let _ = table
            .wait_for(|table| table.sync == Sync::Synchronised)
            .await;
    };
    if tokio::time::timeout(PATIENCE, synchronised).await.is_err() {
        report.failure(
            TOPIC,
            "systemd does not answer on the system bus",
            "is systemd PID 1, and dbus.service active? In a container, mount /run/dbus/system_bus_socket",
        );
        return;
    }
    report.good(TOPIC, "systemd answers");
    for unit in policy.map(plain_units).unwrap_or_default() {
        match patient.systemd.unit(&unit).await {
            Ok(state) => loaded(report, &unit, state.load),
            Err(error) => report.warning(
                TOPIC,
                format!("`{unit}` cannot be read: {error}"),
                format!("`systemctl status {unit}`"),
            ),
        }
    }
}

fn loaded(report: &mut Report, unit: &UnitName, load: LoadState) {
    match load {
        LoadState::Loaded => {}
        LoadState::NotFound => report.warning(
            TOPIC,
            format!("the policy allows `{unit}`, which does not exist"),
            "mend its name in `allow`, or install it",
        ),
        LoadState::Masked => {
            report.note(TOPIC, format!("`{unit}` is masked: nothing can start it"));
        }
        _ => report.warning(
            TOPIC,
            format!("`{unit}` cannot be loaded"),
            format!("`systemd-analyze verify {unit}`"),
        ),
    }
}

/// The units that the policy names one by one.
fn plain_units(policy: &Policy) -> Vec<UnitName> {
    let mut units: Vec<UnitName> = policy
        .units_by_name()
        .filter_map(|name| name.parse().ok())
        .collect();
    units.sort();
    units.dedup();
    units
}
