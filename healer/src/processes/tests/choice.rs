//! Who is the greediest.

use std::time::Duration;

use super::fixture::{GIB, Proc};
use super::*;
use crate::target::Resource;

const TICKS: u64 = 100;

fn sample(memory: &[(&str, u64)]) -> Sample {
    let mut sample = Sample::default();
    for (index, (unit, bytes)) in memory.iter().enumerate() {
        sample.places.push(Place {
            unit: unit.parse().unwrap(),
            control_group: format!("/system.slice/{unit}"),
        });
        sample.processes.push(Usage {
            pid: u32::try_from(index).unwrap() + 10,
            place: index,
            memory: *bytes,
            ..Usage::default()
        });
    }
    sample
}

fn capacity() -> Capacity {
    Capacity {
        memory: 16 * GIB,
        processors: 4.0,
        is_swapping: false,
    }
}

fn chosen(choice: &Choice) -> &str {
    match choice {
        Choice::Greediest(victim, _) => victim.unit.as_str(),
        Choice::Nobody => "nobody",
        Choice::NearTie => "near-tie",
    }
}

fn check_memory(earlier: Option<&[(&str, u64)]>, later: &[(&str, u64)], expected: &str) {
    let earlier = earlier.map(sample);
    let later = sample(later);
    let choice = choose(
        Resource::Memory,
        earlier.as_ref(),
        &later,
        &capacity(),
        TICKS,
    );
    assert_eq!(chosen(&choice), expected, "{earlier:?} {later:?}");
}

#[test]
fn the_greediest_by_memory() {
    check_memory(None, &[], "nobody");
    check_memory(
        None,
        &[("a.service", GIB), ("b.service", GIB / 2)],
        "nobody",
    );
    check_memory(
        None,
        &[("a.service", GIB), ("b.service", 2 * GIB)],
        "b.service",
    );
    // Whatever kind of unit it is: a lesser one never stands in.
    check_memory(
        None,
        &[("a.service", 4 * GIB), ("session-1.scope", 5 * GIB)],
        "session-1.scope",
    );
    // Near-ties: by growth, and without growth by use; only among those that stand out.
    let (large, larger) = (40 * GIB / 10, 42 * GIB / 10);
    check_memory(
        None,
        &[("a.service", larger), ("b.service", large)],
        "near-tie",
    );
    let now = [("a.service", larger), ("b.service", large)];
    check_memory(
        Some(&[("a.service", larger), ("b.service", large)]),
        &now,
        "a.service",
    );
    check_memory(
        Some(&[("a.service", larger), ("b.service", GIB)]),
        &now,
        "b.service",
    );
    check_memory(Some(&[("a.service", larger)]), &now, "b.service");
    check_memory(
        Some(&[("a.service", GIB), ("b.service", large)]),
        &now,
        "a.service",
    );
    let least = 16 * GIB / 10;
    check_memory(
        None,
        &[("a.service", least + 4096), ("b.service", least - 4096)],
        "a.service",
    );
}

#[test]
fn a_unit_is_the_sum_of_its_processes() {
    let mut sample = sample(&[("a.service", 2 * GIB), ("b.service", GIB)]);
    for pid in 20..23 {
        sample.processes.push(Usage {
            pid,
            place: 1,
            memory: GIB,
            ..Usage::default()
        });
    }
    let choice = choose(Resource::Memory, None, &sample, &capacity(), TICKS);
    let Choice::Greediest(victim, place) = choice else {
        panic!("{choice:?}")
    };
    assert_eq!(place.control_group, "/system.slice/b.service");
    assert_eq!(
        victim.evidence,
        "`b.service` uses 4.0 GiB in 4 processes, 25 % of memory; next `a.service` 2.0 GiB"
    );
}

#[test]
fn what_is_no_unit_is_told_by_its_cgroup() {
    let proc = Proc::new();
    proc.process(10, "0::/docker/4f\n", 4 * GIB, 0);
    proc.process(11, "0::/docker/50\n", 2 * GIB, 0);
    let (capacity, sample) = proc.sample(Resource::Memory, 0).unwrap();
    let choice = choose(Resource::Memory, None, &sample, &capacity, TICKS);
    let Choice::Greediest(victim, _) = choice else {
        panic!("{choice:?}")
    };
    assert_eq!(victim.unit.as_str(), "-.slice");
    assert!(
        victim
            .evidence
            .starts_with("cgroup `/docker/4f`, which is no unit's, uses 4.0 GiB in 1 process, 25 % of memory; next cgroup"),
        "{}",
        victim.evidence
    );
}

/// The choice by CPU time between two looks at a folder, a second apart.
fn by_cpu(proc: &Proc, change: impl FnOnce(&Proc)) -> Choice {
    let (_, earlier) = proc.sample(Resource::Cpu, 0).unwrap();
    change(proc);
    let (capacity, later) = proc.sample(Resource::Cpu, 1).unwrap();
    choose(Resource::Cpu, Some(&earlier), &later, &capacity, TICKS)
}

fn two_services() -> Proc {
    let proc = Proc::new();
    proc.process(10, "0::/system.slice/a.service\n", 0, 0);
    proc.process(11, "0::/system.slice/b.service\n", 0, 0);
    // What was used long ago does not count.
    proc.cpu(10, 1, 1_000_000, 1_000_000);
    proc
}

#[test]
fn the_greediest_by_cpu_time() {
    let choice = by_cpu(&two_services(), |proc| {
        proc.cpu(10, 1, 1_000_030, 1_000_000);
        proc.cpu(11, 1, 95, 0);
    });
    let Choice::Greediest(victim, _) = choice else {
        panic!("{choice:?}")
    };
    assert_eq!(
        victim.evidence,
        "`b.service` uses 0.95 processors in 1 process, 24 % of all processors; next `a.service` 0.30 processors"
    );
    // A tenth of four processors.
    assert_eq!(
        by_cpu(&two_services(), |proc| proc.cpu(11, 1, 39, 0)),
        Choice::Nobody
    );
    assert_eq!(
        chosen(&by_cpu(&two_services(), |proc| proc.cpu(11, 1, 41, 0))),
        "b.service"
    );
    // One look says nothing.
    let (capacity, sample) = two_services().sample(Resource::Cpu, 0).unwrap();
    assert_eq!(
        choose(Resource::Cpu, None, &sample, &capacity, TICKS),
        Choice::NearTie
    );
}

#[test]
fn children_count_for_whoever_waits_for_them() {
    // Many short children, none of which is there at either look.
    assert_eq!(
        chosen(&by_cpu(&two_services(), |proc| proc.cpu(11, 1, 0, 80))),
        "b.service"
    );
    // One that is new counts whole; so does one with a number that was another's.
    assert_eq!(
        chosen(&by_cpu(&two_services(), |proc| {
            proc.process(700, "0::/system.slice/b.service\n", 0, 0);
            proc.cpu(700, 11, 80, 0);
        })),
        "b.service"
    );
    // What an ended child had used before the first look is not used again when its parent is told of it.
    let proc = two_services();
    proc.process(12, "0::/system.slice/b.service\n", 0, 0);
    proc.cpu(12, 11, 500_000, 0);
    let choice = by_cpu(&proc, |proc| {
        proc.take("12");
        proc.cpu(11, 1, 0, 500_010);
    });
    assert_eq!(choice, Choice::Nobody);
    // Nor is it the first process's, when it was left to that.
    let choice = by_cpu(&two_services(), |proc| proc.cpu(1, 0, 0, 900_000));
    assert_eq!(choice, Choice::Nobody);
}

#[test]
fn looks_without_time_between_them_say_nothing() {
    let (_, earlier) = two_services().sample(Resource::Cpu, 5).unwrap();
    let proc = two_services();
    proc.cpu(11, 1, 5_000, 0);
    let (capacity, later) = proc.sample(Resource::Cpu, 5).unwrap();
    let choice = choose(Resource::Cpu, Some(&earlier), &later, &capacity, TICKS);
    assert_eq!(choice, Choice::Nobody);
    let busy = busy_processors(100, Duration::from_secs(2), TICKS);
    assert!((busy - 0.5).abs() < 1e-9);
}
