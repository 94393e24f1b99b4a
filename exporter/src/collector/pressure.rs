//! For how long tasks were held up by a lack of CPU, memory or I/O, from `/proc/pressure`. A kernel may not have it (since
//! Linux 4.20, interrupts since 6.1), or have it switched off: then there is nothing to tell.

use rustix::io::Errno;

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::pressure;
use crate::roots::ReadError;

pub(super) const COLLECTOR: Collector = Collector::new(
    "pressure",
    "time lost for lack of CPU, memory and I/O",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[
    &CPU_WAITING,
    &IO_WAITING,
    &IO_STALLED,
    &MEMORY_WAITING,
    &MEMORY_STALLED,
    &IRQ_STALLED,
];

static CPU_WAITING: Metric = Metric::counter(
    "node_pressure_cpu_waiting_seconds_total",
    "Time in which a task waited for a CPU (/proc/pressure/cpu: some).",
);
static IO_WAITING: Metric = Metric::counter(
    "node_pressure_io_waiting_seconds_total",
    "Time in which a task waited for I/O (/proc/pressure/io: some).",
);
static IO_STALLED: Metric = Metric::counter(
    "node_pressure_io_stalled_seconds_total",
    "Time in which all tasks waited for I/O (/proc/pressure/io: full).",
);
static MEMORY_WAITING: Metric = Metric::counter(
    "node_pressure_memory_waiting_seconds_total",
    "Time in which a task waited for memory (/proc/pressure/memory: some).",
);
static MEMORY_STALLED: Metric = Metric::counter(
    "node_pressure_memory_stalled_seconds_total",
    "Time in which all tasks waited for memory (/proc/pressure/memory: full).",
);
static IRQ_STALLED: Metric = Metric::counter(
    "node_pressure_irq_stalled_seconds_total",
    "Time in which interrupts held up all tasks (/proc/pressure/irq: full).",
);

/// What is told of one resource.
type Told = Option<&'static Metric>;

/// The files, and what is told of the times in which some and all tasks waited.
const RESOURCES: [(&str, Told, Told); 4] = [
    ("pressure/cpu", Some(&CPU_WAITING), None),
    ("pressure/io", Some(&IO_WAITING), Some(&IO_STALLED)),
    (
        "pressure/memory",
        Some(&MEMORY_WAITING),
        Some(&MEMORY_STALLED),
    ),
    ("pressure/irq", None, Some(&IRQ_STALLED)),
];

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    for (file, waiting, stalled) in RESOURCES {
        let pressure = match scrape.files.parse_procfs(file, pressure::parse) {
            Ok(Some(pressure)) => pressure,
            Ok(None) => continue,
            Err(error) if is_switched_off(&error) => continue,
            Err(error) => return Err(error.into()),
        };
        for (metric, microseconds) in [(waiting, pressure.some), (stalled, pressure.full)] {
            if let (Some(metric), Some(microseconds)) = (metric, microseconds) {
                scrape.out.single(metric, seconds(microseconds));
            }
        }
    }
    Ok(())
}

/// The kernel was started with `psi=0`.
fn is_switched_off(error: &ReadError) -> bool {
    let switched_off = Errno::OPNOTSUPP.raw_os_error();
    matches!(error, ReadError::Io { source, .. } if source.raw_os_error() == Some(switched_off))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 microseconds are 285 years"
)]
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

#[cfg(test)]
mod tests;
