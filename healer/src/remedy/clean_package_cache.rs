//! `clean_package_cache`: removes downloaded packages, by the package manager itself, through a helper unit that may do this
//! and nothing else. Nothing is deleted under a package manager that is at work: it holds its own lock, and the helper
//! fails then. Doing it twice is the same as doing it once.

mod caches;

use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use prunelle_foundation::lifecycle::Tasks;
use prunelle_systemd::UnitName;
use prunelle_systemd::unit::InvalidUnitName;
use serde_json::{Value, json};

use super::clean_folder::{Bytes, is_on_mount};
use super::helper_unit::HelperUnits;
use super::{Finding, Plan, Planning, Remedy, merge};
use crate::journal::{Committed, Intent, Started};
use crate::reason::{Outcome, Reason};
use crate::remediation::machine::Identified;
use crate::target::Target;
use caches::Usage;

/// The helper unit.
pub fn unit_name() -> Result<UnitName, InvalidUnitName> {
    "prunelle-clean-package-cache.service".parse()
}

/// The remedy.
#[derive(Clone, Debug)]
pub struct CleanPackageCache {
    helpers: HelperUnits,
    tasks: Tasks,
    root: PathBuf,
}

impl CleanPackageCache {
    /// The remedy; `root` is where package managers and their caches are looked for, `/` but in tests.
    pub fn new(helpers: HelperUnits, tasks: Tasks, root: PathBuf) -> Self {
        Self {
            helpers,
            tasks,
            root,
        }
    }

    /// What lies in the caches of the package managers that are there, as far as it lies on the target's file system.
    async fn usage(&self, target: &Target) -> Option<Usage> {
        let root = self.root.clone();
        let mount = match target {
            Target::Mount(mount) => Some(mount.clone()),
            Target::Unit(_) | Target::Path(_) | Target::ProcessGroup(_) | Target::Host => None,
        };
        let reading = self.tasks.spawn_blocking("package-cache-usage", move || {
            let is_wanted = |folder: &Path| {
                mount
                    .as_deref()
                    .is_none_or(|mount| is_on_mount(folder, mount).unwrap_or(false))
            };
            caches::usage(&root, is_wanted)
        });
        reading.await.ok()
    }

    async fn planned(&self, planning: &Planning) -> Result<Plan, Reason> {
        let unit = unit_name().map_err(|_| Reason::RemedyFailed)?;
        let usage = self
            .usage(&planning.target)
            .await
            .ok_or(Reason::RemedyFailed)?;
        let Some(manager) = usage.manager.filter(|_| usage.files > 0) else {
            return Err(Reason::NothingToClean);
        };
        let mut message = format!(
            "have {manager} remove {} downloaded packages, {}",
            usage.files,
            Bytes(usage.bytes)
        );
        if let Some(obstacle) = self.helpers.obstacle(&unit).await? {
            message = format!("{message}; but {obstacle}");
        }
        Ok(Plan {
            message,
            details: json!({
                "helper": unit.as_str(),
                "package_manager": manager,
                "package_files_before": usage.files,
                "package_bytes_before": usage.bytes,
            }),
        })
    }

    async fn applied(&self, intent: &Intent) -> Finding {
        let Ok(unit) = unit_name() else {
            return Finding::bad(Outcome::Failed, Reason::RemedyFailed, "", json!({}));
        };
        let before = self.usage(&intent.target).await;
        let mut finding = self.helpers.run(&unit, intent.within).await;
        if finding.result.is_ok()
            && let (Some(before), Some(after)) = (before, self.usage(&intent.target).await)
        {
            let removed = before.bytes.saturating_sub(after.bytes);
            finding.message = format!(
                "removed {} downloaded packages, {}",
                before.files.saturating_sub(after.files),
                Bytes(removed)
            );
            merge(
                &mut finding.evidence,
                json!({"package_bytes_before": before.bytes, "package_bytes_after": after.bytes}),
            );
        }
        finding
    }
}

impl Remedy for CleanPackageCache {
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
