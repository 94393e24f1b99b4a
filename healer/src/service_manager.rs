//! The seam to systemd, so that the engine can be tested with a service manager that misbehaves on purpose.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_systemd::client::Job;
use prunelle_systemd::{
    JobResult, Property, Scope, Systemd, SystemdError, UnitName, UnitState, UnitTable, Verb,
    WatchList,
};
use tokio::sync::watch;

use crate::reason::Reason;

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
    /// Makes it forget that a unit failed, and how often it was started of late.
    fn reset_failed<'a>(&'a self, unit: &'a UnitName) -> BoxFuture<'a, Result<(), SystemdError>>;
    /// The limits of a unit, in the order in which they are asked for.
    fn properties<'a>(
        &'a self,
        unit: &'a UnitName,
        properties: &'a [Property],
    ) -> BoxFuture<'a, Result<Vec<Option<u64>>, SystemdError>>;
    /// Sets limits of a unit until the next boot, all or none.
    fn set_properties<'a>(
        &'a self,
        unit: &'a UnitName,
        values: &'a [(Property, u64)],
    ) -> BoxFuture<'a, Result<(), SystemdError>>;
    /// The units without which this one does not start.
    fn requirements<'a>(
        &'a self,
        unit: &'a UnitName,
    ) -> BoxFuture<'a, Result<Vec<UnitName>, SystemdError>>;
    /// Starts a scope around a process.
    fn start_scope<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Job, SystemdError>>;
    /// Watches these units from now on, and no others.
    fn set_watch(&self, watch: WatchList);
}

/// Reads a unit for a plan. While the service manager does not answer, there is none: an attempt would only fail.
pub async fn unit_for_plan(
    manager: &dyn ServiceManager,
    unit: &UnitName,
) -> Result<Option<UnitState>, Reason> {
    match manager.unit(unit).await {
        Ok(state) => Ok(Some(state)),
        Err(SystemdError::NotConnected | SystemdError::TimedOut(_) | SystemdError::Bus(_)) => {
            Err(Reason::FactUnknown)
        }
        Err(_) => Ok(None),
    }
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

    fn reset_failed<'a>(&'a self, unit: &'a UnitName) -> BoxFuture<'a, Result<(), SystemdError>> {
        Box::pin(Systemd::reset_failed(self, unit))
    }

    fn properties<'a>(
        &'a self,
        unit: &'a UnitName,
        properties: &'a [Property],
    ) -> BoxFuture<'a, Result<Vec<Option<u64>>, SystemdError>> {
        Box::pin(Systemd::properties(self, unit, properties))
    }

    fn set_properties<'a>(
        &'a self,
        unit: &'a UnitName,
        values: &'a [(Property, u64)],
    ) -> BoxFuture<'a, Result<(), SystemdError>> {
        Box::pin(Systemd::set_properties(self, unit, values))
    }

    fn requirements<'a>(
        &'a self,
        unit: &'a UnitName,
    ) -> BoxFuture<'a, Result<Vec<UnitName>, SystemdError>> {
        Box::pin(Systemd::requirements(self, unit))
    }

    fn start_scope<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Job, SystemdError>> {
        Box::pin(Systemd::start_scope(self, scope))
    }

    fn set_watch(&self, watch: WatchList) {
        Systemd::set_watch(self, watch);
    }
}
