//! A folder that stands for `/proc`.

use std::fs;
use std::path::Path;

use crate::boundary::Boundary;
use crate::processes::{Capacity, Folder, ProcessesError, Sample};
use crate::remediation::steps::Roots;
use crate::target::Resource;

pub(super) struct Proc {
    folder: tempfile::TempDir,
}

pub(super) const GIB: u64 = 1 << 30;

impl Proc {
    /// 16 GiB, four processors, and the first process.
    pub(super) fn new() -> Self {
        let proc = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        proc.meminfo(0);
        proc.write(
            "stat",
            "cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\ncpu2 1 2 3\ncpu3 1 2 3\nintr 5\n",
        );
        proc.write("self/mountinfo", "");
        proc.write("self/cgroup", "0::/\n");
        proc.process(1, "0::/init.scope\n", 0, 0);
        proc
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn write(&self, name: &str, content: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Takes a file or folder away.
    pub(super) fn take(&self, name: &str) {
        let gone = self.path().join(format!("gone-{}", name.replace('/', "-")));
        fs::rename(self.path().join(name), gone).unwrap();
    }

    pub(super) fn meminfo(&self, swapped: u64) {
        let (total, free) = (4 << 20, (4 << 20) - (swapped >> 10));
        let text = format!("MemTotal: 16777216 kB\nSwapTotal: {total} kB\nSwapFree: {free} kB\n");
        self.write("meminfo", &text);
    }

    /// A process with so many bytes of anonymous memory, and so many of swap.
    pub(super) fn process(&self, pid: u32, cgroup: &str, anonymous: u64, swap: u64) {
        let (pages, kilobytes) = (anonymous / 4096, anonymous >> 10);
        self.write(&format!("{pid}/cgroup"), cgroup);
        self.write(
            &format!("{pid}/statm"),
            &format!("9999999 {} 50 1 0 1 0\n", pages + 50),
        );
        let status = format!(
            "Name:\tx\nUid:\t0\t0\t0\t0\nRssAnon:\t{kilobytes} kB\nVmSwap:\t{} kB\n",
            swap >> 10
        );
        self.write(&format!("{pid}/status"), &status);
        self.cpu(pid, 1, 0, 0);
    }

    /// CPU time of a process and of its ended children, in ticks.
    pub(super) fn cpu(&self, pid: u32, parent: u32, own: u64, children: u64) {
        let text = format!(
            "{pid} (x) S {parent} 1 1 0 -1 4 0 0 0 0 {own} 0 {children} 0 20 0 1 0 {} 0 0\n",
            pid * 7
        );
        self.write(&format!("{pid}/stat"), &text);
    }

    /// This folder is `/proc` and `/`, and its cgroup's limits count.
    pub(super) fn roots(&self) -> Roots {
        Roots {
            proc: self.path().to_owned(),
            root: self.path().to_owned(),
            boundary: Boundary::Cgroup,
        }
    }

    pub(super) fn sample(
        &self,
        resource: Resource,
        seconds: u64,
    ) -> Result<(Capacity, Sample), ProcessesError> {
        let proc = Folder::open(self.path())?;
        let capacity = Capacity::read(&proc, &self.roots())?;
        let at = std::time::Duration::from_secs(seconds);
        let sample = Sample::take(&proc, resource, &capacity, at)?;
        Ok((capacity, sample))
    }
}
