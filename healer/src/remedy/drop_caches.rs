//! `drop_caches`: `sync`, then 3 into `/proc/sys/vm/drop_caches`, through a helper unit that may do this and nothing else.
//!
//! The kernel's authors call it drastic: clean caches are free memory already, and reading everything anew costs time. It
//! lowers no use of the processor by itself. Doing it twice is the same as doing it once.

use std::path::PathBuf;

use futures_util::future::BoxFuture;
use prunelle_systemd::UnitName;
use prunelle_systemd::unit::InvalidUnitName;
use serde_json::{Value, json};

use super::clean_folder::Bytes;
use super::helper_unit::HelperUnits;
use super::{Finding, Plan, Planning, Remedy, merge};
use crate::journal::{Committed, Intent, Started};
use crate::reason::{Outcome, Reason};
use crate::remediation::machine::Identified;

/// The helper unit.
pub fn unit_name() -> Result<UnitName, InvalidUnitName> {
    "prunelle-drop-caches.service".parse()
}

/// The remedy.
#[derive(Clone, Debug)]
pub struct DropCaches {
    helpers: HelperUnits,
    proc: PathBuf,
}

impl DropCaches {
    /// The remedy; `proc` is where the kernel tells how large the caches are.
    pub fn new(helpers: HelperUnits, proc: PathBuf) -> Self {
        Self { helpers, proc }
    }

    /// Bytes in caches that the kernel could give back; none when it does not tell.
    fn cached(&self) -> Option<u64> {
        let text = std::fs::read_to_string(self.proc.join("meminfo")).ok()?;
        droppable(&text)
    }

    async fn planned(&self) -> Result<Plan, Reason> {
        let unit = unit_name().map_err(|_| Reason::RemedyFailed)?;
        let mut message = "write out what is dirty and drop the kernel's caches".to_owned();
        let cached = self.cached();
        if let Some(cached) = cached {
            message = format!("{message}, {} now", Bytes(cached));
        }
        if let Some(obstacle) = self.helpers.obstacle(&unit).await? {
            message = format!("{message}; but {obstacle}");
        }
        Ok(Plan {
            message,
            details: json!({"helper": unit.as_str(), "cached_bytes_before": cached}),
        })
    }

    async fn applied(&self, intent: &Intent) -> Finding {
        let Ok(unit) = unit_name() else {
            return Finding::bad(Outcome::Failed, Reason::RemedyFailed, "", json!({}));
        };
        let before = self.cached();
        let mut finding = self.helpers.run(&unit, intent.within).await;
        if finding.result.is_ok()
            && let (Some(before), Some(after)) = (before, self.cached())
        {
            finding.message = format!(
                "dropped the kernel's caches: {} before, {} after",
                Bytes(before),
                Bytes(after)
            );
            merge(
                &mut finding.evidence,
                json!({"cached_bytes_before": before, "cached_bytes_after": after}),
            );
        }
        finding
    }
}

impl Remedy for DropCaches {
    fn plan<'a>(&'a self, _planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(self.planned())
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

/// Page cache without what is in memory only (`Shmem`), buffers, and kernel structures that can be made anew.
fn droppable(meminfo: &str) -> Option<u64> {
    let kilobytes = |name: &str| -> Option<u64> {
        let line = meminfo
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix(" kB")?.trim().parse().ok()
    };
    let pages = kilobytes("Cached")?
        .saturating_sub(kilobytes("Shmem").unwrap_or(0))
        .saturating_add(kilobytes("Buffers").unwrap_or(0))
        .saturating_add(kilobytes("SReclaimable").unwrap_or(0));
    Some(pages.saturating_mul(1024))
}

#[cfg(test)]
mod tests;
