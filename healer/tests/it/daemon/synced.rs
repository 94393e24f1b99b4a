//! The answer 202 stands for a sync that has returned: not for one that is under way, and not for one that failed.
//!
//! strace holds the journal's thread up in its syncs, or lets them fail, as a disk does.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use prunelle_sandbox::wait::Stopwatch;
use prunelle_sandbox::{Options, wait_until};

use super::fixture::{Daemon, LIMIT};

/// Far more than a sync and an answer take.
const HELD_UP: Duration = Duration::from_millis(1500);

/// Every sync of the journal's thread goes wrong in one way, until it is dropped.
struct BadDisk {
    strace: Child,
    /// Kept open: strace would be killed by writing to nobody.
    _stderr: BufReader<ChildStderr>,
}

impl BadDisk {
    #[expect(
        clippy::disallowed_methods,
        reason = "a tracer that must be waited for, and lets go of what it traces at the end"
    )]
    fn of(daemon: &Daemon, how: &str) -> Self {
        // Whichever SQLite was built with.
        let calls = "fsync,fdatasync";
        let mut strace = Command::new("strace")
            .args(["--output=/dev/null", &format!("--trace={calls}")])
            .arg(format!("--inject={calls}:{how}"))
            .arg(format!("--attach={}", journal_thread(daemon.port())))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace is installed");
        let mut stderr = BufReader::new(strace.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(line.contains("attached"), "strace cannot trace: {line}");
        Self {
            strace,
            _stderr: stderr,
        }
    }
}

impl Drop for BadDisk {
    fn drop(&mut self) {
        // Asked to end, it detaches; killed, it would leave the thread stopped for a moment.
        let strace = rustix::process::Pid::from_child(&self.strace);
        let _ = rustix::process::kill_process(strace, rustix::process::Signal::TERM);
        let _ = self.strace.wait();
    }
}

/// The thread of the daemon that listens on a port, as the machine numbers it.
fn journal_thread(port: u16) -> String {
    let address = format!("127.0.0.1:{port}");
    let numbers = |folder: &str| -> Vec<String> {
        fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect()
    };
    numbers("/proc")
        .into_iter()
        .filter(|process| {
            fs::read_to_string(format!("/proc/{process}/cmdline"))
                .is_ok_and(|line| line.split('\0').any(|argument| argument == address))
        })
        .flat_map(|process| numbers(&format!("/proc/{process}/task")))
        .find(|thread| {
            fs::read_to_string(format!("/proc/{thread}/comm"))
                .is_ok_and(|comm| comm.trim_end() == "journal")
        })
        .expect("the daemon has a journal")
}

#[test]
fn the_202_does_not_come_before_the_sync_has_returned() {
    let mut daemon = Daemon::start(Options::default());
    {
        let _disk = BadDisk::of(&daemon, &format!("delay_enter={}", HELD_UP.as_micros()));
        let watch = Stopwatch::start();
        assert_eq!(daemon.fire("victim.service", "1"), 202);
        assert!(watch.elapsed() >= HELD_UP, "{:?}", watch.elapsed());
    }
    daemon.kill();
    daemon.start_again();
    assert_eq!(daemon.fire("victim.service", "1"), 200, "it is on record");
    daemon.stop();
}

#[test]
fn a_sync_that_fails_is_a_503_and_what_is_sent_again_is_kept() {
    let mut daemon = Daemon::start(Options::default());
    {
        let _disk = BadDisk::of(&daemon, "error=EIO");
        for _ in 0..3 {
            assert_eq!(daemon.fire("victim.service", "1"), 503);
        }
        assert!(daemon.lines("alert").is_empty(), "{:?}", daemon.actions());
    }
    // As Alertmanager does with a 503.
    wait_until("it is taken", LIMIT, || {
        (daemon.fire("victim.service", "1") == 202).then_some(())
    })
    .unwrap();
    daemon.kill();
    daemon.start_again();
    assert_eq!(daemon.fire("victim.service", "1"), 200, "it is on record");
    daemon.wait_for_line("alert", "FIRING");
    assert_eq!(daemon.lines("alert").len(), 1, "{:?}", daemon.actions());
    daemon.stop();
}
