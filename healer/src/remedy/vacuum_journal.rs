//! `vacuum_journal`: removes archived files of systemd's journal, through a helper unit that may do this and nothing else.
//!
//! The helper rotates first, so that what is being written can go as well once it is old. At least a day is kept. Doing it
//! twice is the same as doing it once.

mod files;

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Tasks;
use prunelle_systemd::UnitName;
use prunelle_systemd::unit::InvalidUnitName;
use serde_json::{Value, json};

use super::clean_folder::{Bytes, is_on_mount};
use super::helper_unit::HelperUnits;
use super::{Finding, Plan, Planning, Remedy, merge};
use crate::journal::{Committed, Intent, Started};
use crate::policy::RemedySpec;
use crate::reason::{Outcome, Reason};
use crate::remediation::machine::Identified;
use crate::target::Target;
use files::Usage;

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

/// The remedy.
#[derive(Clone, Debug)]
pub struct VacuumJournal {
    helpers: HelperUnits,
    tasks: Tasks,
    clock: SharedClock,
    root: PathBuf,
}

impl VacuumJournal {
    /// The remedy; `root` is where the journal's folders are looked for, `/` but in tests.
    pub fn new(helpers: HelperUnits, tasks: Tasks, clock: SharedClock, root: PathBuf) -> Self {
        Self {
            helpers,
            tasks,
            clock,
            root,
        }
    }

    /// What the journal takes, as far as it lies on `mount`; everything without one. None when it cannot be seen.
    async fn usage(&self, mount: Option<PathBuf>, keep: Duration) -> Option<Usage> {
        let (root, wall) = (self.root.clone(), self.clock.now().wall);
        let reading = self.tasks.spawn_blocking("journal-usage", move || {
            let is_wanted = |folder: &Path| {
                mount
                    .as_deref()
                    .is_none_or(|mount| is_on_mount(folder, mount).unwrap_or(false))
            };
            files::usage(&root, wall, keep, is_wanted)
        });
        reading.await.ok()?.ok()
    }

    async fn planned(&self, planning: &Planning) -> Result<Plan, Reason> {
        let RemedySpec::VacuumJournal(settings) = &planning.remedy else {
            return Err(Reason::NoTarget);
        };
        let keep = settings.keep.max(KEEP_AT_LEAST);
        let unit = unit_name(keep).map_err(|_| Reason::RemedyFailed)?;
        let mut message = format!("keep the last {} of systemd's journal", span(keep));
        let usage = self.usage(mount(&planning.target), keep).await;
        match &usage {
            Some(usage) if usage.old_files == 0 => return Err(Reason::NothingToClean),
            Some(usage) => {
                message = format!(
                    "{message}: up to {} of its {} would go, {} files",
                    Bytes(usage.old_bytes),
                    Bytes(usage.bytes),
                    usage.old_files
                );
            }
            None => message.push_str(", whose files cannot be seen from here"),
        }
        if let Some(obstacle) = self.helpers.obstacle(&unit).await? {
            message = format!("{message}; but {obstacle}");
        }
        Ok(Plan {
            message,
            details: json!({
                "helper": unit.as_str(),
                "keep_seconds": keep.as_secs(),
                "journal_bytes_before": usage.map(|usage| usage.bytes),
                "old_bytes": usage.map(|usage| usage.old_bytes),
            }),
        })
    }

    async fn applied(&self, intent: &Intent) -> Finding {
        let keep = intent
            .plan
            .get("keep_seconds")
            .and_then(Value::as_u64)
            .map(Duration::from_secs);
        let Some((keep, Ok(unit))) = keep.map(|keep| (keep, unit_name(keep))) else {
            return Finding::bad(
                Outcome::Failed,
                Reason::RemedyFailed,
                "the intent holds no plan of this remedy",
                json!({}),
            );
        };
        let mount = mount(&intent.target);
        let before = self.usage(mount.clone(), keep).await;
        let mut finding = self.helpers.run(&unit, intent.within).await;
        if finding.result.is_ok()
            && let (Some(before), Some(after)) = (before, self.usage(mount, keep).await)
        {
            finding.message = format!(
                "systemd's journal takes {} now, {} before",
                Bytes(after.bytes),
                Bytes(before.bytes)
            );
            merge(
                &mut finding.evidence,
                json!({"journal_bytes_before": before.bytes, "journal_bytes_after": after.bytes}),
            );
        }
        finding
    }
}

impl Remedy for VacuumJournal {
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(self.planned(planning))
    }

    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding> {
        Box::pin(async move { self.applied(&started.get().intent).await })
    }

    fn identify<'a>(
        &'a self,
        _intent: &'a Intent,
        _evidence: &'a Value,
    ) -> BoxFuture<'a, (Identified, Value)> {
        Box::pin(std::future::ready((Identified::RunAgain, json!({}))))
    }
}

/// The file system that is to be freed, when the target is one.
fn mount(target: &Target) -> Option<PathBuf> {
    match target {
        Target::Mount(mount) => Some(mount.clone()),
        Target::Unit(_) | Target::Path(_) | Target::ProcessGroup(_) | Target::Host => None,
    }
}

#[cfg(test)]
mod tests;
