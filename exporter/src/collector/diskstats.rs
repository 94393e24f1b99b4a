//! What has been read from and written to each block device, from `/proc/diskstats`, and what it is, from udev.

use super::{Collector, Gathered, Place, Scrape};
use crate::disks::{About, Disks};
use crate::metric::{Metric, Value};
use crate::output::Output;
use crate::procfs::diskstats::{self, Column, Disk};

pub(super) const COLLECTOR: Collector = Collector::new(
    "diskstats",
    "reads, writes, discards and flushes of each block device, and what it is",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[
    &INFO,
    &READS,
    &READS_MERGED,
    &READ_BYTES,
    &READ_TIME,
    &WRITES,
    &WRITES_MERGED,
    &WRITTEN_BYTES,
    &WRITE_TIME,
    &IO_NOW,
    &IO_TIME,
    &IO_TIME_WEIGHTED,
    &DISCARDS,
    &DISCARDS_MERGED,
    &DISCARDED_SECTORS,
    &DISCARD_TIME,
    &FLUSHES,
    &FLUSH_TIME,
    &FILESYSTEM_INFO,
    &DEVICE_MAPPER_INFO,
    &ATA_WRITE_CACHE,
    &ATA_WRITE_CACHE_ENABLED,
    &ATA_ROTATION_RATE,
];

/// A counter of one column of `/proc/diskstats`.
const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric::counter(name, help).labels(&["device"])
}

static INFO: Metric = Metric::gauge(
    "node_disk_info",
    "Always 1; what the device is (/run/udev/data, /sys/block/*/queue/rotational).",
)
.labels(&[
    "device",
    "major",
    "minor",
    "path",
    "wwn",
    "model",
    "serial",
    "revision",
    "rotational",
]);
static READS: Metric = counter(
    "node_disk_reads_completed_total",
    "Reads that were completed (/proc/diskstats).",
);
static READS_MERGED: Metric = counter(
    "node_disk_reads_merged_total",
    "Reads that were merged into others (/proc/diskstats).",
);
static READ_BYTES: Metric = counter(
    "node_disk_read_bytes_total",
    "Bytes that were read (/proc/diskstats).",
);
static READ_TIME: Metric = counter(
    "node_disk_read_time_seconds_total",
    "Time that reads took, all added up (/proc/diskstats).",
);
static WRITES: Metric = counter(
    "node_disk_writes_completed_total",
    "Writes that were completed (/proc/diskstats).",
);
static WRITES_MERGED: Metric = counter(
    "node_disk_writes_merged_total",
    "Writes that were merged into others (/proc/diskstats).",
);
static WRITTEN_BYTES: Metric = counter(
    "node_disk_written_bytes_total",
    "Bytes that were written (/proc/diskstats).",
);
static WRITE_TIME: Metric = counter(
    "node_disk_write_time_seconds_total",
    "Time that writes took, all added up (/proc/diskstats).",
);
static IO_NOW: Metric = Metric::gauge(
    "node_disk_io_now",
    "Requests that are in progress (/proc/diskstats).",
)
.labels(&["device"]);
static IO_TIME: Metric = counter(
    "node_disk_io_time_seconds_total",
    "Time in which there was something to do (/proc/diskstats).",
);
static IO_TIME_WEIGHTED: Metric = counter(
    "node_disk_io_time_weighted_seconds_total",
    "Time in which there was something to do, times the requests in progress (/proc/diskstats).",
);
static DISCARDS: Metric = counter(
    "node_disk_discards_completed_total",
    "Discards that were completed (/proc/diskstats, since Linux 4.18).",
);
static DISCARDS_MERGED: Metric = counter(
    "node_disk_discards_merged_total",
    "Discards that were merged into others (/proc/diskstats, since Linux 4.18).",
);
static DISCARDED_SECTORS: Metric = counter(
    "node_disk_discarded_sectors_total",
    "Sectors of 512 bytes that were discarded (/proc/diskstats, since Linux 4.18).",
);
static DISCARD_TIME: Metric = counter(
    "node_disk_discard_time_seconds_total",
    "Time that discards took, all added up (/proc/diskstats, since Linux 4.18).",
);
static FLUSHES: Metric = counter(
    "node_disk_flush_requests_total",
    "Flushes that were completed (/proc/diskstats, since Linux 5.5).",
);
static FLUSH_TIME: Metric = counter(
    "node_disk_flush_requests_time_seconds_total",
    "Time that flushes took, all added up (/proc/diskstats, since Linux 5.5).",
);
static FILESYSTEM_INFO: Metric = Metric::gauge(
    "node_disk_filesystem_info",
    "Always 1; the file system on the device (/run/udev/data).",
)
.labels(&["device", "type", "usage", "uuid", "version"]);
static DEVICE_MAPPER_INFO: Metric = Metric::gauge(
    "node_disk_device_mapper_info",
    "Always 1; what device mapper made of the device (/run/udev/data).",
)
.labels(&["device", "name", "uuid", "vg_name", "lv_name", "lv_layer"]);
static ATA_WRITE_CACHE: Metric = Metric::gauge(
    "node_disk_ata_write_cache",
    "Whether the ATA disk has a write cache (/run/udev/data).",
)
.labels(&["device"]);
static ATA_WRITE_CACHE_ENABLED: Metric = Metric::gauge(
    "node_disk_ata_write_cache_enabled",
    "Whether the write cache of the ATA disk is in use (/run/udev/data).",
)
.labels(&["device"]);
static ATA_ROTATION_RATE: Metric = Metric::gauge(
    "node_disk_ata_rotation_rate_rpm",
    "Rotations per minute of the ATA disk, 0 for what does not rotate (/run/udev/data).",
)
.labels(&["device"]);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    // Taken out while the files are used, and put back; lost in a failure, it is only read anew.
    let mut kept = std::mem::take(&mut scrape.files.disks);
    let Some(mut disks) = scrape.files.parse_procfs("diskstats", diskstats::parse)? else {
        return Ok(());
    };
    let devices = &scrape.host.options.diskstats_devices;
    disks.retain(|disk| devices.admits(disk.name, is_whole));
    // An ascending family is known to be free of duplicates.
    disks.sort_unstable_by_key(|disk| disk.name);
    kept.refresh(&disks, &scrape.host.roots);
    write_counters(scrape.out, &disks);
    write_facts(scrape.out, &disks, &kept);
    scrape.files.disks = kept;
    Ok(())
}

/// Whether a device is told when nothing is set: no RAM disk, loop device or floppy disk, and no partition, which
/// counts again what its disk has counted.
fn is_whole(device: &str) -> bool {
    let name = device.trim_end_matches(|it: char| it.is_ascii_digit());
    if name.len() == device.len() {
        return true;
    }
    let is_partition = match name.as_bytes() {
        [b'h' | b's' | b'v', b'd', letter] | [b'x', b'v', b'd', letter] => {
            letter.is_ascii_lowercase()
        }
        _ => is_nvme_partition(name).unwrap_or(false),
    };
    !is_partition && !matches!(name, "ram" | "zram" | "loop" | "fd")
}

/// `nvme0n1p`, of which the last number has been taken off.
fn is_nvme_partition(name: &str) -> Option<bool> {
    let numbers = name.strip_prefix("nvme")?.strip_suffix('p')?;
    let (controller, namespace) = numbers.split_once('n')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    Some(is_number(controller) && is_number(namespace))
}

fn write_counters(out: &mut Output, disks: &[Disk<'_>]) {
    let rows: Vec<_> = disks
        .iter()
        .map(|disk| (disk, out.label_values(&[disk.name])))
        .collect();
    let mut family = |metric: &'static Metric, value: fn(&Disk<'_>) -> Option<Value>| {
        let mut family = out.family(metric);
        for (disk, device) in &rows {
            if let Some(value) = value(disk) {
                family.shared(*device, value);
            }
        }
    };
    macro_rules! columns {
        ($($metric:ident: $how:ident($column:ident)),* $(,)?) => {
            $(family(&$metric, |disk| disk.$how(Column::$column).map(Value::from));)*
        };
    }
    columns! {
        READS: count(Reads),
        READS_MERGED: count(ReadsMerged),
        READ_BYTES: bytes(SectorsRead),
        READ_TIME: seconds(ReadTime),
        WRITES: count(Writes),
        WRITES_MERGED: count(WritesMerged),
        WRITTEN_BYTES: bytes(SectorsWritten),
        WRITE_TIME: seconds(WriteTime),
        IO_NOW: count(InProgress),
        IO_TIME: seconds(IoTime),
        IO_TIME_WEIGHTED: seconds(IoTimeWeighted),
        DISCARDS: count(Discards),
        DISCARDS_MERGED: count(DiscardsMerged),
        DISCARDED_SECTORS: count(SectorsDiscarded),
        DISCARD_TIME: seconds(DiscardTime),
        FLUSHES: count(Flushes),
        FLUSH_TIME: seconds(FlushTime),
    }
}

fn write_facts(out: &mut Output, disks: &[Disk<'_>], kept: &Disks) {
    let facts: Vec<(&str, About<'_>)> = disks
        .iter()
        .filter_map(|disk| Some((disk.name, kept.about(disk)?)))
        .collect();
    let mut family = out.family(&INFO);
    for (device, it) in &facts {
        let of = it.properties;
        family.sample(
            &[
                device,
                it.major,
                it.minor,
                &of.path,
                &of.wwn,
                &of.model,
                &of.serial,
                &of.revision,
                it.rotational,
            ],
            true,
        );
    }
    let mut family = out.family(&FILESYSTEM_INFO);
    for (device, it) in &facts {
        let of = &it.properties.filesystem;
        if !of.kind.is_empty() {
            family.sample(&[device, &of.kind, &of.usage, &of.uuid, &of.version], true);
        }
    }
    let mut family = out.family(&DEVICE_MAPPER_INFO);
    for (device, it) in &facts {
        let of = &it.properties.device_mapper;
        if !of.name.is_empty() {
            let labels = [
                device,
                of.name.as_str(),
                &of.uuid,
                &of.volume_group,
                &of.logical_volume,
                &of.layer,
            ];
            family.sample(&labels, true);
        }
    }
    let mut ata = |metric: &'static Metric, value: fn(&About<'_>) -> Option<f64>| {
        let mut family = out.family(metric);
        for (device, it) in &facts {
            if let Some(value) = value(it) {
                family.sample(&[device], value);
            }
        }
    };
    ata(&ATA_WRITE_CACHE, |it| it.properties.ata.write_cache);
    ata(&ATA_WRITE_CACHE_ENABLED, |it| {
        it.properties.ata.write_cache_enabled
    });
    ata(&ATA_ROTATION_RATE, |it| it.properties.ata.rotation_rate);
}

#[cfg(test)]
mod tests;
