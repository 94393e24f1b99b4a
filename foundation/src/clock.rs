//! The one source of time.
//!
//! A point in time is a triple: wall clock, time since boot (`CLOCK_BOOTTIME`, which counts suspend) and the
//! boot it belongs to. Intervals inside one boot are measured by boot time, so a step of the wall clock
//! neither reopens a budget nor shortens a cooldown; over a reboot, [`Boots`] tells what is certain. Every module is
//! handed a clock; none asks the system.

mod boots;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::boots::{Boot, Boots};

/// The identity of one boot of the machine (`/proc/sys/kernel/random/boot_id`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BootId(Arc<str>);

impl BootId {
    /// Wraps the text of a boot id; surrounding white space is dropped.
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One point in time, by three clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// Wall clock, UTC.
    pub wall: Timestamp,
    /// Time since boot, suspend included (`CLOCK_BOOTTIME`).
    pub boot: Duration,
    /// The boot that `boot` counts from.
    pub boot_id: BootId,
}

impl Now {
    /// How long after `earlier` this is; zero when it lies before.
    ///
    /// Same boot: by boot time. Another boot: by wall time, but never less than this boot has lasted, which is certain.
    /// A wall clock that was put forward over the reboot makes it too long: what must not be ended by that goes by
    /// [`Boots::certain`].
    pub fn since(&self, earlier: &Now) -> Duration {
        if self.boot_id == earlier.boot_id {
            self.boot.saturating_sub(earlier.boot)
        } else {
            Duration::try_from(self.wall.duration_since(earlier.wall))
                .unwrap_or(Duration::ZERO)
                .max(self.boot)
        }
    }
}

/// What tells the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present moment.
    fn now(&self) -> Now;

    /// Time since boot without suspend (`CLOCK_MONOTONIC`), by which systemd plans its timers.
    fn monotonic(&self) -> Duration {
        self.now().boot
    }
}

/// A clock that is handed around.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clocks.
#[derive(Debug)]
pub struct SystemClock {
    boot_id: BootId,
}

impl SystemClock {
    /// Reads the boot id from `/proc/sys/kernel/random/boot_id`.
    pub fn new() -> std::io::Result<Self> {
        let boot_id = BootId::new(&std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?);
        Ok(Self { boot_id })
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that the ban points to"
    )]
    fn now(&self) -> Now {
        Now {
            wall: Timestamp::now(),
            boot: elapsed(rustix::time::ClockId::Boottime),
            boot_id: self.boot_id.clone(),
        }
    }

    fn monotonic(&self) -> Duration {
        elapsed(rustix::time::ClockId::Monotonic)
    }
}

fn elapsed(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// A clock that moves only when told to, for tests and rehearsals.
#[derive(Debug)]
pub struct ManualClock(Mutex<Now>);

impl ManualClock {
    /// Starts at `now`.
    pub fn new(now: Now) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves wall and boot time forward together.
    pub fn advance(&self, by: Duration) {
        let mut now = self.lock();
        now.boot += by;
        now.wall = now.wall.checked_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Steps the wall clock alone, as NTP or a person does.
    pub fn step_wall(&self, to: Timestamp) {
        self.lock().wall = to;
    }

    /// Starts another boot: boot time is zero again.
    pub fn reboot(&self, boot_id: BootId) {
        let mut now = self.lock();
        now.boot = Duration::ZERO;
        now.boot_id = boot_id;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Now> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        self.lock().clone()
    }
}

#[cfg(test)]
mod tests;
