//! Kills the healer at an exact place: as its journal's thread enters its nth write or sync of the database.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};

use anyhow::{Context, Result, ensure};
use prunelle_sandbox::stack::Host;

/// The thread that owns the database.
const THREAD: &str = "journal";

/// A system call of that thread.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    /// A write of the database: the transaction is not complete on disk, and ends as if it had never begun.
    Write,
    /// A sync: the transaction is there, and nobody has been told.
    Sync,
}

/// A tracer (strace) of the journal's thread. Dropped, it lets go of the healer.
pub(crate) struct Killer {
    strace: Child,
    /// Kept open: strace would be killed by writing to nobody.
    stderr: BufReader<ChildStderr>,
}

impl Killer {
    /// From now on: SIGKILL to the healer as its journal's thread enters its `nth` call, which is not carried out.
    pub(crate) fn arm(host: &Host, call: Call, nth: usize) -> Result<Self> {
        Self::attach(&journal_thread(host)?, call, nth)
    }

    /// The same, for a thread.
    #[expect(
        clippy::disallowed_methods,
        reason = "a tracer that must be waited for, and ends with what it traces"
    )]
    pub(crate) fn attach(thread: &str, call: Call, nth: usize) -> Result<Self> {
        let name = match call {
            Call::Write => "pwrite64",
            // Whichever SQLite was built with.
            Call::Sync => "fsync,fdatasync",
        };
        let mut strace = Command::new("strace")
            .args(["--output=/dev/null", &format!("--trace={name}")])
            .arg(format!("--inject={name}:signal=KILL:when={nth}"))
            .arg(format!("--attach={thread}"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("no strace (the package of that name)")?;
        let stderr = strace.stderr.take().context("no output")?;
        let mut killer = Self {
            strace,
            stderr: BufReader::new(stderr),
        };
        let mut line = String::new();
        killer.stderr.read_line(&mut line)?;
        ensure!(line.contains("attached"), "strace cannot trace: {line}");
        Ok(killer)
    }
}

impl Drop for Killer {
    fn drop(&mut self) {
        // It has ended by itself when the healer is dead.
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

/// The thread as the host numbers it.
fn journal_thread(host: &Host) -> Result<String> {
    let healer = host.manager().main_pid(host.healer().unit())?;
    let main = host.manager().outside(healer)?.as_raw_pid().to_string();
    // Where the healer has namespaces of its own, the unit's process is the one that made them.
    let children = fs::read_to_string(format!("/proc/{main}/task/{main}/children"))?;
    let mut processes = vec![main.clone()];
    processes.extend(children.split_whitespace().map(str::to_owned));
    thread_of(&processes)
}

/// The journal's thread of one of these processes.
pub(crate) fn thread_of(processes: &[String]) -> Result<String> {
    for process in processes {
        for thread in fs::read_dir(format!("/proc/{process}/task"))? {
            let thread = thread?;
            if fs::read_to_string(thread.path().join("comm"))?.trim_end() == THREAD {
                return Ok(thread.file_name().to_string_lossy().into_owned());
            }
        }
    }
    anyhow::bail!("the healer has no thread `{THREAD}`")
}
