//! Kernel and host name, from uname(2).

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::label;

pub(super) const COLLECTOR: Collector = Collector::new(
    "uname",
    "kernel version, architecture, host name",
    METRICS,
    Place::Snapshot,
    gather,
);

const METRICS: &[&Metric] = &[&INFO];

static INFO: Metric = Metric::gauge(
    "node_uname_info",
    "Always 1; kernel and host name are labels (uname).",
)
.labels(&[
    "sysname",
    "release",
    "version",
    "machine",
    "nodename",
    "domainname",
]);

#[expect(
    clippy::unnecessary_wraps,
    reason = "collectors may fail, this one cannot"
)]
fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let uname = rustix::system::uname();
    let labels = [
        uname.sysname(),
        uname.release(),
        uname.version(),
        uname.machine(),
        uname.nodename(),
        uname.domainname(),
    ]
    .map(|text| label(text.to_bytes()));
    scrape
        .out
        .family(&INFO)
        .sample(&labels.each_ref().map(String::as_str), 1_u64);
    Ok(())
}
