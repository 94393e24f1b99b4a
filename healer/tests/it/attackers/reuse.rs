//! Another process on the same number, in a pid namespace where numbers are handed out as the attacker likes.

use std::time::Duration;

use prunelle_healer::reason::Reason;
use prunelle_sandbox::wait::Stopwatch;
use prunelle_sandbox::wait_until;

use super::fixture::{Killer, Process, details, is_inside, tries};

const PATIENCE: Duration = Duration::from_secs(30);
/// The kernel counts start times in hundredths of a second: two processes that begin in one of them are not told apart
/// by it, but by everything else.
const TICK: Duration = Duration::from_millis(10);

/// The next process or thread gets this number, when it is free.
fn hand_out(pid: u32) {
    std::fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
}

/// The same program in the same cgroup on that number. None when a thread was faster.
fn impostor(pid: u32) -> Option<Process> {
    hand_out(pid);
    let process = Process::program("sleep", &["1000"]);
    (process.pid() == pid).then_some(process)
}

#[tokio::test]
async fn another_process_on_the_number_is_left_alone() {
    if !is_inside("reuse::another_process_on_the_number_is_left_alone") {
        return;
    }
    let killer = Killer::new();
    let first = Process::program("sleep", &["1000"]);
    let plan = details(first.pid(), PATIENCE);
    let pid = first.pid();
    first.end();
    let mut other = wait_until("the number is handed out", PATIENCE, || {
        let other = impostor(pid)?;
        // Dropped, and tried again, when it began in the same hundredth of a second.
        (details(pid, PATIENCE).process.start != plan.process.start).then_some(other)
    })
    .unwrap();
    // Everything else is the same.
    let now = details(pid, PATIENCE).process;
    assert_eq!((now.pid, now.uid), (plan.process.pid, plan.process.uid));
    assert_eq!(now.executable, plan.process.executable);
    assert_eq!(now.control_group, plan.process.control_group);
    let finding = killer.apply(&plan).await;
    let failure = finding.result.unwrap_err();
    assert_eq!(failure.reason, Reason::IdentityMismatch, "{finding:?}");
    assert_eq!(finding.evidence["difference"], "start");
    assert!(other.is_running());
}

/// The attacker ends the victim at any moment of the attempt, and is at once another process on its number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_changes_hands_during_the_attempt() {
    if !is_inside("reuse::the_number_changes_hands_during_the_attempt") {
        return;
    }
    let killer = Killer::new();
    let watch = Stopwatch::start();
    let (mut swapped, mut refused, mut by_itself, mut signalled) = (0, 0, 0, 0);
    let tries = tries(150);
    for attempt in 0..tries {
        let victim = Process::program("sleep", &["1000"]);
        let pid = victim.pid();
        let plan = details(pid, Duration::ZERO);
        let age = Stopwatch::start();
        wait_until("the clock ticks", PATIENCE, || {
            (age.elapsed() > 2 * TICK).then_some(())
        })
        .unwrap();
        // From right away to well after the end of an attempt.
        let delay = Duration::from_micros(u64::try_from(attempt * 37 % 4000).unwrap());
        let (go, is_on) = std::sync::mpsc::channel();
        let attacker = std::thread::Builder::new()
            .spawn(move || {
                is_on.recv().unwrap();
                let since = Stopwatch::start();
                while since.elapsed() < delay {
                    std::hint::spin_loop();
                }
                victim.end();
                impostor(pid)
            })
            .unwrap();
        let attack = || go.send(()).unwrap();
        let finding = killer.apply_beside(&plan, attack).await;
        match (finding.result, finding.evidence["end"].as_str()) {
            (Err(failure), _) => {
                assert_eq!(failure.reason, Reason::IdentityMismatch, "{finding:?}");
                refused += 1;
            }
            (Ok(()), Some("by itself")) => by_itself += 1,
            (Ok(()), _) => signalled += 1,
        }
        if let Some(mut impostor) = attacker.join().unwrap() {
            swapped += 1;
            assert!(impostor.is_running(), "attempt {attempt}: {finding:?}");
        }
    }
    println!(
        "{tries} attempts in {:.1?}: the number changed hands {swapped} times; \
         {refused} refused, {by_itself} ended by themselves, {signalled} signalled before",
        watch.elapsed()
    );
    assert!(swapped > tries / 2, "{swapped} of {tries}");
}
