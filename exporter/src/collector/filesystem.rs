//! How full each file system is at the moment of the scrape: mounts from `/proc/1/mountinfo`, sizes from statvfs.

use super::{Collector, Gathered, Place, Scrape};
use crate::filesystem::{Answer, Space};
use crate::metric::{Metric, Value};

pub(super) const COLLECTOR: Collector = Collector::new(
    "filesystem",
    "space used and available on each file system",
    METRICS,
    Place::OwnThread,
    gather,
);

const LABELS: &[&str] = &["mountpoint", "device", "fstype"];

const METRICS: &[&Metric] = &[&USAGE, &USED, &AVAILABLE, &TOTAL, &DEVICE_ERROR];

static USAGE: Metric = Metric::gauge(
    "prunelle_disk_usage_ratio",
    "Space used divided by used and available together, as df counts (statvfs).",
)
.labels(LABELS);
static USED: Metric =
    Metric::gauge("prunelle_disk_used_bytes", "Space that is taken (statvfs).").labels(LABELS);
static AVAILABLE: Metric = Metric::gauge(
    "prunelle_disk_available_bytes",
    "Space that programs without privilege can have (statvfs).",
)
.labels(LABELS);
static TOTAL: Metric = Metric::gauge(
    "prunelle_disk_total_bytes",
    "Size of the file system, what is reserved included (statvfs).",
)
.labels(LABELS);
static DEVICE_ERROR: Metric = Metric::gauge(
    "node_filesystem_device_error",
    "Whether statvfs failed or did not return in time.",
)
.labels(LABELS);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let Some(answers) = scrape.host.filesystems.ask(scrape.deadline)? else {
        return Ok(());
    };
    let mut family = |metric: &'static Metric, value: fn(&Answer) -> Option<Value>| {
        let mut family = scrape.out.family(metric);
        for (file_system, answer) in &answers {
            if let Some(value) = value(answer) {
                let labels = [
                    file_system.mountpoint.as_str(),
                    &file_system.device,
                    &file_system.fstype,
                ];
                family.sample(&labels, value);
            }
        }
    };
    family(&USAGE, |answer| space(answer)?.usage().map(Value::from));
    family(&USED, |answer| Some(space(answer)?.used.into()));
    family(&AVAILABLE, |answer| Some(space(answer)?.available.into()));
    family(&TOTAL, |answer| Some(space(answer)?.total.into()));
    family(&DEVICE_ERROR, |answer| match answer {
        Answer::Space(_) => Some(false.into()),
        Answer::Failed => Some(true.into()),
        Answer::Sizeless => None,
    });
    Ok(())
}

fn space(answer: &Answer) -> Option<&Space> {
    match answer {
        Answer::Space(space) => Some(space),
        Answer::Sizeless | Answer::Failed => None,
    }
}
