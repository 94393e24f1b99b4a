//! The whole of `/metrics` over fixture trees, in both formats: one look shows what a change does.

use prunelle_exporter::collector::COLLECTORS;
use prunelle_systemd::Sync;
use prunelle_systemd::unit::{ActiveState, LoadState};

use crate::bench::{Bench, unit};
use crate::promtool;

const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";

/// Ten seconds after the fixture: 600 of 1000 ticks used, 20 MB received and 10 MB sent on `eth0`.
const MODERN_LATER: &[(&str, &str)] = &[
    (
        "proc/1235/stat",
        "1235 (nginx) S 1 1234 1234 0 -1 4194624 2163 0 12 0 1200 200 0 0 20 0 1 0 98790 12345678 900 0\n",
    ),
    (
        "proc/stat",
        "cpu  105300 200 50200 900300 3100 100 700 1100 500 0
cpu0 52650 100 25100 450150 1550 50 350 550 250 0
cpu1 52650 100 25100 450150 1550 50 350 550 250 0
intr 262400 0 12 0 0 0 0 0 1 0 0 0 4007
ctxt 450000
btime 1795499000
processes 2850
procs_running 3
procs_blocked 1
softirq 62000 0 20400 31 9300 7800 0 18 11000 0 13451
",
    ),
    (
        "proc/1/net/dev",
        " face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
    lo: 9000000 900 0 0 0 0 0 0 9000000 900 0 0 0 0 0 0
  eth0: 30000000 8032 0 0 0 0 0 0 15000000 3907 0 0 0 0 0 0
wlp3s0: 1000 77 0 0 0 0 0 0 500 44 0 0 0 0 0 0
",
    ),
];
const OLD_LATER: &[(&str, &str)] = &[
    (
        "proc/stat",
        "cpu  105300 200 50000 900700
cpu0 105300 200 50000 900700
intr 262400 261700 8
ctxt 450000
btime 1795499000
processes 2850
procs_running 2
procs_blocked 0
",
    ),
    (
        "proc/net/dev",
        " | \n  eth0:30000000 8032 0 0 0 0 0 0 5000000 3907 0 0 0 0 0 0\n",
    ),
];

fn modern() -> Bench {
    let bench = Bench::new("modern", MODERN_LATER);
    let mut nginx = unit("nginx.service", LoadState::Loaded, ActiveState::Active);
    if let Some(service) = &mut nginx.service {
        service.control_group = Some("/system.slice/nginx.service".into());
        service.tasks_max = Some(4915);
    }
    let mut mariadb = unit("mariadb.service", LoadState::Loaded, ActiveState::Failed);
    mariadb.sub = "failed".into();
    mariadb.next_timer_run = Some("2027-01-15T08:30:00Z".parse().unwrap());
    if let Some(service) = &mut mariadb.service {
        service.result = "signal".into();
        (service.exec_main_code, service.exec_main_status) = (2, 11);
    }
    bench.publish(
        Sync::Synchronised,
        &[
            ("nginx.service", nginx),
            ("mysql.service", mariadb),
            (
                "gone.service",
                unit("gone.service", LoadState::NotFound, ActiveState::Inactive),
            ),
        ],
    );
    bench
}

/// Without the metrics of this very process and of the kernel that runs it, which are never the same.
fn stable(metrics: &str) -> String {
    let lines = metrics.lines().filter(|line| {
        let words = line
            .trim_start_matches("# HELP ")
            .trim_start_matches("# TYPE ");
        let of_this_machine = ["process_", "node_timex_", "node_uname_"];
        !of_this_machine
            .iter()
            .any(|prefix| words.starts_with(prefix))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_modern_kernel_as_text() {
    let (status, metrics) = modern().get("/metrics").await;
    assert_eq!(status, 200);
    insta::assert_snapshot!("modern_text", stable(&metrics));
}

#[tokio::test]
async fn a_modern_kernel_as_openmetrics() {
    let (_, metrics) = modern().get_as("/metrics", OPEN_METRICS).await;
    assert!(metrics.ends_with("# EOF\n"));
    insta::assert_snapshot!("modern_openmetrics", stable(&metrics));
}

#[tokio::test]
async fn an_old_kernel() {
    let bench = Bench::new("old", OLD_LATER);
    let (_, metrics) = bench.get("/metrics?exclude[]=info").await;
    insta::assert_snapshot!("old_text", stable(&metrics));
}

#[tokio::test]
async fn both_formats_have_the_same_samples() {
    let samples = |metrics: &str| -> Vec<String> {
        let lines = metrics.lines().filter(|line| !line.starts_with('#'));
        let mut names: Vec<_> = lines
            .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
            .collect();
        names.sort();
        names
    };
    let bench = modern();
    let (_, text) = bench.get("/metrics").await;
    let (_, open_metrics) = bench.get_as("/metrics", OPEN_METRICS).await;
    assert_eq!(samples(&text), samples(&open_metrics));
}

#[tokio::test]
async fn promtool_finds_nothing() {
    let (_, metrics) = modern().get("/metrics").await;
    promtool::assert_clean(&metrics);
}

#[tokio::test]
async fn the_services_job_holds_what_its_rules_need_and_nothing_else() {
    let (_, metrics) = modern().get("/metrics?collect[]=services").await;
    insta::assert_snapshot!("services_text", metrics);
}

/// What kernels might do: no file is there, each is empty, each is cut, each is nonsense.
#[tokio::test]
async fn a_broken_tree_is_failures_and_never_figures() {
    for content in [
        "",
        "x",
        "cpu  1 2",
        "MemTotal: 99999999999999999999 kB",
        "\u{0}\u{0}\n\n||||\n",
    ] {
        let files = [
            "proc/stat",
            "proc/loadavg",
            "proc/meminfo",
            "proc/vmstat",
            "proc/pressure/io",
            "proc/sys/fs/file-nr",
            "proc/1/net/dev",
            "proc/1/mountinfo",
            "proc/diskstats",
            "proc/mdstat",
        ];
        let broken: Vec<_> = files.iter().map(|&file| (file, content)).collect();
        let bench = Bench::new("modern", &broken);
        let (status, metrics) = bench.get("/metrics?exclude[]=info").await;
        assert_eq!(status, 200);
        for name in [
            "prunelle_cpu_usage",
            "prunelle_memory_",
            "prunelle_swap_",
            "prunelle_network_",
            "prunelle_disk_",
            "node_cpu_seconds_",
            "node_load",
            "node_intr_",
            "node_boot_time_",
            "node_memory_",
            "node_vmstat_",
            "node_pressure_io_",
            "node_filefd_",
        ] {
            let figure = format!("\n{name}");
            assert!(!metrics.contains(&figure), "{content:?}: {metrics}");
        }
        for name in ["filesystem_", "disk_", "md_"] {
            let figure = format!("\nnode_{name}");
            assert!(!metrics.contains(&figure), "{content:?}: {metrics}");
        }
    }
}

#[tokio::test]
async fn without_any_file_there_is_no_figure_and_no_failure() {
    let of_no_file = [
        "info",
        "thresholds",
        "textfile",
        "systemd",
        "time",
        "timex",
        "uname",
    ];
    let excluded = of_no_file.map(|name| format!("exclude[]={name}"));
    let bench = Bench::new("empty", &[]);
    bench.publish(Sync::Synchronised, &[]);
    let (_, metrics) = bench.get(&format!("/metrics?{}", excluded.join("&"))).await;
    let samples: Vec<_> = metrics
        .lines()
        .filter(|line| !line.starts_with('#') && !line.contains("duration"))
        .collect();
    assert_eq!(
        samples,
        COLLECTORS
            .iter()
            .filter(|it| !of_no_file.contains(&it.name))
            .map(|it| format!(
                "node_scrape_collector_success{{collector=\"{}\"}} 1",
                it.name
            ))
            .collect::<Vec<_>>()
    );
}
