//! The boots that a machine is known to have had, and how long each is known to have lasted.
//!
//! Put end to end they are a time line that no wall clock can stretch: it holds the time that the machine was seen to
//! be up, and nothing else. How long it was off is on no clock that can be trusted over a reboot, and is not on it.
//! What must not come back too soon because somebody set a clock (budgets, cooldowns) is measured along this line.

use std::sync::Arc;
use std::time::Duration;

use super::{BootId, Now};

/// One boot on the time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// Which.
    pub id: BootId,
    /// How long all known boots before it had lasted together.
    pub began: Duration,
    /// How long it is known to have lasted; nothing for the present one, which still does.
    pub lasted: Option<Duration>,
}

/// The known boots, oldest first; clones share them. Of those that are not listed it is known only that they were
/// before all that are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Boots(Arc<[Boot]>);

impl Boots {
    /// Of boots in their order.
    pub fn new(boots: impl IntoIterator<Item = Boot>) -> Self {
        Self(boots.into_iter().collect())
    }

    /// How long after `earlier` `now` is at least, by the time that the machine was seen to be up; zero when it lies
    /// before. Never too long, whatever was done to the wall clock.
    pub fn certain(&self, earlier: &Now, now: &Now) -> Duration {
        if earlier.boot_id == now.boot_id {
            return now.boot.saturating_sub(earlier.boot);
        }
        let Some(present) = self.find(&now.boot_id) else {
            // It came after the other one, and has lasted so long.
            return now.boot;
        };
        let before = match self.find(&earlier.boot_id) {
            Some(boot) => boot.place(earlier.boot),
            None => self.0.first().map_or(Duration::ZERO, |first| first.began),
        };
        present.place(now.boot).saturating_sub(before)
    }

    /// How long somebody has waited since `since`: by the wall clock over a reboot, but no less than is certain, so that
    /// a clock that is put back makes nobody wait longer than was left.
    pub fn waited(&self, since: &Now, now: &Now) -> Duration {
        now.since(since).max(self.certain(since, now))
    }

    fn find(&self, id: &BootId) -> Option<&Boot> {
        // What is asked about is seldom old.
        self.0.iter().rev().find(|boot| boot.id == *id)
    }
}

impl Boot {
    /// Where a moment of this boot is on the time line: not beyond its known end, where the next one begins.
    fn place(&self, since_boot: Duration) -> Duration {
        let within = self
            .lasted
            .map_or(since_boot, |lasted| since_boot.min(lasted));
        self.began.saturating_add(within)
    }
}
