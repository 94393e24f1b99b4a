//! Sockets in use and the memory of their buffers, from `/proc/1/net/sockstat` and `sockstat6`.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::output::Output;
use crate::procfs::sockstat::{self, Count};

pub(super) const COLLECTOR: Collector = Collector::new(
    "sockstat",
    "sockets in use by protocol",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[&COUNT];

static COUNT: Metric = Metric::gauge(
    "node_sockstat_*",
    "Sockets of this protocol in this state; of `mem` pages, of `memory` and `mem_bytes` bytes (/proc/net/sockstat, /proc/net/sockstat6).",
);

/// What is told of each protocol.
const ITEMS: [&str; 6] = ["alloc", "inuse", "mem", "memory", "orphan", "tw"];

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let page = rustix::param::page_size() as u64;
    let (files, out) = (&mut *scrape.files, &mut *scrape.out);
    // Either is missing where the kernel does not have that version of IP.
    for file in ["sockstat", "sockstat6"] {
        files.parse_net(file, |content| {
            write(&sockstat::parse(content)?, page, out);
            Ok(())
        })?;
    }
    Ok(())
}

fn write(counts: &[Count<'_>], page: u64, out: &mut Output) {
    let mut name = String::new();
    for &Count {
        protocol,
        item,
        count,
    } in counts
    {
        let is_total = (protocol, item) == ("sockets", "used");
        if !is_total && !ITEMS.contains(&item) {
            continue;
        }
        name.clear();
        name.extend([protocol, "_", item]);
        out.named(&COUNT, &name).sample(&[], count);
        if item == "mem" {
            name.push_str("_bytes");
            if let Some(bytes) = count.checked_mul(page) {
                out.named(&COUNT, &name).sample(&[], bytes);
            }
        }
    }
}
