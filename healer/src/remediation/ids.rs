//! Where ids come from: the one place, so that a test or a rehearsal can repeat them.

use std::fmt;

use prunelle_foundation::clock::Now;
use uuid::{NoContext, Timestamp, Uuid};

use super::RemediationId;

/// Makes ids.
pub trait Ids: Send + Sync + fmt::Debug {
    /// A new id, ordered by the time it is made.
    fn remediation(&self, now: &Now) -> RemediationId;
}

/// UUIDs, version 7: the clock's wall time and the system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct UuidV7;

impl Ids for UuidV7 {
    fn remediation(&self, now: &Now) -> RemediationId {
        let seconds = u64::try_from(now.wall.as_second()).unwrap_or_default();
        let nanos = u32::try_from(now.wall.subsec_nanosecond()).unwrap_or_default();
        RemediationId(Uuid::new_v7(Timestamp::from_unix(
            NoContext, seconds, nanos,
        )))
    }
}
