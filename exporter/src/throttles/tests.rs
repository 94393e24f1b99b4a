use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use super::*;
use crate::cpu_times::CpuTimes;

struct Machine {
    folder: tempfile::TempDir,
    throttles: Throttles,
}

impl Machine {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            throttles: Throttles::default(),
        }
    }

    fn cpu(&self, cpu: u32, package: u32, core: u32) -> PathBuf {
        let folder = self
            .folder
            .path()
            .join(format!("devices/system/cpu/cpu{cpu}"));
        for sub in ["topology", "thermal_throttle"] {
            fs::create_dir_all(folder.join(sub)).unwrap();
        }
        fs::write(
            folder.join("topology/physical_package_id"),
            format!("{package}\n"),
        )
        .unwrap();
        fs::write(folder.join("topology/core_id"), format!("{core}\n")).unwrap();
        folder.join("thermal_throttle")
    }

    /// What is told while these CPUs are online.
    fn counts(&mut self, online: &[u32]) -> Vec<String> {
        let mut lines = Vec::new();
        for cpu in online {
            writeln!(lines, "cpu{cpu} 1 1 1 1").unwrap();
        }
        let mut times = CpuTimes::default();
        times.update(&lines).unwrap();
        self.throttles
            .follow(self.folder.path(), times.cpus())
            .unwrap();
        let tell = |it: &mut Counter| {
            let core = it.core.clone().unwrap_or("-".into());
            let count = it.count().unwrap()?;
            Some(format!("{}/{core}={count}", it.package))
        };
        self.throttles.counters().filter_map(tell).collect()
    }
}

#[test]
fn threads_share_a_core_and_cores_a_package() {
    let mut machine = Machine::new();
    for (cpu, core) in [(0, 0), (1, 1), (2, 0)] {
        let files = machine.cpu(cpu, 0, core);
        fs::write(files.join("core_throttle_count"), format!("{}\n", 10 + cpu)).unwrap();
        fs::write(files.join("package_throttle_count"), "99\n").unwrap();
    }
    assert_eq!(machine.counts(&[0, 1, 2]), ["0/0=10", "0/-=99", "0/1=11"]);
}

#[test]
fn a_core_may_have_a_counter_where_its_package_has_none() {
    let mut machine = Machine::new();
    fs::write(machine.cpu(0, 3, 7).join("core_throttle_count"), "5\n").unwrap();
    assert_eq!(machine.counts(&[0]), ["3/7=5"]);
}

#[test]
fn the_files_are_looked_for_anew_when_cpus_come_or_go() {
    let mut machine = Machine::new();
    for cpu in [0, 1] {
        fs::write(machine.cpu(cpu, 0, cpu).join("core_throttle_count"), "1\n").unwrap();
    }
    assert_eq!(machine.counts(&[0]), ["0/0=1"]);
    assert_eq!(machine.counts(&[0, 1]), ["0/0=1", "0/1=1"]);
    assert_eq!(machine.counts(&[1]), ["0/1=1"]);
}

#[test]
fn a_machine_without_the_files_tells_nothing_and_damage_is_an_error() {
    let mut machine = Machine::new();
    assert!(machine.counts(&[0]).is_empty());
    let files = machine.cpu(1, 0, 0);
    assert!(machine.counts(&[0, 1]).is_empty());
    fs::write(files.join("core_throttle_count"), "many\n").unwrap();
    let mut times = CpuTimes::default();
    times.update(b"cpu1 1 1 1 1\n").unwrap();
    machine
        .throttles
        .follow(machine.folder.path(), times.cpus())
        .unwrap();
    assert!(
        machine
            .throttles
            .counters()
            .next()
            .unwrap()
            .count()
            .is_err()
    );
}
