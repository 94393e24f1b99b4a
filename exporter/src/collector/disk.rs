//! How full each file system is at the moment of the scrape: mounts from `/proc/1/mountinfo`, sizes from statvfs.

use super::{Collector, Gathered, Source};
use crate::deadline::Deadline;
use crate::family::{Family, Labels, Metric, Value};
use crate::filesystem::{Answer, FileSystem, Space};
use crate::host::Host;

pub(super) const COLLECTOR: Collector = Collector::new(
    "disk",
    "space used and available on each file system",
    Source::Files(gather),
);

static USAGE: Metric = Metric::gauge(
    "prunelle_disk_usage_ratio",
    "Space used divided by used and available together, as df counts (statvfs).",
);
static USED: Metric = Metric::gauge("prunelle_disk_used_bytes", "Space that is taken (statvfs).");
static AVAILABLE: Metric = Metric::gauge(
    "prunelle_disk_available_bytes",
    "Space that programs without privilege can have (statvfs).",
);
static TOTAL: Metric = Metric::gauge(
    "prunelle_disk_total_bytes",
    "Size of the file system, what is reserved included (statvfs).",
);
static DEVICE_ERROR: Metric = Metric::gauge(
    "node_filesystem_device_error",
    "Whether statvfs failed or did not return in time.",
);

fn gather(host: &Host, deadline: &Deadline) -> Gathered {
    let Some(answers) = host.filesystems.ask(deadline)? else {
        return Ok(None);
    };
    let family = |metric: &'static Metric, value: fn(&Space) -> Option<Value>| {
        metric.family(
            answers
                .iter()
                .filter_map(|(file_system, answer)| match answer {
                    Answer::Space(space) => Some((labels(file_system), value(space)?)),
                    Answer::Sizeless | Answer::Failed => None,
                }),
        )
    };
    let mut families: Vec<Family> = vec![
        family(&USAGE, |space| space.usage().map(Value::from)),
        family(&USED, |space| Some(space.used.into())),
        family(&AVAILABLE, |space| Some(space.available.into())),
        family(&TOTAL, |space| Some(space.total.into())),
    ];
    families.push(
        DEVICE_ERROR.family(answers.iter().filter_map(|(file_system, answer)| {
            let has_failed = match answer {
                Answer::Space(_) => false,
                Answer::Failed => true,
                Answer::Sizeless => return None,
            };
            Some((labels(file_system), has_failed))
        })),
    );
    Ok(Some(families))
}

fn labels(file_system: &FileSystem) -> Labels {
    vec![
        ("mountpoint", file_system.mountpoint.clone()),
        ("device", file_system.device.clone()),
        ("fstype", file_system.fstype.clone()),
    ]
}
