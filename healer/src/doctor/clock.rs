//! The clock: whether it agrees with those of the peers. Durations are measured by boot time; but when an alert began,
//! and what time it is, come from other machines.

use std::time::Duration;

use jiff::Timestamp;

use super::{Patient, Report};
use crate::policy::Policy;

const TOPIC: &str = "clock";
/// HTTP's date has whole seconds, and an answer takes its time.
const AGREES: Duration = Duration::from_secs(5);

pub(super) fn examine(
    report: &mut Report,
    patient: &Patient,
    policy: Option<&Policy>,
    dates: &[Option<(&'static str, Timestamp)>],
) {
    let now = patient.clock.now();
    for (peer, date) in dates.iter().flatten() {
        let apart = now.wall.duration_since(*date).unsigned_abs();
        if apart <= AGREES {
            report.good(TOPIC, format!("the clock of {peer} agrees with ours"));
        } else {
            report.warning(
                TOPIC,
                format!(
                    "the clock of {peer} is {} s away from ours",
                    apart.as_secs()
                ),
                "have both machines set by NTP: `timedatectl set-ntp true`",
            );
        }
    }
    let grace = policy.map_or(Duration::ZERO, |policy| policy.boot_grace);
    let left = grace.saturating_sub(now.boot);
    if !left.is_zero() {
        report.note(
            TOPIC,
            format!(
                "the machine has just booted: nothing is done for another {} s",
                left.as_secs()
            ),
        );
    }
}
