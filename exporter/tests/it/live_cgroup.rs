//! A living cgroup that is gone on drop: of version 1 where its controllers are on this machine, else of version 2.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use prunelle_sandbox::wait_until;

use crate::program::LIMIT;

const MOUNT: &str = "/sys/fs/cgroup";
const CONTROLLERS: [&str; 5] = ["cpu", "cpuacct", "memory", "blkio", "pids"];

/// A cgroup, and what was started in it.
pub(crate) struct LiveCgroup {
    /// Its path in each hierarchy.
    pub(crate) path: String,
    pub(crate) is_unified: bool,
    /// One for each controller of version 1; a single one of version 2.
    folders: Vec<PathBuf>,
    children: Vec<Child>,
}

impl LiveCgroup {
    /// None where neither version has the controllers, or they are not ours to use.
    pub(crate) fn new(purpose: &str) -> Option<Self> {
        let path = format!("/prunelle-test-{}-{purpose}", std::process::id());
        Self::legacy(&path).or_else(|| Self::unified(&path))
    }

    fn legacy(path: &str) -> Option<Self> {
        let folder = |controller: &&str| {
            Path::new(MOUNT)
                .join(controller)
                .join(path.trim_start_matches('/'))
        };
        let cgroup = Self {
            path: path.to_owned(),
            is_unified: false,
            folders: CONTROLLERS.iter().map(folder).collect(),
            children: Vec::new(),
        };
        cgroup.make().then_some(cgroup)
    }

    fn unified(path: &str) -> Option<Self> {
        let mount = Path::new(MOUNT);
        let _ = fs::write(
            mount.join("cgroup.subtree_control"),
            "+cpu +memory +io +pids",
        );
        let enabled = fs::read_to_string(mount.join("cgroup.subtree_control")).ok()?;
        let has = |controller| enabled.split_whitespace().any(|it| it == controller);
        let cgroup = Self {
            path: path.to_owned(),
            is_unified: true,
            folders: vec![mount.join(path.trim_start_matches('/'))],
            children: Vec::new(),
        };
        (has("cpu") && has("memory") && cgroup.make()).then_some(cgroup)
    }

    /// Makes the folders that are not there.
    pub(crate) fn make(&self) -> bool {
        let mut folders = self.folders.iter();
        folders.all(|folder| folder.exists() || fs::create_dir(folder).is_ok())
    }

    pub(crate) fn write(&self, file: &str, value: &str) -> Option<()> {
        fs::write(self.file(file)?, value).ok()
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.file(file).unwrap()).unwrap()
    }

    /// A file of the first hierarchy that has it.
    fn file(&self, file: &str) -> Option<PathBuf> {
        let mut files = self.folders.iter().map(|folder| folder.join(file));
        files.find(|file| file.exists())
    }

    /// A command that runs a program inside.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test may start the program it tests"
    )]
    pub(crate) fn command(&self, program: &str) -> Command {
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

    /// Runs a script inside until this is dropped or emptied.
    pub(crate) fn run(&mut self, script: &str) {
        let mut command = self.command("/bin/sh");
        let child = command.args(["-c", script]).stdin(Stdio::null()).spawn();
        self.children.push(child.unwrap());
    }

    /// Kills what was started and removes the cgroup.
    pub(crate) fn remove(&mut self) {
        for mut child in self.children.drain(..) {
            let _ = child.kill();
            let _ = child.wait();
        }
        // A process that has just ended may still be counted for a moment.
        let _ = wait_until("the cgroup is gone", LIMIT, || {
            #[expect(
                clippy::disallowed_methods,
                reason = "the folders are the cgroup's own"
            )]
            let is_left = |folder: &&PathBuf| folder.exists() && fs::remove_dir(folder).is_err();
            (self.folders.iter().filter(is_left).count() == 0).then_some(())
        });
    }
}

impl Drop for LiveCgroup {
    fn drop(&mut self) {
        self.remove();
    }
}
