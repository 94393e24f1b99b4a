//! Reminders: what is left to a person is told again and again, until it is over.

use std::collections::HashMap;
use std::time::Duration;

use prunelle_foundation::clock::Now;
use tracing::{info, warn};

use super::Engine;
use super::commands::Carried;
use crate::journal::QuarantineInForce;
use crate::view::QuarantineView;

/// A quarantine is told of again after so long.
const REMIND_EVERY: Duration = Duration::from_hours(1);

/// The quarantines in force, and when each was told of last.
#[derive(Debug, Default)]
pub(super) struct Reminders {
    quarantines: Vec<QuarantineInForce>,
    told: HashMap<i64, Duration>,
}

impl Reminders {
    pub(super) fn set(&mut self, quarantines: Vec<QuarantineInForce>) {
        self.quarantines = quarantines;
        let quarantines = &self.quarantines;
        self.told
            .retain(|number, _| quarantines.iter().any(|known| known.number == *number));
    }

    /// When something is to be told, by boot time.
    pub(super) fn next(&self, now: &Now) -> Option<Duration> {
        let times = self.quarantines.iter().map(|quarantine| {
            let ends = now.boot + quarantine.left(now);
            let again = self
                .told
                .get(&quarantine.number)
                .map_or(now.boot, |told| *told + REMIND_EVERY);
            ends.min(again)
        });
        times.min()
    }

    /// Tells what is due; true when a quarantine has ended.
    fn tell(&mut self, now: &Now) -> bool {
        for quarantine in &self.quarantines {
            let (target, rule) = (&quarantine.target, &quarantine.rule);
            if quarantine.left(now).is_zero() {
                info!(%target, rule, "the quarantine has ended by itself");
                continue;
            }
            let is_due = self
                .told
                .get(&quarantine.number)
                .is_none_or(|told| now.boot >= *told + REMIND_EVERY);
            if is_due {
                let until = quarantine.until(now);
                warn!(
                    %target,
                    rule,
                    since = %quarantine.since.wall.strftime("%FT%TZ"),
                    until = %until.strftime("%FT%TZ"),
                    "in quarantine, left to a person: `prunelle-healer release {target}` ends that"
                );
                self.told.insert(quarantine.number, now.boot);
            }
        }
        let before = self.quarantines.len();
        self.quarantines
            .retain(|quarantine| !quarantine.left(now).is_zero());
        self.quarantines.len() != before
    }

    /// As people see them.
    pub(super) fn view(&self, now: &Now) -> Vec<QuarantineView> {
        self.quarantines
            .iter()
            .map(|quarantine| QuarantineView {
                target: quarantine.target.to_string(),
                rule: quarantine.rule.clone(),
                since: quarantine.since.wall,
                until: quarantine.until(now),
                release: format!("prunelle-healer release {}", quarantine.target),
            })
            .collect()
    }
}

impl Engine {
    /// Tells what is due to be told.
    pub(super) fn remind(&mut self) {
        let now = self.ports.clock.now();
        if self.reminders.next(&now).is_some_and(|due| due <= now.boot) && self.reminders.tell(&now)
        {
            self.publisher.touch();
        }
    }

    /// Reads anew which quarantines are in force.
    pub(super) fn read_quarantines(&mut self) {
        let journal = self.ports.journal.clone();
        let now = self.ports.clock.now();
        self.commands.push(Box::pin(async move {
            match journal.quarantines(now).await {
                Ok(quarantines) => Carried::Quarantines(quarantines),
                Err(error) => {
                    warn!(%error, "the quarantines cannot be read");
                    Carried::Nothing
                }
            }
        }));
    }
}
