//! `--host.boundary=cgroup` on a living cgroup, of whichever version has the controllers on this machine; the other one is
//! tested over files, in `machine/container/tests.rs`. Where neither is ours to use this says so, and nextest shows it.

use prunelle_sandbox::wait_until;

use crate::live_cgroup::LiveCgroup;
use crate::program::{Exporter, LIMIT, PROGRAM};

/// What is looked at again and again: the rest would use up much of half a core.
const FIGURES: &str = "/metrics?collect[]=cpu_usage&collect[]=memory_usage&collect[]=swap_usage";
const LIMIT_BYTES: f64 = 268_435_456.0;

/// Half a core and 256 MiB.
fn bounded() -> Option<LiveCgroup> {
    let cgroup = LiveCgroup::new("container")?;
    if cgroup.is_unified {
        cgroup.write("cpu.max", "50000 100000")?;
        // Before all others, so that the quota can be used up on a busy machine too.
        cgroup.write("cpu.weight", "10000")?;
        cgroup.write("memory.max", "268435456")?;
    } else {
        cgroup.write("cpu.cfs_period_us", "100000")?;
        cgroup.write("cpu.cfs_quota_us", "50000")?;
        cgroup.write("cpu.shares", "262144")?;
        cgroup.write("memory.limit_in_bytes", "256M")?;
    }
    Some(cgroup)
}

/// Memory in use by the cgroup's own files, without what the kernel would give up first.
fn used(cgroup: &LiveCgroup) -> Option<f64> {
    let (total, reclaimable): (_, &[&str]) = if cgroup.is_unified {
        let keys = &["active_file", "inactive_file", "slab_reclaimable"];
        ("memory.current", keys)
    } else {
        let keys = &["total_active_file", "total_inactive_file"];
        ("memory.usage_in_bytes", keys)
    };
    let mut used: f64 = cgroup.read(total).trim().parse().ok()?;
    for line in cgroup.read("memory.stat").lines() {
        let (key, value) = line.split_once(' ')?;
        if reclaimable.contains(&key) {
            used -= value.parse::<f64>().ok()?;
        }
    }
    Some(used)
}

#[test]
fn cpu_and_memory_are_measured_against_the_containers_limits() {
    let Some(mut cgroup) = bounded() else {
        eprintln!("NOT TESTED on this machine: no cgroup controllers of either version to use");
        return;
    };
    let mut command = cgroup.command(PROGRAM);
    command.args(["--host.boundary=cgroup", "--monitoring-interval=2"]);
    let exporter = Exporter::spawn(command);
    let value = |name: &str| exporter.value(FIGURES, name);

    assert_eq!(value("prunelle_memory_total_bytes"), Some(LIMIT_BYTES));
    wait_until("memory agrees with the cgroup's files", LIMIT, || {
        let told = value("prunelle_memory_used_bytes")?;
        ((told - used(&cgroup)?).abs() < 1e6 && told > 0.0).then_some(())
    })
    .unwrap();

    let usage = exporter.wait_for(FIGURES, "prunelle_cpu_usage_ratio");
    assert!(usage < 0.7, "{usage}");
    cgroup.run("while :; do :; done");
    // Half a core, all of it used: of the machine that is a quarter of two cores, or less.
    wait_until("the quota is used up", LIMIT, || {
        (value("prunelle_cpu_usage_ratio")? > 0.9).then_some(())
    })
    .unwrap();
}
