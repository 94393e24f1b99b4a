use jiff::Timestamp;
use prunelle_foundation::clock::BootId;

use super::*;

/// Pid, parent, start in seconds after boot, CPU time, and that of children, in ticks.
type Row = (u64, u64, u64, u64, u64);

fn at(seconds: u64) -> Now {
    Now {
        wall: Timestamp::UNIX_EPOCH,
        boot: Duration::from_secs(seconds),
        boot_id: BootId::new("a"),
    }
}

fn process((pid, parent, start, cpu, children): Row) -> Process {
    Process {
        pid,
        name: "a".into(),
        unit: "".into(),
        parent,
        start: start * rustix::param::clock_ticks_per_second(),
        cpu,
        children,
        resident: 0,
        shared: 0,
    }
}

/// What each process of the second sample, ten seconds later, used since the first at 1000 s after boot.
#[track_caller]
fn check(before: &[Row], after: &[Row], expected: &[u64]) {
    let mut history = History::default();
    let sample = |rows: &[Row]| rows.iter().copied().map(process).collect::<Vec<_>>();
    let first = history.usage(&at(1000), &sample(before));
    assert_eq!(first.over, None);
    assert!(first.ticks.iter().all(|&it| it == 0));
    let usage = history.usage(&at(1010), &sample(after));
    assert_eq!(usage.over, Some(Duration::from_secs(10)));
    assert_eq!(usage.ticks, expected);
}

#[test]
fn what_was_used_since_the_sample_before() {
    check(
        &[(1, 0, 0, 100, 0), (7, 1, 5, 50, 0)],
        &[(1, 0, 0, 130, 0), (7, 1, 5, 50, 0)],
        &[30, 0],
    );
    // A counter that goes backwards has not been used.
    check(&[(7, 1, 5, 50, 9)], &[(7, 1, 5, 40, 3)], &[0]);
}

#[test]
fn a_new_process_counts_in_full() {
    check(
        &[(1, 0, 0, 100, 0)],
        &[(1, 0, 0, 100, 0), (9, 1, 1003, 70, 5)],
        &[0, 75],
    );
}

#[test]
fn a_pid_that_is_used_again_is_another_process() {
    check(&[(9, 1, 5, 9000, 0)], &[(9, 1, 1003, 70, 0)], &[70]);
}

#[test]
fn an_old_process_that_was_hidden_before_counts_from_now_on() {
    check(
        &[(1, 0, 0, 1, 0)],
        &[(1, 0, 0, 1, 0), (9, 1, 5, 9000, 0)],
        &[0, 0],
    );
}

#[test]
fn what_came_and_went_in_between_is_its_parents() {
    // make had compilers that no sample saw.
    check(&[(5, 1, 5, 10, 1000)], &[(5, 1, 5, 12, 1400)], &[402]);
}

#[test]
fn what_was_counted_of_a_child_is_not_counted_again() {
    // The child had used 300 when it was seen, and 350 in the end.
    check(
        &[(5, 1, 5, 10, 0), (6, 5, 900, 250, 50)],
        &[(5, 1, 5, 10, 350)],
        &[50],
    );
}

#[test]
fn a_daemon_that_ends_is_no_burst_of_the_process_that_reaps_it() {
    check(
        &[(1, 0, 0, 5, 0), (8, 1, 5, 1_000_000, 0)],
        &[(1, 0, 0, 5, 1_000_000)],
        &[0],
    );
    // Its parent ended too, so that process 1 got both.
    check(
        &[(1, 0, 0, 5, 0), (7, 1, 5, 10, 0), (8, 7, 5, 1_000_000, 0)],
        &[(1, 0, 0, 5, 1_000_010)],
        &[0],
    );
    // The pid of its parent is another's by now.
    check(
        &[(1, 0, 0, 5, 0), (7, 1, 5, 10, 0), (8, 7, 5, 1_000_000, 0)],
        &[(1, 0, 0, 5, 1_000_010), (7, 1, 1005, 3, 0)],
        &[0, 3],
    );
}
