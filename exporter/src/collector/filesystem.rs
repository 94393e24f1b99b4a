//! How full each file system is at the moment of the scrape: mounts from `/proc/1/mountinfo`, sizes from statvfs.
//!
//! One asking serves both `node_exporter`'s metrics and the overview's. A file system that has no size, and a single
//! file that is mounted, are in the former only: there is nothing that could fill up.

use super::{Collector, Gathered, Place, Scrape};
use crate::filesystem::{Answer, Answers, FileSystem, Space};
use crate::metric::{Metric, Value};
use crate::output::Output;

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
    overview(out, &USAGE, &answers, |it| it.usage().map(Value::from));
    overview(out, &USED, &answers, |it| Some(it.used().into()));
    overview(out, &AVAILABLE, &answers, |it| Some(it.available.into()));
    overview(out, &TOTAL, &answers, |it| Some(it.total.into()));
    node(out, &SIZE, &answers, |it| it.total);
    node(out, &FREE, &answers, |it| it.free);
    node(out, &AVAIL, &answers, |it| it.available);
    node(out, &FILES, &answers, |it| it.files);
    node(out, &FILES_FREE, &answers, |it| it.files_free);
    let mut readonly = out.family(&READONLY);
    for (file_system, answer) in answers.iter() {
        readonly.sample(&labels(file_system, answer), file_system.is_readonly);
    }
    let mut errors = out.family(&DEVICE_ERROR);
    for (file_system, answer) in answers.iter() {
        let has_failed = !matches!(answer, Answer::Space(_));
        errors.sample(&labels(file_system, answer), has_failed);
    }
    let mut infos = out.family(&MOUNT_INFO);
    for (file_system, _) in spaces(&answers) {
        let FileSystem {
            device,
            major,
            minor,
            mountpoint,
            ..
        } = file_system;
        infos.sample(&[device, major, minor, mountpoint], true);
    }
    Ok(())
}

/// A metric of what can fill up.
fn overview(
    out: &mut Output,
    metric: &'static Metric,
    answers: &Answers,
    value: fn(&Space) -> Option<Value>,
) {
    let mut family = out.family(metric);
    for (file_system, space) in spaces(answers).filter(|(_, space)| space.is_disk()) {
        if let Some(value) = value(space) {
            let [device, mountpoint, fstype, _] = labels_without_error(file_system);
            family.sample(&[device, mountpoint, fstype], value);
        }
    }
}

/// A metric of what answers.
fn node(out: &mut Output, metric: &'static Metric, answers: &Answers, value: fn(&Space) -> u64) {
    let mut family = out.family(metric);
    for (file_system, space) in spaces(answers) {
        family.sample(&labels_without_error(file_system), value(space));
    }
}

fn spaces(answers: &Answers) -> impl Iterator<Item = (&FileSystem, &Space)> {
    answers
        .iter()
        .filter_map(|(file_system, answer)| match answer {
            Answer::Space(space) => Some((file_system, space)),
            Answer::Refused(_) | Answer::Hangs => None,
        })
}

fn labels<'a>(file_system: &'a FileSystem, answer: &Answer) -> [&'a str; 4] {
    let [device, mountpoint, fstype, _] = labels_without_error(file_system);
    let device_error = match answer {
        Answer::Space(_) => "",
        Answer::Refused(refusal) => refusal.text(),
        Answer::Hangs => "mountpoint timeout",
    };
    [device, mountpoint, fstype, device_error]
}

fn labels_without_error(file_system: &FileSystem) -> [&str; 4] {
    let FileSystem {
        device,
        mountpoint,
        fstype,
        ..
    } = file_system;
    [device, mountpoint, fstype, ""]
}
