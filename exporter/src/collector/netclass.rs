//! What network devices are and how they are: from rtnetlink and a few files of sysfs, or all from sysfs.

use super::{Collector, Gathered, Place, Scrape};
use crate::links::{Link, is_noise};
use crate::metric::{Metric, Value};
use crate::output::Output;

pub(super) const COLLECTOR: Collector = Collector::new(
    "netclass",
    "state and properties of each network device",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[
    &UP,
    &INFO,
    &ADDRESS_ASSIGN_TYPE,
    &CARRIER,
    &CARRIER_CHANGES,
    &CARRIER_UP_CHANGES,
    &CARRIER_DOWN_CHANGES,
    &DEVICE_ID,
    &DORMANT,
    &FLAGS,
    &IFACE_ID,
    &IFACE_LINK,
    &IFACE_LINK_MODE,
    &MTU,
    &NAME_ASSIGN_TYPE,
    &NET_DEV_GROUP,
    &PROTOCOL_TYPE,
    &SPEED,
    &TRANSMIT_QUEUE_LENGTH,
];

static UP: Metric = gauge(
    "node_network_up",
    "Whether the state of operation is `up` (rtnetlink or /sys/class/net/*/operstate).",
);
static INFO: Metric = Metric::gauge(
    "node_network_info",
    "Always 1; what is not a number is a label (rtnetlink or /sys/class/net/*/).",
)
.labels(&[
    "device",
    "address",
    "broadcast",
    "duplex",
    "operstate",
    "adminstate",
    "ifalias",
]);
static ADDRESS_ASSIGN_TYPE: Metric = gauge(
    "node_network_address_assign_type",
    "Where the hardware address is from: 0 the device, 1 chance, 2 another device, 3 a person (/sys/class/net/*/addr_assign_type).",
);
static CARRIER: Metric = gauge(
    "node_network_carrier",
    "Whether there is a carrier; absent while the device is off (rtnetlink or /sys/class/net/*/carrier).",
);
static CARRIER_CHANGES: Metric = counter(
    "node_network_carrier_changes_total",
    "How often the carrier came or went (rtnetlink or /sys/class/net/*/carrier_changes).",
);
static CARRIER_UP_CHANGES: Metric = counter(
    "node_network_carrier_up_changes_total",
    "How often the carrier came (rtnetlink or /sys/class/net/*/carrier_up_count).",
);
static CARRIER_DOWN_CHANGES: Metric = counter(
    "node_network_carrier_down_changes_total",
    "How often the carrier went (rtnetlink or /sys/class/net/*/carrier_down_count).",
);
static DEVICE_ID: Metric = gauge(
    "node_network_device_id",
    "Tells devices apart that share a hardware address (/sys/class/net/*/dev_id).",
);
static DORMANT: Metric = gauge(
    "node_network_dormant",
    "Whether the device waits for something, as a login; absent while it is off (rtnetlink or /sys/class/net/*/dormant).",
);
static FLAGS: Metric = gauge(
    "node_network_flags",
    "Flags of the device as one number (rtnetlink or /sys/class/net/*/flags).",
);
static IFACE_ID: Metric = gauge(
    "node_network_iface_id",
    "Number of the device (rtnetlink or /sys/class/net/*/ifindex).",
);
static IFACE_LINK: Metric = gauge(
    "node_network_iface_link",
    "Number of the device below, its own if there is none (rtnetlink or /sys/class/net/*/iflink).",
);
static IFACE_LINK_MODE: Metric = gauge(
    "node_network_iface_link_mode",
    "Link mode of the device (rtnetlink or /sys/class/net/*/link_mode).",
);
static MTU: Metric = gauge(
    "node_network_mtu_bytes",
    "Largest packet (rtnetlink or /sys/class/net/*/mtu).",
);
static NAME_ASSIGN_TYPE: Metric = gauge(
    "node_network_name_assign_type",
    "Where the name is from: 1 the kernel's count, 2 the kernel for good, 3 a person, 4 renamed (/sys/class/net/*/name_assign_type).",
);
static NET_DEV_GROUP: Metric = gauge(
    "node_network_net_dev_group",
    "Group of the device (rtnetlink or /sys/class/net/*/netdev_group).",
);
static PROTOCOL_TYPE: Metric = gauge(
    "node_network_protocol_type",
    "Kind of hardware as a number of ARP (rtnetlink or /sys/class/net/*/type).",
);
static SPEED: Metric = gauge(
    "node_network_speed_bytes",
    "Speed of the link in bytes per second, -125000 when the device does not know it (/sys/class/net/*/speed).",
);
static TRANSMIT_QUEUE_LENGTH: Metric = gauge(
    "node_network_transmit_queue_length",
    "Length of the transmit queue in packets (rtnetlink or /sys/class/net/*/tx_queue_len).",
);

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric::gauge(name, help).labels(&["device"])
}

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric::counter(name, help).labels(&["device"])
}

/// What one device has of a metric.
type Property = fn(&Link) -> Option<i64>;

const PROPERTIES: [(&Metric, Property); 18] = [
    (&UP, |it| Some((it.operstate == "up").into())),
    (&ADDRESS_ASSIGN_TYPE, |it| it.address_assign_type),
    (&CARRIER, |it| it.carrier),
    (&CARRIER_CHANGES, |it| it.carrier_changes),
    (&CARRIER_UP_CHANGES, |it| it.carrier_up_count),
    (&CARRIER_DOWN_CHANGES, |it| it.carrier_down_count),
    (&DEVICE_ID, |it| it.device_id),
    (&DORMANT, |it| it.dormant),
    (&FLAGS, |it| it.flags),
    (&IFACE_ID, |it| Some(it.index.into())),
    (&IFACE_LINK, |it| it.link),
    (&IFACE_LINK_MODE, |it| it.link_mode),
    (&MTU, |it| it.mtu),
    (&NAME_ASSIGN_TYPE, |it| it.name_assign_type),
    (&NET_DEV_GROUP, |it| it.group),
    (&PROTOCOL_TYPE, |it| it.hardware_type),
    (&SPEED, bytes_per_second),
    (&TRANSMIT_QUEUE_LENGTH, |it| it.queue_length),
];

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let filter = &scrape.host.options.network_devices;
    let admits = |device: &str| filter.admits(device, |device| !is_noise(device));
    let devices = &mut scrape.files.links;
    if let Some(links) = devices.dump(scrape.deadline, admits)? {
        write(links, scrape.out);
    } else if let Some(links) = devices.read(scrape.deadline, admits)? {
        write(&links, scrape.out);
    }
    Ok(())
}

fn write(links: &[Link], out: &mut Output) {
    let mut info = out.family(&INFO);
    for link in links {
        let labels = [
            link.name.as_str(),
            &link.address,
            &link.broadcast,
            &link.duplex,
            &link.operstate,
            link.adminstate(),
            &link.alias,
        ];
        info.sample(&labels, true);
    }
    for (metric, property) in PROPERTIES {
        let mut family = out.family(metric);
        for link in links {
            if let Some(value) = property(link) {
                let whole = u64::try_from(value).map(Value::from);
                family.sample(&[&link.name], whole.unwrap_or_else(|_| value.into()));
            }
        }
    }
}

/// From Mbit/s. What is too large for that is no speed.
fn bytes_per_second(link: &Link) -> Option<i64> {
    // `SPEED_UNKNOWN` was written without its sign once.
    let speed = link
        .speed
        .map(|it| if it == i64::from(u32::MAX) { -1 } else { it });
    speed?.checked_mul(125_000)
}
