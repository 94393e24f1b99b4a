use super::*;

fn start() -> Now {
    Now {
        wall: Timestamp::from_second(1_800_000_000).unwrap(),
        boot: Duration::from_secs(100),
        boot_id: BootId::new("a\n"),
    }
}

#[test]
fn a_wall_clock_step_does_not_change_an_interval_inside_one_boot() {
    let clock = ManualClock::new(start());
    clock.advance(Duration::from_secs(5));
    clock.step_wall(Timestamp::from_second(1_900_000_000).unwrap());
    assert_eq!(clock.now().since(&start()), Duration::from_secs(5));
}

#[test]
fn across_boots_wall_time_counts_and_never_below_zero() {
    let clock = ManualClock::new(start());
    clock.reboot(BootId::new("b"));
    clock.step_wall(Timestamp::from_second(1_800_000_060).unwrap());
    assert_eq!(clock.now().since(&start()), Duration::from_mins(1));
    clock.step_wall(Timestamp::from_second(1_700_000_000).unwrap());
    assert_eq!(clock.now().since(&start()), Duration::ZERO);
    // What is certain is that this boot came after it.
    clock.advance(Duration::from_secs(5));
    assert_eq!(clock.now().since(&start()), Duration::from_secs(5));
}

#[test]
fn the_system_clock_runs_forward() {
    let clock = SystemClock::new().unwrap();
    let first = clock.now();
    assert!(clock.now().boot >= first.boot);
    assert!(!first.boot_id.as_str().contains('\n'));
}
