//! This test program started once more, to be killed or to be shut into a small file system.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Tells the other process what to work on; tests that need it return at once without it.
const FOLDER: &str = "PRUNELLE_TEST_FOLDER";

/// The folder this process was started for, if it was.
pub(crate) fn folder() -> Option<std::path::PathBuf> {
    std::env::var_os(FOLDER).map(Into::into)
}

/// This program, running one test only, on `folder`.
pub(crate) fn command(test: &str, folder: &Path) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = new(&program);
    command.args(arguments(test)).env(FOLDER, folder);
    command
}

/// Runs one test in another process, where a folder is a tmpfs of 8 MiB, and asks that it passes.
#[track_caller]
pub(crate) fn passes_on_small_disk(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = command_on_tmpfs(test, folder.path(), "8m")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test}\n{said}\n{errors}");
    assert!(said.contains("1 passed"), "{test}\n{said}\n{errors}");
}

/// Writes until the file system has no byte left.
pub(crate) fn fill(ballast: &mut File) {
    for size in [1 << 16, 1 << 12, 1] {
        let chunk = vec![b'x'; size];
        while ballast.write_all(&chunk).is_ok() {}
    }
}

/// As [`command`], in a mount namespace of its own where `folder` is a tmpfs of `size`. It vanishes with the process.
fn command_on_tmpfs(test: &str, folder: &Path, size: &str) -> Command {
    let mut command = new(Path::new("unshare"));
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let script = format!("mount -t tmpfs -o size={size} tmpfs \"$0\" && exec \"$@\"");
    command
        .args(["--mount", "sh", "-c", &script])
        .arg(folder)
        .arg(std::env::current_exe().unwrap())
        .args(arguments(test))
        .env(FOLDER, folder);
    command
}

fn arguments(test: &str) -> [String; 4] {
    [
        "--exact".to_owned(),
        test.to_owned(),
        "--nocapture".to_owned(),
        "--test-threads=1".to_owned(),
    ]
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests start this very program once more and wait for it"
)]
fn new(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}
