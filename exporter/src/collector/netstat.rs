//! Counters of the network's protocols, from `/proc/1/net/netstat`, `snmp` and `snmp6`.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::{Metric, Value};
use crate::options::Filter;
use crate::output::Output;
use crate::procfs::netstat::{self, Counter, Number};
use crate::roots::Malformed;

pub(super) const COLLECTOR: Collector = Collector::new(
    "netstat",
    "counters of IP, ICMP, TCP and UDP",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[&COUNTER];

static COUNTER: Metric = Metric::untyped(
    "node_netstat_*",
    "The counter of this protocol and name (/proc/net/netstat, /proc/net/snmp, /proc/net/snmp6).",
);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let filter = &scrape.host.options.netstat_fields;
    let files = &mut *scrape.files;
    let mut counters = Counters {
        filter,
        name: String::new(),
        out: scrape.out,
    };
    for file in ["netstat", "snmp"] {
        files.parse_net(file, |content| {
            netstat::parse_tables(content, |counter| counters.write(counter))
        })?;
    }
    // Without IPv6 there is no such file.
    files.parse_net("snmp6", |content| {
        netstat::parse_snmp6(content, |counter| counters.write(counter))
    })?;
    Ok(())
}

struct Counters<'a> {
    filter: &'a Filter,
    /// Reused for each name.
    name: String,
    out: &'a mut Output,
}

impl Counters<'_> {
    fn write(&mut self, counter: Counter<'_>) -> Result<(), Malformed> {
        let Counter { protocol, name, .. } = counter;
        if !self.filter.is_set() && !is_told_by_default(protocol, name) {
            return Ok(());
        }
        self.name.clear();
        self.name.extend([protocol, "_", name]);
        if self.filter.admits(&self.name, |_| true) {
            let value = match counter.number()? {
                Number::Whole(count) => Value::from(count),
                Number::Negative(number) => Value::from(number),
            };
            self.out.named(&COUNTER, &self.name).sample(&[], value);
        }
        Ok(())
    }
}

/// What `node_exporter` tells when nothing is set.
fn is_told_by_default(protocol: &str, name: &str) -> bool {
    let of_protocol = match protocol {
        "Ip" => name == "Forwarding",
        "Ip6" | "IpExt" => matches!(name, "InOctets" | "OutOctets"),
        "Icmp" | "Icmp6" => matches!(name, "InMsgs" | "OutMsgs"),
        "Tcp" => matches!(
            name,
            "ActiveOpens"
                | "CurrEstab"
                | "InSegs"
                | "OutRsts"
                | "OutSegs"
                | "PassiveOpens"
                | "RetransSegs"
        ),
        "TcpExt" => {
            name.starts_with("Listen")
                || name.starts_with("Syncookies")
                || matches!(
                    name,
                    "TCPOFOQueue" | "TCPRcvQDrop" | "TCPSynRetrans" | "TCPTimeouts"
                )
        }
        "Udp" | "Udp6" => matches!(
            name,
            "InDatagrams" | "NoPorts" | "OutDatagrams" | "RcvbufErrors" | "SndbufErrors"
        ),
        _ => false,
    };
    of_protocol || matches!(name, "InErrors" | "InErrs")
}
