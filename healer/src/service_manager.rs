//! The seam to systemd, so that the engine can be tested with a service manager that misbehaves on purpose.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_systemd::client::Job;
use prunelle_systemd::{JobResult, Systemd, SystemdError, UnitName, UnitState, UnitTable, Verb};
use tokio::sync::watch;

/// What the healer asks of a service manager.
pub trait ServiceManager: Send + Sync + fmt::Debug {
    /// The live table of watched units.
    fn table(&self) -> watch::Receiver<Arc<UnitTable>>;
    /// Reads one unit afresh.
    fn unit<'a>(&'a self, unit: &'a UnitName) -> BoxFuture<'a, Result<UnitState, SystemdError>>;
    /// Queues a job.
    fn enqueue<'a>(
        &'a self,
        verb: Verb,
        unit: &'a UnitName,
    ) -> BoxFuture<'a, Result<Job, SystemdError>>;
    /// Waits for the end of a job.
    fn finished<'a>(
        &'a self,
        job: &'a Job,
        unit: &'a UnitName,
        limit: Duration,
    ) -> BoxFuture<'a, Result<JobResult, SystemdError>>;
    /// Number of the job that ended last on a unit, by its `Id`, whoever asked for it.
    fn last_ended_job(&self, id: &UnitName) -> Option<u32>;
}

impl ServiceManager for Systemd {
    fn table(&self) -> watch::Receiver<Arc<UnitTable>> {
        Systemd::table(self)
    }

    fn unit<'a>(&'a self, unit: &'a UnitName) -> BoxFuture<'a, Result<UnitState, SystemdError>> {
        Box::pin(Systemd::unit(self, unit))
    }

    fn enqueue<'a>(
        &'a self,
        verb: Verb,
        unit: &'a UnitName,
    ) -> BoxFuture<'a, Result<Job, SystemdError>> {
        Box::pin(Systemd::enqueue(self, verb, unit))
    }

    fn finished<'a>(
        &'a self,
        job: &'a Job,
        unit: &'a UnitName,
        limit: Duration,
    ) -> BoxFuture<'a, Result<JobResult, SystemdError>> {
        Box::pin(Systemd::finished(self, job, unit, limit))
    }

    fn last_ended_job(&self, id: &UnitName) -> Option<u32> {
        Systemd::last_ended_job(self, id).map(|job| job.id)
    }
}
