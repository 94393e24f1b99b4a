use super::*;

#[test]
fn memory_and_swap_refuse_what_cannot_be_true() {
    assert!(Memory::new(0, 0).is_err());
    assert!(Memory::new(10, 11).is_err());
    assert!(Swap::new(10, 11).is_err());
}

#[test]
fn usage_is_used_by_all() {
    let memory = Memory::new(1000, 250).unwrap();
    assert_eq!(memory.used(), 750);
    assert!((memory.usage() - 0.75).abs() < 1e-12);
    assert_eq!(Swap::new(0, 0).unwrap().usage(), None);
    assert_eq!(Swap::new(4, 1).unwrap().usage(), Some(0.25));
}

#[track_caller]
fn check_share(used: u64, cores: f64, expected: Option<f64>) {
    let share = |milliseconds| CpuCount::Share {
        used: Duration::from_millis(milliseconds),
        cores,
    };
    let usage = share(used).usage_since(&share(1000), Duration::from_secs(10));
    assert_eq!(usage, expected);
}

#[test]
fn a_share_is_measured_against_its_cores() {
    check_share(3500, 0.5, Some(0.5));
    check_share(6000, 2.0, Some(0.25));
    check_share(9000, 0.5, Some(1.0));
    check_share(999, 0.5, None);
}

#[test]
fn a_machine_and_a_share_cannot_be_compared() {
    let machine = CpuCount::Machine(crate::procfs::stat::parse(b"cpu 1 2 3 4\n").unwrap());
    let share = CpuCount::Share {
        used: Duration::ZERO,
        cores: 1.0,
    };
    assert_eq!(machine.usage_since(&share, Duration::from_secs(1)), None);
    assert_eq!(share.usage_since(&machine, Duration::from_secs(1)), None);
}
