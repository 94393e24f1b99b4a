use std::path::Path;
use std::time::Duration;

use super::*;

const STAT: &str = "cpu 10 0 10 80\ncpu0 1 0 1 8\ncpu1 1 0 1 8\ncpu2 1 0 1 8\ncpu3 1 0 1 8\n";
const MEMINFO: &str =
    "MemTotal: 1000 kB\nMemAvailable: 500 kB\nSwapTotal: 400 kB\nSwapFree: 400 kB\n";
const NET_DEV: &str =
    " | \n lo: 1 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0\n eth0: 1 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0\n";
const V2: &str = "31 23 0:28 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n";
const V1: &str = "32 31 0:29 / /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct ro - cgroup cgroup rw,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw
";

/// A machine of four CPUs, 1000 kB of memory and 400 kB of swap, with a container on it.
fn container(folder: &Path, mountinfo: &str, cgroup: &str, files: &[(&str, &str)]) -> Container {
    let always = [
        ("proc/stat", STAT),
        ("proc/meminfo", MEMINFO),
        ("proc/net/dev", NET_DEV),
        ("proc/self/mountinfo", mountinfo),
        ("proc/self/cgroup", cgroup),
    ];
    for (path, content) in always.iter().chain(files) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    Container::new(Roots {
        procfs: folder.join("proc"),
        sysfs: folder.join("sys"),
        rootfs: folder.to_owned(),
        ..Roots::default()
    })
    .unwrap()
}

fn v2(files: &[(&str, &str)]) -> (tempfile::TempDir, Container) {
    let folder = tempfile::tempdir().unwrap();
    let container = container(folder.path(), V2, "0::/system.slice/x.service\n", files);
    (folder, container)
}

fn v1(files: &[(&str, &str)]) -> (tempfile::TempDir, Container) {
    let folder = tempfile::tempdir().unwrap();
    let places = "3:memory:/\n2:cpuacct:/\n1:cpu:/\n0::/\n";
    let container = container(folder.path(), V1, places, files);
    (folder, container)
}

fn share(cpu: Option<CpuCount>) -> (Duration, f64) {
    match cpu {
        Some(CpuCount::Share { used, cores }) => (used, cores),
        other => panic!("{other:?}"),
    }
}

/// The machine's files.
fn files(container: &Container) -> Files {
    Files::new(container.kernel.roots.clone())
}

#[test]
fn v2_limits_count() {
    let (_folder, container) = v2(&[
        ("sys/fs/cgroup/cpu.max", "50000 100000\n"),
        (
            "sys/fs/cgroup/cpu.stat",
            "usage_usec 2500000\nuser_usec 2000000\n",
        ),
        ("sys/fs/cgroup/memory.max", "409600\n"),
        ("sys/fs/cgroup/memory.current", "307200\n"),
        (
            "sys/fs/cgroup/memory.stat",
            "anon 1\nfile 99\ninactive_file 51200\nactive_file 25600\nslab_reclaimable 25600\n",
        ),
        ("sys/fs/cgroup/memory.swap.max", "102400\n"),
        ("sys/fs/cgroup/memory.swap.current", "1024\n"),
    ]);
    let (used, cores) = share(container.cpu().unwrap());
    assert_eq!(used, Duration::from_millis(2500));
    assert!((cores - 0.5).abs() < 1e-12);
    let memory = container.memory(&mut files(&container)).unwrap().unwrap();
    assert_eq!((memory.total(), memory.used()), (409_600, 204_800));
    let swap = container.swap(&mut files(&container)).unwrap().unwrap();
    assert_eq!((swap.total(), swap.used()), (102_400, 1024));
}

#[test]
fn v1_limits_count() {
    let (_folder, container) = v1(&[
        ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpuacct/cpuacct.usage", "2500000000\n"),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "409600\n"),
        ("sys/fs/cgroup/memory/memory.usage_in_bytes", "307200\n"),
        (
            "sys/fs/cgroup/memory/memory.memsw.limit_in_bytes",
            "512000\n",
        ),
        (
            "sys/fs/cgroup/memory/memory.stat",
            "cache 9\ninactive_file 1\ntotal_inactive_file 51200\ntotal_active_file 51200\ntotal_swap 1024\n",
        ),
    ]);
    let (used, cores) = share(container.cpu().unwrap());
    assert_eq!(used, Duration::from_millis(2500));
    assert!((cores - 1.5).abs() < 1e-12);
    let memory = container.memory(&mut files(&container)).unwrap().unwrap();
    assert_eq!((memory.total(), memory.used()), (409_600, 204_800));
    let swap = container.swap(&mut files(&container)).unwrap().unwrap();
    assert_eq!((swap.total(), swap.used()), (102_400, 1024));
}

#[track_caller]
fn check_machine_counts((_folder, container): (tempfile::TempDir, Container)) {
    assert!(matches!(
        container.cpu().unwrap(),
        Some(CpuCount::Machine(_))
    ));
    let memory = container.memory(&mut files(&container)).unwrap().unwrap();
    assert_eq!((memory.total(), memory.available()), (1_024_000, 512_000));
    assert_eq!(
        container
            .swap(&mut files(&container))
            .unwrap()
            .unwrap()
            .total(),
        409_600
    );
}

#[test]
fn without_a_limit_the_machine_counts() {
    check_machine_counts(v2(&[]));
    check_machine_counts(v2(&[
        ("sys/fs/cgroup/cpu.max", "max 100000\n"),
        ("sys/fs/cgroup/memory.max", "max\n"),
        ("sys/fs/cgroup/memory.swap.max", "max\n"),
    ]));
    check_machine_counts(v1(&[
        ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        (
            "sys/fs/cgroup/memory/memory.limit_in_bytes",
            "9223372036854771712\n",
        ),
        (
            "sys/fs/cgroup/memory/memory.memsw.limit_in_bytes",
            "9223372036854771712\n",
        ),
    ]));
}

#[test]
fn a_limit_that_the_machine_cannot_meet_is_none() {
    check_machine_counts(v2(&[
        ("sys/fs/cgroup/cpu.max", "400000 100000\n"),
        ("sys/fs/cgroup/cpu.stat", "usage_usec 1\n"),
        ("sys/fs/cgroup/memory.max", "1024000\n"),
        ("sys/fs/cgroup/memory.current", "1\n"),
        ("sys/fs/cgroup/memory.swap.max", "409600\n"),
        ("sys/fs/cgroup/memory.swap.current", "1\n"),
    ]));
}

#[test]
fn the_outermost_limit_is_the_container_and_not_one_service_in_it() {
    let service = "sys/fs/cgroup/system.slice/x.service";
    let (_folder, container) = v2(&[
        (&format!("{service}/memory.max"), "1024\n"),
        (&format!("{service}/memory.current"), "1024\n"),
        ("sys/fs/cgroup/memory.max", "409600\n"),
        ("sys/fs/cgroup/memory.current", "204800\n"),
    ]);
    assert_eq!(
        container
            .memory(&mut files(&container))
            .unwrap()
            .unwrap()
            .total(),
        409_600
    );
}

#[test]
fn without_a_cgroup_namespace_the_limit_is_found_on_the_way_down() {
    let folder = tempfile::tempdir().unwrap();
    let container = container(
        folder.path(),
        V2,
        "0::/docker/abc\n",
        &[
            ("sys/fs/cgroup/docker/abc/memory.max", "409600\n"),
            ("sys/fs/cgroup/docker/abc/memory.current", "204800\n"),
        ],
    );
    assert_eq!(
        container
            .memory(&mut files(&container))
            .unwrap()
            .unwrap()
            .total(),
        409_600
    );
}

#[test]
fn a_v1_hierarchy_may_be_mounted_from_the_container_downwards() {
    let folder = tempfile::tempdir().unwrap();
    let container = container(
        folder.path(),
        "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
        "3:memory:/docker/abc\n",
        &[
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "409600\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "204800\n"),
        ],
    );
    assert_eq!(
        container
            .memory(&mut files(&container))
            .unwrap()
            .unwrap()
            .total(),
        409_600
    );
}

#[test]
fn usage_above_the_limit_leaves_nothing_available() {
    let (_folder, container) = v2(&[
        ("sys/fs/cgroup/memory.max", "409600\n"),
        ("sys/fs/cgroup/memory.current", "500000\n"),
    ]);
    assert_eq!(
        container
            .memory(&mut files(&container))
            .unwrap()
            .unwrap()
            .available(),
        0
    );
}

#[test]
fn a_file_that_makes_no_sense_is_an_error_that_names_it() {
    for content in ["", "x", "-5", "99999999999999999999999"] {
        let (_folder, container) = v2(&[("sys/fs/cgroup/memory.max", content)]);
        let error = container
            .memory(&mut files(&container))
            .unwrap_err()
            .to_string();
        assert!(error.contains("memory.max` is not as expected"), "{error}");
    }
    let (_folder, container) = v2(&[("sys/fs/cgroup/cpu.max", "50000")]);
    assert!(container.cpu().is_err());
}

#[test]
fn a_container_has_its_own_devices_but_not_loopback() {
    let (_folder, container) = v2(&[]);
    let devices = container.network().unwrap().unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].device, "eth0");
}
