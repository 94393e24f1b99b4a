//! Who is in a command's scope, looked at after a crash: a scope is made before the command is let go, so that the scope
//! alone does not tell that anything was run.
//!
//! What was never let go reads the end of its input once the healer is dead, and runs nothing. As long as it is there,
//! it has this program's words.

use std::fs;
use std::path::Path;

use super::SUBCOMMAND;

/// Whether the command itself is seen in the scope. Who waits to become it is not it, nor is what cannot be read.
pub(super) fn is_command_in(proc: &Path, scope: &str) -> bool {
    let Ok(processes) = fs::read_dir(proc) else {
        return false;
    };
    processes
        .flatten()
        .map(|process| process.path())
        .any(|process| is_in(&process, scope) && is_command(&process))
}

fn is_in(process: &Path, scope: &str) -> bool {
    fs::read_to_string(process.join("cgroup")).is_ok_and(|groups| {
        groups
            .lines()
            .any(|group| group.split('/').any(|part| part == scope))
    })
}

/// A process that has ended has no words left.
fn is_command(process: &Path) -> bool {
    fs::read(process.join("cmdline")).is_ok_and(|line| {
        let second = line.split(|byte| *byte == 0).nth(1);
        !line.is_empty() && second != Some(SUBCOMMAND.as_bytes())
    })
}
