//! Every alert of the node mixin finds its series: here are the names and labels that each asks for, of version 1.12.

use prunelle_sandbox::{Manager, Options, wait_until};

use crate::bench::Bench;
use crate::peer::{Metrics, parse};
use crate::program::{Exporter, LIMIT};

/// An alert, and what it asks for: names, and labels with a value where it wants one.
struct Alert {
    name: &'static str,
    series: &'static [&'static str],
}

const fn alert(name: &'static str, series: &'static [&'static str]) -> Alert {
    Alert { name, series }
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
    alert("NodeFilesystemSpaceFillingUp", SPACE),
    alert("NodeFilesystemAlmostOutOfSpace", SPACE),
    alert("NodeFilesystemFilesFillingUp", FILES),
    alert("NodeFilesystemAlmostOutOfFiles", FILES),
    alert("NodeNetworkReceiveErrs", &["node_network_receive_errs_total{device}", "node_network_receive_packets_total{device}"]),
    alert("NodeNetworkTransmitErrs", &["node_network_transmit_errs_total{device}", "node_network_transmit_packets_total{device}"]),
    alert("NodeHighNumberConntrackEntriesUsed", &["node_nf_conntrack_entries", "node_nf_conntrack_entries_limit"]),
    alert("NodeTextFileCollectorScrapeError", &["node_textfile_scrape_error"]),
    alert("NodeClockSkewDetected", &["node_timex_offset_seconds"]),
    alert("NodeClockNotSynchronising", &["node_timex_sync_status", "node_timex_maxerror_seconds"]),
    alert("NodeRAIDDegraded", &["node_md_disks_required{device}", "node_md_disks{device,state=active}"]),
    alert("NodeRAIDDiskFailure", &["node_md_disks{device,state=failed}"]),
    alert("NodeFileDescriptorLimit", &["node_filefd_allocated", "node_filefd_maximum"]),
    alert("NodeCPUHighUsage", &["node_cpu_seconds_total{cpu,mode=idle}", "node_cpu_seconds_total{cpu,mode=iowait}", "node_cpu_seconds_total{cpu,mode=user}"]),
    alert("NodeSystemSaturation", &["node_load1", "node_cpu_seconds_total{cpu,mode=idle}"]),
    alert("NodeMemoryMajorPagesFaults", &["node_vmstat_pgmajfault"]),
    alert("NodeMemoryHighUtilization", &["node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"]),
    alert("NodeDiskIOSaturation", &["node_disk_io_time_weighted_seconds_total{device}"]),
    alert("NodeSystemdServiceFailed", &["node_systemd_unit_state{name,state=failed}"]),
    alert("NodeSystemdServiceCrashlooping", &["node_systemd_service_restart_total{name}"]),
    alert("NodeBondingDegraded", &["node_bonding_slaves{master}", "node_bonding_active{master}"]),
];

/// On this machine; what it may lack (RAID, bonds, connection tracking) in the tree of files, services in a sandbox.
#[test]
fn every_alert_of_the_node_mixin_finds_its_series() {
    assert_eq!(ALERTS.len(), 21);
    let machine = Exporter::start(&[]).get("/metrics").1;
    let manager = Manager::start(Options::default()).unwrap();
    let systemd = Exporter::start_in(&manager, &[]);
    wait_until("all series are there", LIMIT, || {
        let all = [
            parse(&fixture()),
            parse(&machine),
            parse(&systemd.get("/metrics").1),
        ];
        let missing: Vec<_> = ALERTS
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
