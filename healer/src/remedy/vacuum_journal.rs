//! `vacuum_journal`: removes archived files of systemd's journal, through a helper unit that may do this and nothing else.

use std::time::Duration;

use prunelle_systemd::UnitName;
use prunelle_systemd::unit::InvalidUnitName;

/// Younger entries are never removed, whatever the policy says. (Zero means "no limit" to journald.)
pub const KEEP_AT_LEAST: Duration = Duration::from_hours(24);

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// The helper unit that keeps the last `keep` of the journal: `prunelle-vacuum-journal@7d.service`. What is between two
/// full hours is kept as well.
pub fn unit_name(keep: Duration) -> Result<UnitName, InvalidUnitName> {
    format!("prunelle-vacuum-journal@{}.service", span(keep)).parse()
}

/// A time as `journalctl --vacuum-time=` takes it, in days or hours.
fn span(keep: Duration) -> String {
    let keep = keep.max(KEEP_AT_LEAST);
    let seconds = keep
        .as_secs()
        .saturating_add(u64::from(keep.subsec_nanos() > 0));
    if seconds % DAY == 0 {
        format!("{}d", seconds / DAY)
    } else {
        format!("{}h", seconds.div_ceil(HOUR))
    }
}

#[cfg(test)]
mod tests;
