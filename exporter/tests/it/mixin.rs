//! Every alert of the node mixin finds its series: here are the names and labels that each asks for, of version 1.12.

use prunelle_exporter::collector::COLLECTORS;
use prunelle_sandbox::{Manager, Options, wait_until};

use crate::bench::Bench;
use crate::peer::{Metrics, parse};
use crate::program::{Exporter, LIMIT};

/// An alert, the collector that it needs, and what it asks for: names, and labels with a value where it wants one.
struct Alert {
    name: &'static str,
    collectors: &'static [&'static str],
    series: &'static [&'static str],
}

const fn alert(
    name: &'static str,
    collectors: &'static [&'static str],
    series: &'static [&'static str],
) -> Alert {
    Alert {
        name,
        collectors,
        series,
    }
}

const SPACE: &[&str] = &[
    "node_filesystem_avail_bytes{fstype,mountpoint,device}",
    "node_filesystem_size_bytes{fstype,mountpoint,device}",
    "node_filesystem_readonly{fstype,mountpoint,device}",
];
const FILES: &[&str] = &[
    "node_filesystem_files_free{fstype,mountpoint,device}",
    "node_filesystem_files{fstype,mountpoint,device}",
    "node_filesystem_readonly{fstype,mountpoint,device}",
];

#[rustfmt::skip]
const ALERTS: &[Alert] = &[
    alert("NodeFilesystemSpaceFillingUp", &["filesystem"], SPACE),
    alert("NodeFilesystemAlmostOutOfSpace", &["filesystem"], SPACE),
    alert("NodeFilesystemFilesFillingUp", &["filesystem"], FILES),
    alert("NodeFilesystemAlmostOutOfFiles", &["filesystem"], FILES),
    alert("NodeNetworkReceiveErrs", &["netdev"], &["node_network_receive_errs_total{device}", "node_network_receive_packets_total{device}"]),
    alert("NodeNetworkTransmitErrs", &["netdev"], &["node_network_transmit_errs_total{device}", "node_network_transmit_packets_total{device}"]),
    alert("NodeHighNumberConntrackEntriesUsed", &["conntrack"], &["node_nf_conntrack_entries", "node_nf_conntrack_entries_limit"]),
    alert("NodeTextFileCollectorScrapeError", &["textfile"], &["node_textfile_scrape_error"]),
    alert("NodeClockSkewDetected", &["timex"], &["node_timex_offset_seconds"]),
    alert("NodeClockNotSynchronising", &["timex"], &["node_timex_sync_status", "node_timex_maxerror_seconds"]),
    alert("NodeRAIDDegraded", &["mdadm"], &["node_md_disks_required{device}", "node_md_disks{device,state=active}"]),
    alert("NodeRAIDDiskFailure", &["mdadm"], &["node_md_disks{device,state=failed}"]),
    alert("NodeFileDescriptorLimit", &["filefd"], &["node_filefd_allocated", "node_filefd_maximum"]),
    alert("NodeCPUHighUsage", &["cpu"], &["node_cpu_seconds_total{cpu,mode=idle}", "node_cpu_seconds_total{cpu,mode=iowait}", "node_cpu_seconds_total{cpu,mode=user}"]),
    alert("NodeSystemSaturation", &["cpu", "loadavg"], &["node_load1", "node_cpu_seconds_total{cpu,mode=idle}"]),
    alert("NodeMemoryMajorPagesFaults", &["vmstat"], &["node_vmstat_pgmajfault"]),
    alert("NodeMemoryHighUtilization", &["meminfo"], &["node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"]),
    alert("NodeDiskIOSaturation", &["diskstats"], &["node_disk_io_time_weighted_seconds_total{device}"]),
    alert("NodeSystemdServiceFailed", &["systemd"], &["node_systemd_unit_state{name,state=failed}"]),
    alert("NodeSystemdServiceCrashlooping", &["systemd"], &["node_systemd_service_restart_total{name}"]),
    alert("NodeBondingDegraded", &["bonding"], &["node_bonding_slaves{master}", "node_bonding_active{master}"]),
];

/// On this machine; what it may lack (RAID, bonds, connection tracking) in the tree of files, services in a sandbox.
#[test]
fn every_alert_of_the_node_mixin_finds_its_series() {
    assert_eq!(ALERTS.len(), 21);
    let is_here = |name: &&str| COLLECTORS.iter().any(|it| it.name == *name);
    let alerts: Vec<_> = ALERTS
        .iter()
        .filter(|alert| alert.collectors.iter().all(is_here))
        .collect();
    let machine = Exporter::start(&[]).get("/metrics").1;
    let manager = Manager::start(Options::default()).unwrap();
    let systemd = Exporter::start_in(&manager, &[]);
    wait_until("all series are there", LIMIT, || {
        let all = [
            parse(&fixture()),
            parse(&machine),
            parse(&systemd.get("/metrics").1),
        ];
        let missing: Vec<_> = alerts
            .iter()
            .flat_map(|alert| alert.series.iter().map(|series| (alert.name, *series)))
            .filter(|(_, series)| !all.iter().any(|metrics| has(metrics, series)))
            .collect();
        if missing.is_empty() {
            Some(())
        } else {
            eprintln!("{missing:?}");
            None
        }
    })
    .unwrap();
}

fn fixture() -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { Bench::new("modern", &[]).get("/metrics").await.1 })
}

/// Whether a series has the name, all the labels and the values among them.
fn has(metrics: &Metrics, wanted: &str) -> bool {
    let (name, labels) = wanted.split_once('{').unwrap_or((wanted, "}"));
    let labels = labels
        .trim_end_matches('}')
        .split(',')
        .filter(|it| !it.is_empty());
    let labels: Vec<_> = labels
        .map(|label| label.split_once('=').unwrap_or((label, "")))
        .collect();
    let fits = |series: &String| {
        labels.iter().all(|(label, value)| match *value {
            "" => series.contains(&format!("{label}=\"")),
            value => series.contains(&format!("{label}=\"{value}\"")),
        })
    };
    metrics
        .get(name)
        .is_some_and(|family| family.series.keys().any(fits))
}
