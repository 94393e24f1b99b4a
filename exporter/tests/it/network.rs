//! The collectors of the network: what they make of broken files.

use crate::bench::Bench;

/// Which file, which collector fails when it is broken, and what of its figures must not be there then.
const FILES: &[(&str, &str, &str)] = &[
    ("proc/1/net/dev", "netdev", "node_network_receive_"),
    ("proc/1/net/netstat", "netstat", "node_netstat_"),
    ("proc/1/net/snmp", "netstat", "node_netstat_"),
    ("proc/1/net/snmp6", "netstat", "node_netstat_"),
    ("proc/1/net/sockstat", "sockstat", "node_sockstat_"),
    ("proc/1/net/sockstat6", "sockstat", "node_sockstat_"),
    ("proc/1/net/softnet_stat", "softnet", "node_softnet_"),
    (
        "proc/1/net/stat/nf_conntrack",
        "conntrack",
        "node_nf_conntrack_",
    ),
    (
        "proc/sys/net/netfilter/nf_conntrack_max",
        "conntrack",
        "node_nf_conntrack_",
    ),
    ("sys/class/net/eth0/mtu", "netclass", "node_network_mtu_"),
    (
        "sys/class/net/eth0/speed",
        "netclass",
        "node_network_speed_",
    ),
];

async fn metrics(bench: &Bench, collector: &str) -> String {
    let (status, metrics) = bench.get(&format!("/metrics?collect[]={collector}")).await;
    assert_eq!(status, 200);
    metrics
}

#[tokio::test]
async fn a_broken_file_is_a_failure_and_never_a_figure() {
    for &(file, collector, figures) in FILES {
        for content in ["x", "99999999999999999999999\n", "\u{0}\u{0}\n\n||||\n-\n"] {
            let bench = Bench::new("modern", &[(file, content)]);
            let metrics = metrics(&bench, collector).await;
            assert!(!metrics.contains(figures), "{file}: {metrics}");
            let failed = format!("node_scrape_collector_success{{collector=\"{collector}\"}} 0");
            assert!(metrics.contains(&failed), "{file}: {metrics}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_cut_is_a_failure_and_never_part_of_a_number() {
    for &(file, collector, figures) in FILES.iter().filter(|(file, ..)| file.contains("/1/net/")) {
        let path = format!(
            "{}/tests/fixtures/modern/{file}",
            env!("CARGO_MANIFEST_DIR")
        );
        let whole = std::fs::read_to_string(path).unwrap();
        let cut = &whole[..whole.len() - 2];
        let bench = Bench::new("modern", &[(file, cut)]);
        let metrics = metrics(&bench, collector).await;
        assert!(!metrics.contains(figures), "{file}: {metrics}");
    }
}
