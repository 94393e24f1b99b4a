mod boots;

use proptest::prelude::*;

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

proptest! {
    /// A reboot: so long until the machine went down, so long off, so long up again, and the wall clock set by so much
    /// somewhere in between.
    #[test]
    fn over_a_reboot_an_interval_is_off_by_no_more_than_the_clock_was_set(
        until_down in 0..1_000_000_i64,
        off in 0..1_000_000_i64,
        up in 0..1_000_000_i64,
        set in -3_000_000..3_000_000_i64,
    ) {
        let truth = until_down + off + up;
        let earlier = start();
        let now = Now {
            wall: earlier.wall + jiff::SignedDuration::from_secs(truth + set),
            boot: Duration::from_secs(up.unsigned_abs()),
            boot_id: BootId::new("b"),
        };
        let since = i64::try_from(now.since(&earlier).as_secs()).unwrap();
        prop_assert!(since >= up, "this boot is later, that is certain");
        prop_assert!(since <= truth + set.max(0), "a clock that is put back shortens nothing");
        prop_assert!(set < 0 || since == truth + set);
        prop_assert!(set >= 0 || since == up.max(truth + set));
    }
}
