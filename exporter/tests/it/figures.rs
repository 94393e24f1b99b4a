//! The figures of the real program on this machine, against an independent reading of it.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use prunelle_sandbox::wait::Stopwatch;
use prunelle_sandbox::wait_until;

use crate::program::{Exporter, LIMIT, value};
use crate::promtool;

#[expect(
    clippy::disallowed_methods,
    reason = "a test may start the tool it compares with"
)]
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Two readings of a living machine never agree to the byte.
#[track_caller]
fn assert_near(ours: f64, theirs: f64, slack: f64) {
    assert!(
        (ours - theirs).abs() <= slack,
        "{ours} is not near {theirs}"
    );
}

#[test]
fn memory_and_swap_are_those_of_free() {
    let exporter = Exporter::start(&[]);
    let free = output("free", &["--bytes"]);
    let (_, metrics) = exporter.get("/metrics");
    let column = |row: &str, column: usize| -> f64 {
        let line = free.lines().find(|line| line.starts_with(row)).unwrap();
        line.split_whitespace()
            .nth(column)
            .unwrap()
            .parse()
            .unwrap()
    };
    let ours = |name: &str| value(&metrics, &format!("prunelle_{name}_bytes")).unwrap();
    let total = column("Mem:", 1);
    assert_near(ours("memory_total"), total, 0.0);
    assert_near(ours("memory_available"), column("Mem:", 6), total / 20.0);
    assert_near(
        value(&metrics, "prunelle_memory_usage_ratio").unwrap(),
        1.0 - column("Mem:", 6) / total,
        0.05,
    );
    assert_near(ours("swap_total"), column("Swap:", 1), 0.0);
    assert_near(ours("swap_used"), column("Swap:", 2), total / 20.0);
    let has_swap = column("Swap:", 1) > 0.0;
    assert_eq!(metrics.contains("\nprunelle_swap_usage_ratio "), has_swap);
}

#[test]
fn disks_are_those_of_df() {
    let exporter = Exporter::start(&[]);
    let (_, metrics) = exporter.get("/metrics?collect[]=filesystem");
    // Size, used, available, mount point.
    let df = output(
        "df",
        &["--block-size=1", "--output=size,used,avail,target", "--all"],
    );
    let theirs: BTreeMap<&str, Vec<f64>> = df
        .lines()
        .skip(1)
        .filter_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let (mountpoint, sizes) = words.split_last()?;
            let sizes: Option<Vec<_>> = sizes.iter().map(|it| it.parse().ok()).collect();
            Some((*mountpoint, sizes?))
        })
        .collect();
    let mut compared = 0;
    for line in metrics
        .lines()
        .filter(|line| line.starts_with("prunelle_disk_total_bytes{"))
    {
        let (labels, total) = line.split_once("} ").unwrap();
        let labels = labels.trim_start_matches("prunelle_disk_total_bytes");
        let mountpoint = labels.split('"').nth(3).unwrap();
        let [size, used, available] = theirs[mountpoint][..] else {
            panic!("{df}");
        };
        let ours =
            |name: &str| value(&metrics, &format!("prunelle_disk_{name}{labels}}}")).unwrap();
        assert_near(total.parse().unwrap(), size, 0.0);
        // Others build and test on this disk meanwhile.
        assert_near(ours("used_bytes"), used, size / 20.0);
        assert_near(ours("available_bytes"), available, size / 20.0);
        if used + available > 0.0 {
            assert_near(ours("usage_ratio"), used / (used + available), 0.05);
        }
        compared += 1;
    }
    assert!(compared > 0, "{metrics}");
    assert!(metrics.contains("mountpoint=\"/\""), "{metrics}");
}

#[test]
fn cpu_usage_is_that_of_proc_stat_over_the_same_time() {
    const INTERVAL: Duration = Duration::from_secs(2);
    let columns = || -> Vec<f64> {
        let stat = std::fs::read_to_string("/proc/stat").unwrap();
        let line = stat.lines().next().unwrap();
        let columns = line.split_whitespace().skip(1).take(8);
        columns.map(|it| it.parse().unwrap()).collect()
    };
    let exporter = Exporter::start(&["--monitoring-interval=2"]);
    exporter.wait_for("/metrics?collect[]=cpu_usage", "prunelle_cpu_usage_ratio");
    // The two look at about the same two seconds, which may differ by one step: pairs are compared until one agrees.
    let mut before = columns();
    let mut watch = Stopwatch::start();
    wait_until("usage agrees with /proc/stat", LIMIT, || {
        if watch.elapsed() < INTERVAL {
            return None;
        }
        let ours = exporter.value("/metrics?collect[]=cpu_usage", "prunelle_cpu_usage_ratio")?;
        let after = columns();
        let passed = after.iter().zip(&before);
        let passed: Vec<f64> = passed.map(|(after, before)| after - before).collect();
        before = after;
        watch = Stopwatch::start();
        let total: f64 = passed.iter().sum();
        let theirs = (total - passed[3] - passed[4]) / total;
        ((ours - theirs).abs() < 0.1).then_some(())
    })
    .unwrap();
}

#[test]
fn devices_are_physical_ones_and_traffic_is_never_negative() {
    let exporter = Exporter::start(&["--monitoring-interval=1"]);
    exporter.wait_for(
        "/metrics?collect[]=network_usage",
        "node_scrape_collector_success{collector=\"network_usage\"}",
    );
    let (_, metrics) = exporter.get("/metrics?collect[]=network_usage");
    for line in metrics
        .lines()
        .filter(|line| line.starts_with("prunelle_network_"))
    {
        let device = line.split('"').nth(1).unwrap();
        let path = format!("/sys/class/net/{device}/device");
        assert!(std::path::Path::new(&path).exists(), "{line}");
        let rate: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(rate >= 0.0, "{line}");
    }
    assert!(!metrics.contains("device=\"lo\""));
}

#[test]
fn promtool_finds_nothing_on_the_real_thing() {
    let exporter = Exporter::start(&[]);
    exporter.wait_for("/metrics", "prunelle_cpu_usage_ratio");
    let (_, metrics) = exporter.get("/metrics");
    promtool::assert_clean(&metrics);
    for name in [
        "process_resident_memory_bytes",
        "prunelle_exporter_build_info",
    ] {
        assert!(metrics.contains(&format!("\n{name}")), "{name}");
    }
}
