//! CPU usage over the sampling interval, from `/proc/stat`, or from the cgroup of a container.

use std::sync::Arc;

use super::{Collector, CollectorError, Gathered, Place, Scrape};
use crate::host::Host;
use crate::metric::Metric;
use crate::overview::{Figure, OverviewSample};

pub(super) const COLLECTOR: Collector = Collector::new(
    "cpu_usage",
    "CPU usage over the sampling interval",
    METRICS,
    Place::Snapshot,
    gather,
);

const METRICS: &[&Metric] = &[&USAGE];

static USAGE: Metric = Metric::gauge(
    "prunelle_cpu_usage_ratio",
    "CPU time used, of all CPUs or of the container's quota, over MONITORING_INTERVAL: all but idle and iowait (/proc/stat or cgroup).",
);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let sample = newest(scrape.host)?;
    if let Some(usage) = known(&sample.cpu)? {
        scrape.out.single(&USAGE, *usage);
    }
    Ok(())
}

/// The newest sample, unless it is too old to say anything.
pub(super) fn newest(host: &Host) -> Result<Arc<OverviewSample>, CollectorError> {
    let sample = Arc::clone(&host.overview.borrow());
    let age = host.clock.now().since(&sample.at);
    if age > host.overview_max_age {
        return Err(CollectorError::SampleTooOld(age));
    }
    Ok(sample)
}

/// A figure of the sampler as a collector's answer.
pub(super) fn known<T>(figure: &Figure<T>) -> Result<Option<&T>, CollectorError> {
    match figure {
        Figure::Known(value) => Ok(Some(value)),
        Figure::Absent => Ok(None),
        Figure::NotYet => Err(CollectorError::NotYet),
        Figure::Failed(why) => Err(CollectorError::Sampler(why.clone())),
    }
}
