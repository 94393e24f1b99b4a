//! The remedies that act on the machine as a whole, put together in one place for the program and its tests.

use std::path::PathBuf;
use std::sync::Arc;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Tasks;

use super::Remedies;
use super::clean_package_cache::CleanPackageCache;
use super::drop_caches::DropCaches;
use super::helper_unit::HelperUnits;
use super::reboot::Reboot;
use super::run_command::RunCommand;
use super::vacuum_journal::VacuumJournal;
use crate::journal::Journal;
use crate::policy::RemedyKind;
use crate::remediation::alarm::Alarm;
use crate::remediation::steps::Roots;
use crate::service_manager::ServiceManager;

/// What they work with.
#[derive(Clone, Debug)]
pub struct OfHost {
    /// systemd.
    pub manager: Arc<dyn ServiceManager>,
    /// Waits.
    pub alarm: Arc<dyn Alarm>,
    /// The time.
    pub clock: SharedClock,
    /// What spawns.
    pub tasks: Tasks,
    /// What remembers.
    pub journal: Journal,
    /// Where the machine is looked at.
    pub roots: Roots,
    /// This program, which runs itself again to run a command.
    pub program: PathBuf,
}

impl OfHost {
    /// `remedies` with those of the host.
    pub fn add_to(self, remedies: Remedies) -> Remedies {
        let helpers = HelperUnits::new(Arc::clone(&self.manager));
        remedies
            .with(
                RemedyKind::VacuumJournal,
                VacuumJournal::new(
                    helpers.clone(),
                    self.tasks.clone(),
                    Arc::clone(&self.clock),
                    self.roots.root.clone(),
                ),
            )
            .with(
                RemedyKind::CleanPackageCache,
                CleanPackageCache::new(
                    helpers.clone(),
                    self.tasks.clone(),
                    self.roots.root.clone(),
                ),
            )
            .with(
                RemedyKind::DropCaches,
                DropCaches::new(helpers, self.roots.proc.clone()),
            )
            .with(
                RemedyKind::RunCommand,
                RunCommand::new(
                    Arc::clone(&self.manager),
                    Arc::clone(&self.alarm),
                    Arc::clone(&self.clock),
                    self.tasks,
                    self.roots.proc.clone(),
                    self.program,
                ),
            )
            .with(
                RemedyKind::Reboot,
                Reboot::new(self.manager, self.alarm, self.clock, self.journal),
            )
    }
}
