use super::*;

const BOTH: [bool; 2] = [false, true];

/// Every combination of every switch, with the policy's mode first.
fn all() -> impl Iterator<Item = Switches> {
    let mut all = Vec::new();
    for policy in Mode::ALL {
        for rule in [
            None,
            Some(Mode::Off),
            Some(Mode::Observe),
            Some(Mode::Enforce),
        ] {
            for auto_healing_enabled in [None, Some(false), Some(true)] {
                for is_paused in BOTH {
                    for is_pause_file_present in BOTH {
                        for is_crash_looping in BOTH {
                            all.push(Switches {
                                auto_healing_enabled,
                                policy,
                                rule,
                                is_paused,
                                is_pause_file_present,
                                is_crash_looping,
                            });
                        }
                    }
                }
            }
        }
    }
    assert_eq!(all.len(), 3 * 4 * 3 * 8);
    all.into_iter()
}

#[test]
fn over_all_combinations_only_full_consent_enforces_and_any_off_is_off() {
    let (mut enforced, mut off) = (0, 0);
    for s in all() {
        let is_held = s.is_paused
            || s.is_pause_file_present
            || s.is_crash_looping
            || s.auto_healing_enabled == Some(false);
        let expected = match (s.policy, s.rule) {
            (Mode::Off, _) | (_, Some(Mode::Off)) => Mode::Off,
            (Mode::Enforce, None | Some(Mode::Enforce)) if !is_held => Mode::Enforce,
            _ => Mode::Observe,
        };
        assert_eq!(mode_in_force(&s).mode, expected, "{s:?}");
        enforced += usize::from(expected == Mode::Enforce);
        off += usize::from(expected == Mode::Off);
    }
    assert_eq!((enforced, off), (4, 24 * 4 + 2 * 24));
}

#[test]
fn no_single_switch_raises_the_mode() {
    for s in all() {
        let before = mode_in_force(&s).mode;
        for more in [
            Switches {
                is_paused: true,
                ..s
            },
            Switches {
                is_pause_file_present: true,
                ..s
            },
            Switches {
                is_crash_looping: true,
                ..s
            },
            Switches {
                auto_healing_enabled: Some(false),
                ..s
            },
        ] {
            assert!(mode_in_force(&more).mode <= before, "{more:?}");
        }
        let permitted = Switches {
            auto_healing_enabled: Some(true),
            ..s
        };
        assert!(
            mode_in_force(&permitted).mode
                <= mode_in_force(&Switches {
                    auto_healing_enabled: None,
                    ..s
                })
                .mode
        );
    }
}

#[track_caller]
fn check(switches: Switches, set_by: SetBy) {
    assert_eq!(mode_in_force(&switches).set_by, set_by);
}

#[test]
fn the_first_switch_that_asks_for_the_mode_is_named() {
    let free = Switches {
        auto_healing_enabled: None,
        policy: Mode::Enforce,
        rule: None,
        is_paused: false,
        is_pause_file_present: false,
        is_crash_looping: false,
    };
    check(free, SetBy::Policy);
    check(
        Switches {
            policy: Mode::Observe,
            is_paused: true,
            ..free
        },
        SetBy::Policy,
    );
    check(
        Switches {
            rule: Some(Mode::Off),
            is_paused: true,
            ..free
        },
        SetBy::Rule,
    );
    check(
        Switches {
            auto_healing_enabled: Some(false),
            ..free
        },
        SetBy::Environment,
    );
    check(
        Switches {
            is_paused: true,
            is_pause_file_present: true,
            ..free
        },
        SetBy::Pause,
    );
    check(
        Switches {
            is_pause_file_present: true,
            ..free
        },
        SetBy::PauseFile,
    );
    check(
        Switches {
            is_crash_looping: true,
            ..free
        },
        SetBy::CrashLoop,
    );
}
