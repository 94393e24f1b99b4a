//! Samples and capacities of folders that stand for `/proc`, and of the real one.

use std::time::Duration;

use super::fixture::{GIB, Proc};
use super::*;
use crate::boundary::Boundary;
use crate::causes::with_causes;
use crate::remediation::steps::Roots;
use crate::target::Resource;

fn units(sample: &Sample) -> Vec<(u32, String, u64)> {
    let unit = |usage: &Usage| sample.places[usage.place].unit.to_string();
    let processes = sample.processes.iter();
    processes
        .map(|usage| (usage.pid, unit(usage), usage.memory))
        .collect()
}

#[test]
fn memory_is_told_with_and_without_swap() {
    let proc = Proc::new();
    proc.process(10, "0::/system.slice/a.service\n", GIB, 0);
    proc.process(11, "0::/system.slice/b.service\n", 0, 2 * GIB);
    let (capacity, sample) = proc.sample(Resource::Memory, 0).unwrap();
    assert!(!capacity.is_swapping);
    assert_eq!(units(&sample), [(10, "a.service".to_owned(), GIB)]);
    proc.meminfo(2 * GIB);
    let (capacity, sample) = proc.sample(Resource::Memory, 0).unwrap();
    assert!(capacity.is_swapping);
    let expected = [
        (10, "a.service".to_owned(), GIB),
        (11, "b.service".to_owned(), 2 * GIB),
    ];
    assert_eq!(units(&sample), expected);
}

#[test]
fn processes_that_go_are_left_out() {
    let proc = Proc::new();
    proc.process(10, "0::/system.slice/a.service\n", GIB, 0);
    // Gone between the listing and the reading of its files.
    proc.write("11/comm", "x\n");
    proc.process(12, "0::/system.slice/a.service\n", GIB, 0);
    proc.take("12/cgroup");
    let (_, sample) = proc.sample(Resource::Memory, 0).unwrap();
    assert_eq!(units(&sample).len(), 1);
}

#[test]
fn what_cannot_be_seen_is_an_error() {
    let hidden = Proc::new();
    hidden.process(10, "0::/system.slice/a.service\n", GIB, 0);
    hidden.take("1");
    let error = hidden.sample(Resource::Memory, 0).unwrap_err();
    assert!(matches!(error, ProcessesError::Hidden), "{error}");

    let odd = Proc::new();
    odd.process(10, "0::/a.service\n", GIB, 0);
    odd.write("10/statm", "many\n");
    let error = odd.sample(Resource::Memory, 0).unwrap_err();
    assert!(
        error.to_string().ends_with("10/statm has no valid size"),
        "{error}"
    );

    let nowhere = Folder::open(std::path::Path::new("/nonexistent")).unwrap_err();
    assert_eq!(
        with_causes(&nowhere),
        "cannot read /nonexistent: No such file or directory (os error 2)"
    );
}

#[test]
fn a_container_has_what_its_limits_leave() {
    let proc = Proc::new();
    let has = |proc: &Proc| {
        let (capacity, _) = proc.sample(Resource::Memory, 0).unwrap();
        (capacity.memory, capacity.processors)
    };
    assert_eq!(has(&proc), (16 * GIB, 4.0));

    proc.write(
        "self/mountinfo",
        "30 23 0:26 / /groups rw - cgroup2 cgroup rw\n",
    );
    proc.write("groups/memory.max", &format!("{}\n", 2 * GIB));
    proc.write("groups/memory.current", "1000000\n");
    proc.write("groups/cpu.max", "50000 100000\n");
    proc.write("groups/cpu.stat", "usage_usec 1\n");
    assert_eq!(has(&proc), (2 * GIB, 0.5));
    for no_limit in ["max\n", "9223372036854771712\n"] {
        proc.write("groups/memory.max", no_limit);
        proc.write("groups/cpu.max", "max 100000\n");
        assert_eq!(has(&proc), (16 * GIB, 4.0));
    }

    let machine = Roots {
        boundary: Boundary::Machine,
        ..proc.roots()
    };
    proc.write("groups/memory.max", "1000000\n");
    let folder = Folder::open(&machine.proc).unwrap();
    assert_eq!(Capacity::read(&folder, &machine).unwrap().memory, 16 * GIB);
}

#[test]
fn this_machine_is_sampled() {
    let proc = Folder::open(std::path::Path::new("/proc")).unwrap();
    let capacity = Capacity::read(&proc, &Roots::default()).unwrap();
    let own = std::process::id();
    for resource in Resource::ALL {
        let sample = Sample::take(&proc, resource, &capacity, Duration::ZERO).unwrap();
        let found = sample.processes.iter().find(|usage| usage.pid == own);
        assert!(found.is_some(), "{resource:?}: {sample:?}");
    }
}
