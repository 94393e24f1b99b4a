//! `--host.boundary=cgroup` on a living cgroup. Version 1 only, where its controllers are on this machine; version 2 is
//! tested over files, in `machine/container/tests.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use prunelle_sandbox::wait_until;

use crate::program::{Exporter, LIMIT, PROGRAM};

const LIMIT_BYTES: f64 = 268_435_456.0;

/// A cgroup of version 1 with half a core and 256 MiB; gone on drop.
struct Cgroup {
    folders: Vec<PathBuf>,
    /// Kept running inside of it.
    children: Vec<Child>,
}

impl Cgroup {
    /// None where the controllers belong to version 2, or are not ours to use.
    fn new() -> Option<Self> {
        let name = format!("prunelle-test-{}", std::process::id());
        let folders: Vec<_> = ["cpu", "cpuacct", "memory"]
            .map(|controller| Path::new("/sys/fs/cgroup").join(controller).join(&name))
            .into();
        let cgroup = Self {
            folders,
            children: Vec::new(),
        };
        for folder in &cgroup.folders {
            if !folder.exists() {
                fs::create_dir(folder).ok()?;
            }
        }
        cgroup.write("cpu.cfs_period_us", "100000")?;
        cgroup.write("cpu.cfs_quota_us", "50000")?;
        // Before all others, so that the quota can be used up on a busy machine too.
        cgroup.write("cpu.shares", "262144")?;
        cgroup.write("memory.limit_in_bytes", "256M")?;
        Some(cgroup)
    }

    fn write(&self, file: &str, value: &str) -> Option<()> {
        let mut folders = self.folders.iter();
        let file = folders.find_map(|folder| Some(folder.join(file)).filter(|it| it.exists()))?;
        fs::write(file, value).ok()
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folders[2].join(file)).unwrap()
    }

    /// A command that runs a program inside.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test may start the program it tests"
    )]
    fn command(&self, program: &str) -> Command {
        let enter = self
            .folders
            .iter()
            .map(|folder| format!("echo $$ > {}/cgroup.procs; ", folder.display()));
        let script = enter
            .chain(["exec \"$0\" \"$@\"".into()])
            .collect::<String>();
        let mut command = Command::new("/bin/sh");
        command.args(["-ec", &script, program]);
        command
    }

    /// Uses all the CPU time there is inside.
    fn burn(&mut self) {
        let mut command = self.command("/bin/sh");
        command.args(["-c", "while :; do :; done"]);
        let child = command.stdin(Stdio::null()).spawn();
        self.children.push(child.unwrap());
    }
}

impl Drop for Cgroup {
    #[expect(
        clippy::disallowed_methods,
        reason = "the folders are the cgroup's own"
    )]
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        // A process that has just ended may still be counted for a moment.
        let _ = wait_until("the cgroup is gone", LIMIT, || {
            self.folders
                .retain(|folder| folder.exists() && fs::remove_dir(folder).is_err());
            self.folders.is_empty().then_some(())
        });
    }
}

#[test]
fn cpu_and_memory_are_measured_against_the_containers_limits() {
    let Some(mut cgroup) = Cgroup::new() else {
        eprintln!("not tested here: cgroup version 1 does not have the controllers");
        return;
    };
    let mut command = cgroup.command(PROGRAM);
    command.args(["--host.boundary=cgroup", "--monitoring-interval=2"]);
    let exporter = Exporter::spawn(command);
    let value = |name: &str| exporter.value("/metrics?exclude[]=services", name);

    assert_eq!(value("prunelle_memory_total_bytes"), Some(LIMIT_BYTES));
    wait_until("memory agrees with the cgroup's files", LIMIT, || {
        let used = value("prunelle_memory_used_bytes")?;
        let mut expected: f64 = cgroup.read("memory.usage_in_bytes").trim().parse().ok()?;
        for line in cgroup.read("memory.stat").lines() {
            if let Some(cache) = line
                .strip_prefix("total_active_file ")
                .or(line.strip_prefix("total_inactive_file "))
            {
                expected -= cache.parse::<f64>().ok()?;
            }
        }
        ((used - expected).abs() < 1e6 && used > 0.0).then_some(())
    })
    .unwrap();

    let usage = exporter.wait_for("/metrics", "prunelle_cpu_usage_ratio");
    assert!(usage < 0.7, "{usage}");
    cgroup.burn();
    // Half a core, all of it used: of the machine that is a quarter of two cores, or less.
    wait_until("the quota is used up", LIMIT, || {
        (value("prunelle_cpu_usage_ratio")? > 0.9).then_some(())
    })
    .unwrap();
}
