//! Which boots the journal has seen and how long each has lasted: read once at start, as the boots before the present
//! one do not change any more. The present one is noted with whatever is written, every minute, and when the healer
//! stops.

use std::time::Duration;

use prunelle_foundation::clock::{Boot, BootId, Boots, Now};
use rusqlite::{Connection, params};

use super::moment::{boot, duration, duration_ns};
use super::operation::{Run, Transaction};

/// Time between notes. So much is missing at most of what is known of a boot that ends without a stop.
const PERIOD: Duration = Duration::from_mins(1);
/// Boots that are told apart; those before them count as if they had ended where these begin.
const MOST: u32 = 100;

/// The boots that are known, and when the present one was noted last.
#[derive(Debug)]
pub(super) struct SeenBoots {
    pub(super) known: Boots,
    /// How long all boots before the present one have lasted.
    began: Duration,
    noted: Option<Duration>,
}

impl SeenBoots {
    /// Reads which boots there were before the present one.
    pub(super) fn read(conn: &Connection, now: &Now) -> rusqlite::Result<Self> {
        let mut boots: Vec<Boot> = conn
            .prepare("SELECT boot_id, began, lasted FROM boots ORDER BY number DESC LIMIT ?1")?
            .query_map([MOST], |row| {
                Ok(Boot {
                    id: BootId::new(row.get_ref(0)?.as_str()?),
                    began: duration(row.get(1)?),
                    lasted: Some(duration(row.get(2)?)),
                })
            })?
            .collect::<Result<_, _>>()?;
        boots.reverse();
        let began = match boots.pop_if(|last| last.id == now.boot_id) {
            Some(present) => present.began,
            None => boots.last().map_or(Duration::ZERO, |last| {
                last.began.saturating_add(last.lasted.unwrap_or_default())
            }),
        };
        boots.push(Boot {
            id: now.boot_id.clone(),
            began,
            lasted: None,
        });
        Ok(Self {
            known: Boots::new(boots),
            began,
            noted: None,
        })
    }

    /// How long all boots have lasted, this one included.
    pub(super) fn uptime(&self, now: &Now) -> Duration {
        self.began.saturating_add(now.boot)
    }

    /// Whether it is time to note how long the present boot has lasted.
    pub(super) fn is_due(&self, now: &Now) -> bool {
        self.noted
            .is_none_or(|noted| now.boot.saturating_sub(noted) >= PERIOD)
    }

    /// It was noted, and that is committed.
    pub(super) fn noted(&mut self, now: &Now) {
        self.noted = Some(now.boot);
    }
}

impl Transaction<'_> {
    /// Notes how long the present boot has lasted.
    pub(super) fn note_boot(&self, now: &Now) -> Run<()> {
        let began = duration_ns(self.boots.began);
        self.execute(
            "INSERT INTO boots (boot_id, began, lasted) VALUES (?1, ?2, ?3)
             ON CONFLICT (boot_id) DO UPDATE SET lasted = max(lasted, excluded.lasted)",
            params![now.boot_id.as_str(), began, boot(now)],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
