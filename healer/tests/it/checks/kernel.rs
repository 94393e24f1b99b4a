//! Checks of what the kernel tells, on files of the tests' own.

use std::fs;
use std::path::Path;

use prunelle_healer::policy::Pressure;
use prunelle_healer::target::Resource;
use tempfile::TempDir;

use super::*;

fn root(files: &[(&str, &str)]) -> TempDir {
    let root = TempDir::new().unwrap();
    for (path, content) in files {
        write(root.path(), path, content);
    }
    root
}

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

const MEMINFO: &str =
    "MemTotal:       1000000 kB\nMemFree:         100000 kB\nMemAvailable:    250000 kB\n";

fn memory_below(ratio: f64) -> Verify {
    Verify::UsageBelow {
        resource: Resource::Memory,
        ratio,
    }
}

fn cpu_below(ratio: f64) -> Verify {
    Verify::UsageBelow {
        resource: Resource::Cpu,
        ratio,
    }
}

#[tokio::test]
async fn memory_is_used_that_is_not_available() {
    let root = root(&[("proc/meminfo", MEMINFO)]);
    let bench = Bench::new(NOBODY).with_root(root.path()).within(SHORT);
    let finding = bench.check(memory_below(0.8)).await;
    assert_holds(&finding, "75.0% of the memory is used, less than 80.0%");
    let finding = bench.check(memory_below(0.75)).await;
    assert_not(&finding, "75.0% of the memory is used");
}

#[tokio::test]
async fn an_old_kernel_s_memory_is_estimated() {
    let old = "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 100 kB\nCached: 300 kB\nSReclaimable: 50 kB\nShmem: 50 kB\n";
    let root = root(&[("proc/meminfo", old)]);
    let bench = Bench::new(NOBODY).with_root(root.path());
    assert_holds(&bench.check(memory_below(0.6)).await, "50.0%");
}

#[tokio::test]
async fn memory_that_cannot_be_read_proves_nothing() {
    let root = root(&[]);
    let bench = Bench::new(NOBODY).with_root(root.path());
    assert_not(&bench.check(memory_below(1.0)).await, "cannot read");
    write(
        root.path(),
        "proc/meminfo",
        "MemTotal: 0 kB\nMemAvailable: 0 kB\n",
    );
    assert_not(&bench.check(memory_below(1.0)).await, "not understood");
    write(root.path(), "proc/meminfo", "nonsense");
    assert_not(&bench.check(memory_below(1.0)).await, "not understood");
}

const V2_MOUNT: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw,nsdelegate\n";

#[tokio::test]
async fn a_container_that_plays_a_host_is_measured_against_its_limit() {
    let root = root(&[
        ("proc/meminfo", MEMINFO),
        ("proc/self/mountinfo", V2_MOUNT),
        ("proc/self/cgroup", "0::/host/system.slice/healer.service\n"),
        ("sys/fs/cgroup/host/memory.max", "100000000\n"),
        ("sys/fs/cgroup/host/memory.current", "95000000\n"),
        (
            "sys/fs/cgroup/host/memory.stat",
            "active_file 1000000\ninactive_file 3000000\nslab_reclaimable 1000000\n",
        ),
        // A limit of the service itself is not the host's.
        (
            "sys/fs/cgroup/host/system.slice/healer.service/memory.max",
            "5000\n",
        ),
        (
            "sys/fs/cgroup/host/system.slice/healer.service/memory.current",
            "5000\n",
        ),
    ]);
    let mut bench = Bench::new(NOBODY).with_root(root.path()).within(SHORT);
    assert_holds(&bench.check(memory_below(0.8)).await, "75.0%");
    bench.checks.roots.boundary = Boundary::Cgroup;
    assert_not(&bench.check(memory_below(0.8)).await, "90.0%");
    write(root.path(), "sys/fs/cgroup/host/memory.max", "max\n");
    let of_service = "sys/fs/cgroup/host/system.slice/healer.service/memory.max";
    write(root.path(), of_service, "max\n");
    assert_holds(&bench.check(memory_below(0.8)).await, "75.0%");
}

#[tokio::test]
async fn a_container_of_version_1_is_measured_too() {
    let mounts = "30 23 0:26 /docker/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n\
                  31 23 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup rw\n";
    let root = root(&[
        ("proc/meminfo", MEMINFO),
        ("proc/self/mountinfo", mounts),
        ("proc/self/cgroup", "5:memory:/docker/x\n0::/\n"),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "100000000\n"),
        ("sys/fs/cgroup/memory/memory.usage_in_bytes", "60000000\n"),
        (
            "sys/fs/cgroup/memory/memory.stat",
            "total_active_file 10000000\ntotal_inactive_file 10000000\n",
        ),
    ]);
    let mut bench = Bench::new(NOBODY).with_root(root.path());
    bench.checks.roots.boundary = Boundary::Cgroup;
    assert_holds(&bench.check(memory_below(0.8)).await, "40.0%");
}

#[tokio::test]
async fn a_container_whose_cgroup_cannot_be_told_is_not_taken_for_the_machine() {
    let root = root(&[("proc/meminfo", MEMINFO)]);
    let mut bench = Bench::new(NOBODY).with_root(root.path());
    bench.checks.roots.boundary = Boundary::Cgroup;
    assert_not(&bench.check(memory_below(0.8)).await, "mountinfo");
}

/// Of ten seconds of two processors: so many ticks used.
fn stat(used: u64) -> String {
    let idle = 100_000 - used;
    format!("cpu  {used} 0 0 {idle} 0 0 0 0 0 0\ncpu0 1 0 0 1\ncpu1 1 0 0 1\nintr 5\n")
}

#[tokio::test(start_paused = true)]
async fn processor_time_is_measured_over_an_interval() {
    let root = root(&[("proc/stat", &stat(10_000))]);
    let bench = Bench::new(NOBODY).with_root(root.path());
    let burn = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        // 700 ticks used and 300 idle since.
        let line = "cpu  10500 0 200 90200 100 0 0 0 0 0\ncpu0 1 0 0 1\n";
        write(root.path(), "proc/stat", line);
    };
    let (finding, ()) = tokio::join!(bench.check(cpu_below(0.8)), burn);
    assert_holds(&finding, "70.0% of the processor time is used");
}

#[tokio::test(start_paused = true)]
async fn a_busy_processor_is_measured_until_it_is_not_or_the_time_is_up() {
    let root = root(&[("proc/stat", &stat(10_000))]);
    let bench = Bench::new(NOBODY).with_root(root.path());
    let at = async |second, line: &str| {
        tokio::time::sleep(Duration::from_secs(second)).await;
        write(root.path(), "proc/stat", line);
    };
    let busy = "cpu  11000 0 0 90000 0 0 0 0\n";
    let calm = "cpu  11100 0 0 90900 0 0 0 0\n";
    let (finding, (), ()) = tokio::join!(bench.check(cpu_below(0.8)), at(1, busy), at(8, calm));
    assert_holds(&finding, "10.0% of the processor time");
    write(root.path(), "proc/stat", &stat(10_000));
    let bench = bench.within(Duration::from_secs(7));
    let (finding, ()) = tokio::join!(bench.check(cpu_below(0.8)), at(1, busy));
    assert_not(&finding, "100.0% of the processor time is used");
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_what_a_container_s_processor_time_is_measured_against() {
    let root = root(&[
        ("proc/stat", &stat(10_000)),
        ("proc/self/mountinfo", V2_MOUNT),
        ("proc/self/cgroup", "0::/host\n"),
        ("sys/fs/cgroup/host/cpu.max", "50000 100000\n"),
        ("sys/fs/cgroup/host/cpu.stat", "usage_usec 1000000\n"),
    ]);
    let mut bench = Bench::new(NOBODY).with_root(root.path());
    bench.checks.roots.boundary = Boundary::Cgroup;
    bench.patience = Duration::from_secs(6);
    let burn = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        // 2.25 of the 2.5 seconds that half a processor has in five.
        let path = "sys/fs/cgroup/host/cpu.stat";
        write(root.path(), path, "usage_usec 3250000\n");
    };
    let (finding, ()) = tokio::join!(bench.check(cpu_below(0.8)), burn);
    assert_not(&finding, "90.0% of the processor time");
}

#[tokio::test]
async fn pressure_is_the_kernel_s_own_average() {
    let cpu = "some avg10=12.50 avg60=99.00 avg300=99.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
    let root = root(&[("proc/pressure/cpu", cpu)]);
    let bench = Bench::new(NOBODY).with_root(root.path()).within(SHORT);
    let below = |ratio| Verify::PressureBelow {
        resource: Pressure::Cpu,
        ratio,
    };
    assert_holds(&bench.check(below(0.2)).await, "12.5% of the last 10 s");
    assert_not(&bench.check(below(0.125)).await, "less than 12.5%");
}

#[tokio::test]
async fn a_kernel_without_pressure_proves_nothing_and_says_so_at_once() {
    let root = root(&[("proc/pressure/io", "full avg10=0.00\n")]);
    let bench = Bench::new(NOBODY).with_root(root.path());
    let below = |resource| Verify::PressureBelow {
        resource,
        ratio: 1.0,
    };
    let finding = bench.check(below(Pressure::Memory)).await;
    assert_not(&finding, "the kernel does not tell of pressure");
    let finding = bench.check(below(Pressure::Io)).await;
    assert_not(&finding, "not understood");
}
