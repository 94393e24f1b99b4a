use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn moment(boot_id: &str, since_boot: u64) -> Now {
    Now {
        boot: Duration::from_secs(since_boot),
        boot_id: BootId::new(boot_id),
        ..start()
    }
}

/// Boots `a`, `b` … of so many seconds each, the last one still lasting; `ahead` before the first.
fn boots(ahead: u64, lasted: &[u64]) -> Boots {
    let mut began = Duration::from_secs(ahead);
    let mut list: Vec<Boot> = Vec::new();
    for (index, seconds) in lasted.iter().enumerate() {
        let lasted = Duration::from_secs(*seconds);
        list.push(Boot {
            id: id(index),
            began,
            lasted: Some(lasted),
        });
        began += lasted;
    }
    list.push(Boot {
        id: id(lasted.len()),
        began,
        lasted: None,
    });
    Boots::new(list)
}

fn id(index: usize) -> BootId {
    BootId::new(["a", "b", "c", "d", "e"][index])
}

#[test]
fn what_is_certain_is_the_time_the_machine_was_seen_to_be_up() {
    let check = |earlier: Now, now: Now, expected: u64| {
        let known = boots(1000, &[100, 50]);
        assert_eq!(
            known.certain(&earlier, &now),
            SECOND * u32::try_from(expected).unwrap()
        );
    };
    check(moment("c", 3), moment("c", 10), 7);
    check(moment("b", 20), moment("c", 7), 30 + 7);
    check(moment("a", 90), moment("c", 7), 10 + 50 + 7);
    check(moment("a", 90), moment("b", 5), 15);
    // Written after its boot was last noted: as if at its known end.
    check(moment("b", 70), moment("c", 7), 7);
    // Before everything that is known.
    check(moment("x", 5), moment("c", 7), 100 + 50 + 7);
    check(moment("x", 5), moment("a", 7), 7);
    check(moment("x", 5), moment("y", 7), 7);
    // Not after it.
    check(moment("c", 7), moment("a", 90), 0);
    check(moment("c", 7), moment("c", 6), 0);
}

#[test]
fn of_no_boots_only_the_present_one_is_certain() {
    let none = Boots::default();
    assert_eq!(none.certain(&moment("a", 3), &moment("a", 9)), 6 * SECOND);
    assert_eq!(none.certain(&moment("a", 3), &moment("b", 2)), 2 * SECOND);
}

proptest! {
    /// Some reboots, each with the machine off for a while and its wall clock set by so much; each boot seen for the
    /// last time somewhat before its end.
    #[test]
    fn no_clock_that_is_set_makes_anything_certain_that_is_not(
        lasted in prop::collection::vec((1..1_000_u64, 0..1_000_u64, 0..100_000_i64), 1..4),
        at in 0..1_000_u64,
        up in 0..1_000_u64,
        set in -3_000_000..3_000_000_i64,
    ) {
        let seen: Vec<u64> = lasted.iter().map(|(seen, _, _)| *seen).collect();
        let known = boots(0, &seen);
        let (first, unseen, _) = lasted[0];
        let at = at.min(first + unseen);
        let earlier = moment("a", at);
        let off: i64 = lasted.iter().map(|(_, _, off)| off).sum();
        let later: u64 = lasted[1..].iter().map(|(seen, unseen, _)| seen + unseen).sum();
        let was_up = first + unseen - at + later + up;
        let truth = i64::try_from(was_up).unwrap() + off;
        let now = Now {
            wall: earlier.wall + jiff::SignedDuration::from_secs(truth + set),
            boot: Duration::from_secs(up),
            boot_id: id(lasted.len()),
        };
        let certain = known.certain(&earlier, &now).as_secs();
        let was_seen = first.saturating_sub(at) + seen[1..].iter().sum::<u64>() + up;
        prop_assert_eq!(certain, was_seen, "whatever the wall clock says");
        prop_assert!(certain <= was_up, "the machine was up for longer");

        // Who waits, waits by the wall clock, and no longer than was left.
        let waited = i64::try_from(known.waited(&earlier, &now).as_secs()).unwrap();
        prop_assert!(waited >= i64::try_from(certain).unwrap());
        prop_assert!(waited <= truth + set.max(0));
        prop_assert!(set < 0 || waited == truth + set);
    }
}
