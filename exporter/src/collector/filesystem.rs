//! How full each file system is at the moment of the scrape: mounts from `/proc/1/mountinfo`, sizes from statvfs.
//!
//! One asking serves both `node_exporter`'s metrics and the overview's. A file system that has no size, and a single
//! file that is mounted, are in the former only: there is nothing that could fill up.

use super::{Collector, Gathered, Place, Scrape};
use crate::filesystem::{Answer, FileSystem, Space};
use crate::metric::{Metric, Value};
use crate::output::{LabelValues, Output};

pub(super) const COLLECTOR: Collector = Collector::new(
    "filesystem",
    "size, space and files of each file system, and whether it answers",
    METRICS,
    Place::Prober,
    gather,
);

const LABELS: &[&str] = &["device", "mountpoint", "fstype"];
const NODE_LABELS: &[&str] = &["device", "mountpoint", "fstype", "device_error"];

const METRICS: &[&Metric] = &[
    &USAGE,
    &USED,
    &AVAILABLE,
    &TOTAL,
    &SIZE,
    &FREE,
    &AVAIL,
    &FILES,
    &FILES_FREE,
    &READONLY,
    &DEVICE_ERROR,
    &MOUNT_INFO,
];

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
static SIZE: Metric = Metric::gauge(
    "node_filesystem_size_bytes",
    "Size of the file system, 0 for what has none (statvfs: f_blocks).",
)
.labels(NODE_LABELS);
static FREE: Metric = Metric::gauge(
    "node_filesystem_free_bytes",
    "Space that is not taken, what is reserved for root included (statvfs: f_bfree).",
)
.labels(NODE_LABELS);
static AVAIL: Metric = Metric::gauge(
    "node_filesystem_avail_bytes",
    "Space that programs without privilege can have (statvfs: f_bavail).",
)
.labels(NODE_LABELS);
static FILES: Metric = Metric::gauge(
    "node_filesystem_files",
    "How many files it can hold, 0 where there is no such limit (statvfs: f_files).",
)
.labels(NODE_LABELS);
static FILES_FREE: Metric = Metric::gauge(
    "node_filesystem_files_free",
    "How many more files it can hold (statvfs: f_ffree).",
)
.labels(NODE_LABELS);
static READONLY: Metric = Metric::gauge(
    "node_filesystem_readonly",
    "Whether nothing can be written: the mount or its file system is read-only (/proc/1/mountinfo).",
)
.labels(NODE_LABELS);
static DEVICE_ERROR: Metric = Metric::gauge(
    "node_filesystem_device_error",
    "Whether statvfs failed or did not return in time; why is a label.",
)
.labels(NODE_LABELS);
static MOUNT_INFO: Metric = Metric::gauge(
    "node_filesystem_mount_info",
    "Always 1; the number of the device is a label (/proc/1/mountinfo).",
)
.labels(&["device", "major", "minor", "mountpoint"]);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let Some(answers) = scrape
        .probe
        .take()
        .unwrap_or_else(|| {
            let options = &scrape.host.options.filesystem;
            scrape.host.filesystems.begin(options)
        })
        .finish(scrape.deadline)?
    else {
        return Ok(());
    };
    let out = &mut *scrape.out;
    let rows: Vec<Row<'_>> = answers
        .iter()
        .map(|(file_system, answer)| Row {
            labels: out.label_values(&labels(file_system, answer)),
            file_system,
            space: match answer {
                Answer::Space(space) => Some(space),
                Answer::Refused(_) | Answer::Hangs => None,
            },
        })
        .collect();
    overview(out, &USAGE, &rows, |it| it.usage().map(Value::from));
    overview(out, &USED, &rows, |it| Some(it.used().into()));
    overview(out, &AVAILABLE, &rows, |it| Some(it.available.into()));
    overview(out, &TOTAL, &rows, |it| Some(it.total.into()));
    node(out, &SIZE, &rows, |it| it.total);
    node(out, &FREE, &rows, |it| it.free);
    node(out, &AVAIL, &rows, |it| it.available);
    node(out, &FILES, &rows, |it| it.files);
    node(out, &FILES_FREE, &rows, |it| it.files_free);
    let mut readonly = out.family(&READONLY);
    for row in &rows {
        readonly.shared(row.labels, row.file_system.is_readonly);
    }
    let mut errors = out.family(&DEVICE_ERROR);
    for row in &rows {
        errors.shared(row.labels, row.space.is_none());
    }
    let mut infos = out.family(&MOUNT_INFO);
    for row in rows.iter().filter(|row| row.space.is_some()) {
        let FileSystem {
            device,
            major,
            minor,
            mountpoint,
            ..
        } = row.file_system;
        infos.sample(&[device, major, minor, mountpoint], true);
    }
    Ok(())
}

/// One file system, and what became of asking it.
struct Row<'a> {
    labels: LabelValues,
    file_system: &'a FileSystem,
    space: Option<&'a Space>,
}

/// A metric of what can fill up.
fn overview(
    out: &mut Output,
    metric: &'static Metric,
    rows: &[Row<'_>],
    value: fn(&Space) -> Option<Value>,
) {
    let mut family = out.family(metric);
    for row in rows {
        if let Some(value) = row.space.filter(|it| it.is_disk()).and_then(value) {
            family.shared(row.labels, value);
        }
    }
}

/// A metric of what answers.
fn node(out: &mut Output, metric: &'static Metric, rows: &[Row<'_>], value: fn(&Space) -> u64) {
    let mut family = out.family(metric);
    for row in rows {
        if let Some(space) = row.space {
            family.shared(row.labels, value(space));
        }
    }
}

/// For all families but one; the overview's have no label for the error.
fn labels<'a>(file_system: &'a FileSystem, answer: &Answer) -> [&'a str; 4] {
    let FileSystem {
        device,
        mountpoint,
        fstype,
        ..
    } = file_system;
    let device_error = match answer {
        Answer::Space(_) => "",
        Answer::Refused(refusal) => refusal.text(),
        Answer::Hangs => "mountpoint timeout",
    };
    [device, mountpoint, fstype, device_error]
}
