//! How a point in time is kept: three columns, wall clock and boot time in nanoseconds and the boot's id.

use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Now};
use rusqlite::Row;

/// Nanoseconds since 1970, held at the ends of what 64 bits take (the years 1677 and 2262).
pub(super) fn timestamp_ns(timestamp: Timestamp) -> i64 {
    let ns = timestamp.as_nanosecond();
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

/// The inverse of [`timestamp_ns`].
pub(super) fn timestamp(ns: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(ns)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Nanoseconds, at most 292 years.
pub(super) fn duration_ns(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// The inverse of [`duration_ns`].
pub(super) fn duration(ns: i64) -> Duration {
    Duration::from_nanos(u64::try_from(ns).unwrap_or(0))
}

/// The wall clock's column.
pub(super) fn wall(now: &Now) -> i64 {
    timestamp_ns(now.wall)
}

/// The boot time's column.
pub(super) fn boot(now: &Now) -> i64 {
    duration_ns(now.boot)
}

/// Reads the three columns that start at `first`.
pub(super) fn read_now(row: &Row<'_>, first: usize) -> rusqlite::Result<Now> {
    let boot_id = row.get_ref(first + 2)?.as_str()?;
    Ok(Now {
        wall: timestamp(row.get(first)?),
        boot: duration(row.get(first + 1)?),
        boot_id: BootId::new(boot_id),
    })
}

/// Whether a moment of this boot is later than one that the journal has kept: what it has from another boot is from one
/// before, whatever the wall clock said.
pub(super) fn is_later(now: &Now, kept: &Now) -> bool {
    now.boot_id != kept.boot_id || now.boot > kept.boot
}
