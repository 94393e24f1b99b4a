//! Software RAID arrays, from `/proc/mdstat`, and how many of their disks are missing, from `/sys/block/md*/md`.
//!
//! Reading them takes locks of the array, which may be held while the kernel waits for a disk.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::{Metric, Value};
use crate::output::Output;
use crate::procfs::mdstat::{self, Array, State};
use crate::roots::{self, Reading, Roots};
use crate::sysfs;

pub(super) const COLLECTOR: Collector = Collector {
    may_hang: |host| host.roots.procfs.join("mdstat").exists(),
    ..Collector::new(
        "mdadm",
        "state, disks and progress of software RAID arrays",
        METRICS,
        Place::OwnThread,
        gather,
    )
};

const METRICS: &[&Metric] = &[
    &STATE,
    &DISKS,
    &DISKS_REQUIRED,
    &BLOCKS,
    &BLOCKS_SYNCED,
    &RAID_DISKS,
    &DEGRADED,
];

static STATE: Metric = Metric::gauge(
    "node_md_state",
    "Whether the array is in this state (/proc/mdstat).",
)
.labels(&["device", "state"]);
static DISKS: Metric = Metric::gauge(
    "node_md_disks",
    "Member disks that work, have failed, or are spare (/proc/mdstat).",
)
.labels(&["device", "state"]);
static DISKS_REQUIRED: Metric = Metric::gauge(
    "node_md_disks_required",
    "Member disks of the complete array; unknown while it is not assembled (/proc/mdstat).",
)
.labels(&["device"]);
static BLOCKS: Metric = Metric::gauge(
    "node_md_blocks",
    "Size of the array in blocks of 1 KiB (/proc/mdstat).",
)
.labels(&["device"]);
static BLOCKS_SYNCED: Metric = Metric::gauge(
    "node_md_blocks_synced",
    "Blocks that are done of what is being done to the array, all when that is nothing (/proc/mdstat).",
)
.labels(&["device"]);
static RAID_DISKS: Metric = Metric::gauge(
    "node_md_raid_disks",
    "Member disks of the complete array (/sys/block/md*/md/raid_disks).",
)
.labels(&["device"]);
static DEGRADED: Metric = Metric::gauge(
    "node_md_degraded",
    "Member disks that are missing; not for levels without redundancy (/sys/block/md*/md/degraded).",
)
.labels(&["device"]);

/// The values of the label `state`.
const STATES: &[(&str, State)] = &[
    ("active", State::Active),
    ("check", State::Check),
    ("inactive", State::Inactive),
    ("recovering", State::Recovering),
    ("resync", State::Resync),
];

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let roots = &scrape.host.roots;
    let Some(mut arrays) = scrape.files.parse_procfs("mdstat", mdstat::parse)? else {
        return Ok(());
    };
    // An ascending family is known to be free of duplicates.
    arrays.sort_unstable_by_key(|array| array.name);
    let mut raid_disks = Vec::with_capacity(arrays.len());
    let mut degraded = Vec::with_capacity(arrays.len());
    for array in &arrays {
        raid_disks.push(attribute(roots, array.name, "raid_disks")?);
        degraded.push(attribute(roots, array.name, "degraded")?);
    }
    let out = &mut *scrape.out;
    let mut family = out.family(&STATE);
    for array in &arrays {
        // There is no label for a change of layout, during which the array works.
        let now = match array.state {
            State::Reshape => State::Active,
            state => state,
        };
        for (label, state) in STATES {
            family.sample(&[array.name, label], now == *state);
        }
    }
    let mut family = out.family(&DISKS);
    for array in &arrays {
        family.sample(&[array.name, "active"], array.active);
        family.sample(&[array.name, "failed"], array.failed);
        family.sample(&[array.name, "spare"], array.spare);
    }
    write(
        out,
        &DISKS_REQUIRED,
        &arrays,
        arrays.iter().map(|it| it.required),
    );
    write(
        out,
        &BLOCKS,
        &arrays,
        arrays.iter().map(|it| Some(it.blocks)),
    );
    write(
        out,
        &BLOCKS_SYNCED,
        &arrays,
        arrays.iter().map(|it| it.blocks_synced),
    );
    write(out, &RAID_DISKS, &arrays, raid_disks);
    write(out, &DEGRADED, &arrays, degraded);
    Ok(())
}

fn write(
    out: &mut Output,
    metric: &'static Metric,
    arrays: &[Array<'_>],
    values: impl IntoIterator<Item = Option<u64>>,
) {
    let mut family = out.family(metric);
    for (array, value) in arrays.iter().zip(values) {
        if let Some(value) = value.map(Value::from) {
            family.sample(&[array.name], value);
        }
    }
}

/// A number in the array's folder; while the layout is being changed, the old number follows in parentheses.
fn attribute(roots: &Roots, array: &str, name: &'static str) -> Reading<u64> {
    let folder = roots.sysfs.join("block").join(array.replace('/', "!"));
    roots::parse(&folder.join("md").join(name), |content| {
        let first = content.split(u8::is_ascii_whitespace).next();
        sysfs::unsigned(first.unwrap_or_default())
    })
}
