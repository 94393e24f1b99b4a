//! What each network device has received and sent: from rtnetlink, or from `/proc/1/net/dev` and sysfs.

use super::{Collector, Gathered, Place, Scrape};
use crate::links::{Traffic, is_noise};
use crate::metric::Metric;
use crate::procfs::net_dev;
use crate::roots::{self, ReadError};

pub(super) const COLLECTOR: Collector = Collector::new(
    "netdev",
    "bytes, packets, errors and drops of each network device",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[
    &RECEIVE_BYTES,
    &RECEIVE_PACKETS,
    &RECEIVE_ERRS,
    &RECEIVE_DROP,
    &RECEIVE_FIFO,
    &RECEIVE_FRAME,
    &RECEIVE_COMPRESSED,
    &RECEIVE_MULTICAST,
    &RECEIVE_NOHANDLER,
    &TRANSMIT_BYTES,
    &TRANSMIT_PACKETS,
    &TRANSMIT_ERRS,
    &TRANSMIT_DROP,
    &TRANSMIT_FIFO,
    &TRANSMIT_COLLS,
    &TRANSMIT_CARRIER,
    &TRANSMIT_COMPRESSED,
];

type Column = (&'static Metric, fn(&Traffic) -> Option<u64>);

const COLUMNS: [Column; 17] = [
    (&RECEIVE_BYTES, |it| Some(it.receive_bytes)),
    (&RECEIVE_PACKETS, |it| Some(it.receive_packets)),
    (&RECEIVE_ERRS, |it| Some(it.receive_errs)),
    (&RECEIVE_DROP, |it| Some(it.receive_drop)),
    (&RECEIVE_FIFO, |it| Some(it.receive_fifo)),
    (&RECEIVE_FRAME, |it| Some(it.receive_frame)),
    (&RECEIVE_COMPRESSED, |it| Some(it.receive_compressed)),
    (&RECEIVE_MULTICAST, |it| Some(it.receive_multicast)),
    (&RECEIVE_NOHANDLER, |it| it.receive_nohandler),
    (&TRANSMIT_BYTES, |it| Some(it.transmit_bytes)),
    (&TRANSMIT_PACKETS, |it| Some(it.transmit_packets)),
    (&TRANSMIT_ERRS, |it| Some(it.transmit_errs)),
    (&TRANSMIT_DROP, |it| Some(it.transmit_drop)),
    (&TRANSMIT_FIFO, |it| Some(it.transmit_fifo)),
    (&TRANSMIT_COLLS, |it| Some(it.transmit_colls)),
    (&TRANSMIT_CARRIER, |it| Some(it.transmit_carrier)),
    (&TRANSMIT_COMPRESSED, |it| Some(it.transmit_compressed)),
];

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric::counter(name, help).labels(&["device"])
}

static RECEIVE_BYTES: Metric = counter(
    "node_network_receive_bytes_total",
    "Bytes received (rtnetlink or /proc/net/dev).",
);
static RECEIVE_PACKETS: Metric = counter(
    "node_network_receive_packets_total",
    "Packets received (rtnetlink or /proc/net/dev).",
);
static RECEIVE_ERRS: Metric = counter(
    "node_network_receive_errs_total",
    "Packets received with an error of any kind (rtnetlink or /proc/net/dev).",
);
static RECEIVE_DROP: Metric = counter(
    "node_network_receive_drop_total",
    "Packets received and dropped, those included that the device had no room for (rtnetlink or /proc/net/dev).",
);
static RECEIVE_FIFO: Metric = counter(
    "node_network_receive_fifo_total",
    "Overruns of the receive FIFO (rtnetlink or /proc/net/dev).",
);
static RECEIVE_FRAME: Metric = counter(
    "node_network_receive_frame_total",
    "Frames of a wrong length, checksum or alignment, and overruns of the ring (rtnetlink or /proc/net/dev).",
);
static RECEIVE_COMPRESSED: Metric = counter(
    "node_network_receive_compressed_total",
    "Compressed packets received (rtnetlink or /proc/net/dev).",
);
static RECEIVE_MULTICAST: Metric = counter(
    "node_network_receive_multicast_total",
    "Multicast packets received (rtnetlink or /proc/net/dev).",
);
static RECEIVE_NOHANDLER: Metric = counter(
    "node_network_receive_nohandler_total",
    "Packets received that no protocol wanted (rtnetlink or /sys/class/net/*/statistics/rx_nohandler).",
);
static TRANSMIT_BYTES: Metric = counter(
    "node_network_transmit_bytes_total",
    "Bytes sent (rtnetlink or /proc/net/dev).",
);
static TRANSMIT_PACKETS: Metric = counter(
    "node_network_transmit_packets_total",
    "Packets sent (rtnetlink or /proc/net/dev).",
);
static TRANSMIT_ERRS: Metric = counter(
    "node_network_transmit_errs_total",
    "Packets that could not be sent (rtnetlink or /proc/net/dev).",
);
static TRANSMIT_DROP: Metric = counter(
    "node_network_transmit_drop_total",
    "Packets dropped on their way out (rtnetlink or /proc/net/dev).",
);
static TRANSMIT_FIFO: Metric = counter(
    "node_network_transmit_fifo_total",
    "Underruns of the transmit FIFO (rtnetlink or /proc/net/dev).",
);
static TRANSMIT_COLLS: Metric = counter(
    "node_network_transmit_colls_total",
    "Collisions (rtnetlink or /proc/net/dev).",
);
static TRANSMIT_CARRIER: Metric = counter(
    "node_network_transmit_carrier_total",
    "Losses of the carrier, aborted sends, late collisions and missed heartbeats (rtnetlink or /proc/net/dev).",
);
static TRANSMIT_COMPRESSED: Metric = counter(
    "node_network_transmit_compressed_total",
    "Compressed packets sent (rtnetlink or /proc/net/dev).",
);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let filter = &scrape.host.options.network_devices;
    let admits = |device: &str| filter.admits(device, |device| !is_noise(device));
    // While the network hangs, the file can still be read.
    let hangs = scrape.files.links.asking.hangs();
    if !hangs && let Some(links) = scrape.files.links.dump(scrape.deadline, admits)? {
        for (metric, column) in COLUMNS {
            let mut family = scrape.out.family(metric);
            for link in links {
                if let Some(value) = link.traffic.as_ref().and_then(column) {
                    family.sample(&[&link.name], value);
                }
            }
        }
        return Ok(());
    }
    let Some(mut devices) = scrape.files.parse_net("dev", net_dev::parse)? else {
        return Ok(());
    };
    devices.retain(|it| admits(&it.device));
    let mut traffic = Vec::with_capacity(devices.len());
    for device in &devices {
        traffic.push(Traffic {
            receive_nohandler: nohandler(scrape, &device.device)?,
            ..Traffic::of_columns(&device.received, &device.sent)
        });
    }
    for (metric, column) in COLUMNS {
        let mut family = scrape.out.family(metric);
        for (device, traffic) in devices.iter().zip(&traffic) {
            if let Some(value) = column(traffic) {
                family.sample(&[&device.device], value);
            }
        }
    }
    Ok(())
}

/// The one counter that the file does not have.
fn nohandler(scrape: &Scrape<'_>, device: &str) -> Result<Option<u64>, ReadError> {
    let classes = scrape.host.roots.sysfs.join("class/net");
    let path = classes.join(device).join("statistics/rx_nohandler");
    roots::parse(&path, crate::sysfs::unsigned)
}
