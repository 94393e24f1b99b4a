//! Clocks that are set, while the machine is up and over a reboot.

use prunelle_foundation::clock::{Boot, Boots};

use super::*;

#[test]
fn a_wall_clock_jump_reopens_no_budget_and_shortens_no_pause() {
    let mut scene = dead_service();
    charges(&mut scene, &[50, 40, 30, 20, 10]);
    scene.facts.history.pauses = vec![pause(&scene, None, HOUR)];
    scene.now.wall += 48 * HOUR;
    assert_eq!(
        scene.decision(),
        Decision::Defer(Reason::Paused, Duration::from_secs(3590))
    );
    scene.facts.history.pauses.clear();
    assert_eq!(
        scene.decision(),
        Decision::Defer(Reason::Budget, Duration::from_secs(3550))
    );
}

/// The boot before lasted for an hour and ten minutes, and this one has for five minutes.
fn booted(scene: &mut Scene) {
    let boot = |id: &str, began: Duration, lasted| Boot {
        id: BootId::new(id),
        began,
        lasted,
    };
    let before = HOUR + 10 * MINUTE;
    scene.facts.history.boots = Boots::new([
        boot("before", Duration::ZERO, Some(before)),
        boot("boot", before, None),
    ]);
    scene.now.boot = 5 * MINUTE;
}

/// So long after the beginning of the boot before; the wall clock is a year off since.
fn in_the_boot_before(scene: &Scene, since_boot: Duration) -> Now {
    Now {
        wall: scene.now.wall - 24 * 365 * HOUR,
        boot: since_boot,
        boot_id: BootId::new("before"),
    }
}

#[test]
fn a_clock_that_is_put_forward_over_a_reboot_refills_no_budget_and_ends_no_wait() {
    let mut scene = dead_service();
    booted(&mut scene);
    // Fifty minutes before its end: an hour and five minutes less ten ago, whatever the wall clock says.
    let at = in_the_boot_before(&scene, 20 * MINUTE);
    for (change, expected) in [
        (
            (|s, at| s.facts.history.charges = vec![at; 5]) as fn(&mut Scene, Now),
            Decision::Defer(Reason::Budget, 5 * MINUTE),
        ),
        (
            |s, at| {
                s.rule.cooldown.first = HOUR;
                s.rule.cooldown.max = HOUR;
                s.facts.history.repairs = vec![at];
            },
            Decision::Defer(Reason::Cooldown, 5 * MINUTE),
        ),
        (
            |s, at| {
                flapping(s, 2, 600, 3600);
                s.facts.history.repairs = vec![at.clone(), at];
            },
            Decision::Defer(Reason::Flapping, 5 * MINUTE),
        ),
        (
            |s, at| s.facts.history.rule_ends = vec![(at, false); 3],
            Decision::Defer(Reason::BreakerOpen, 5 * MINUTE),
        ),
    ] {
        let mut scene = scene.clone();
        change(&mut scene, at.clone());
        assert_eq!(scene.decision(), expected);
        // Once the machine was up for long enough, it is over.
        scene.now.boot += 5 * MINUTE;
        scene.facts.unit = Fact::Known {
            value: failed_unit(),
            at: scene.now.clone(),
        };
        scene.facts.confirmed = scene.now.clone();
        assert_eq!(scene.decision(), Decision::Act, "after {expected:?}");
    }
}

#[test]
fn a_clock_that_is_put_back_over_a_reboot_prolongs_no_quarantine_no_pause_and_no_question() {
    let mut scene = dead_service();
    booted(&mut scene);
    let since = Now {
        wall: scene.now.wall + 24 * HOUR,
        ..in_the_boot_before(&scene, 20 * MINUTE)
    };
    scene.facts.history.quarantine = Some(Quarantine {
        since: since.clone(),
        lasts: HOUR,
    });
    assert_eq!(
        scene.decision(),
        Decision::Defer(Reason::Quarantined, 5 * MINUTE)
    );
    scene.facts.history.quarantine = None;
    scene.facts.history.pauses = vec![Pause {
        since: since.clone(),
        ..pause(&scene, None, HOUR)
    }];
    assert_eq!(
        scene.decision(),
        Decision::Defer(Reason::Paused, 5 * MINUTE)
    );
    scene.facts.history.pauses.clear();
    approval(&mut scene, Some((0, None)));
    if let Some(asked) = &mut scene.facts.history.approval {
        asked.since = since;
    }
    assert_eq!(
        scene.decision(),
        Decision::Defer(Reason::AwaitingApproval, 5 * MINUTE)
    );
}
