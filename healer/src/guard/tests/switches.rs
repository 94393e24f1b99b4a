//! Switches: modes, pauses, maintenance, silences, boot grace, package managers.

use super::*;

#[expect(clippy::too_many_lines, reason = "a table, one row a change")]
pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer, Observe, Suppress};
    let of_service: Vec<Row> = vec![
        (
            "policy off",
            |s| s.policy.mode = Mode::Off,
            Suppress(Reason::ModeOff),
        ),
        (
            "rule off",
            |s| s.rule.mode = Some(Mode::Off),
            Suppress(Reason::ModeOff),
        ),
        (
            "policy observes",
            |s| s.policy.mode = Mode::Observe,
            Observe,
        ),
        (
            "rule observes",
            |s| s.rule.mode = Some(Mode::Observe),
            Observe,
        ),
        (
            "a rule does not raise the policy",
            |s| {
                s.policy.mode = Mode::Observe;
                s.rule.mode = Some(Mode::Enforce);
            },
            Observe,
        ),
        (
            "AUTO_HEALING_ENABLED=False",
            |s| s.facts.is_auto_healing_disabled = true,
            Observe,
        ),
        ("crash loop", |s| s.facts.is_crash_looping = true, Observe),
        (
            "the pause file",
            |s| s.facts.is_pause_file_present = true,
            Defer(Reason::Paused, 5 * SECOND),
        ),
        (
            "a pause of this target",
            |s| s.facts.history.pauses = vec![pause(s, Some("nginx"), 60 * SECOND)],
            Defer(Reason::Paused, 50 * SECOND),
        ),
        (
            "a pause of all",
            |s| s.facts.history.pauses = vec![pause(s, None, 60 * SECOND)],
            Defer(Reason::Paused, 50 * SECOND),
        ),
        (
            "a pause of another target",
            |s| s.facts.history.pauses = vec![pause(s, Some("mysql"), 60 * SECOND)],
            Act,
        ),
        (
            "a pause that has ended",
            |s| s.facts.history.pauses = vec![pause(s, None, 10 * SECOND)],
            Act,
        ),
        (
            "just booted",
            |s| {
                s.now.boot = 100 * SECOND;
                s.facts.confirmed = s.now.clone();
            },
            Defer(Reason::BootGrace, 20 * SECOND),
        ),
        (
            "a pause of the unit covers it as a victim",
            |s| {
                s.greedy("nginx");
                s.facts.history.pauses = vec![pause(s, Some("nginx"), 60 * SECOND)];
            },
            Defer(Reason::Paused, 50 * SECOND),
        ),
        (
            "outside the rule's hours, five minutes before they begin",
            |s| s.rule.active_time_intervals = vec![hours(s, 5, 65)],
            Defer(Reason::Maintenance, 280 * SECOND),
        ),
        (
            "outside the rule's hours, far from them",
            |s| s.rule.active_time_intervals = vec![hours(s, 120, 180)],
            Defer(Reason::Maintenance, 880 * SECOND),
        ),
        (
            "within one of the rule's hours",
            |s| s.rule.active_time_intervals = vec![hours(s, 120, 180), hours(s, -5, 5)],
            Act,
        ),
        (
            "muted hours win over active ones",
            |s| {
                s.rule.active_time_intervals = vec![hours(s, -60, 60)];
                s.rule.mute_time_intervals = vec![hours(s, -1, 2)];
            },
            Defer(Reason::Maintenance, 100 * SECOND),
        ),
        (
            "muted hours that have just ended",
            |s| s.rule.mute_time_intervals = vec![hours(s, -10, 0)],
            Act,
        ),
        (
            "silenced",
            |s| s.facts.muted = Some("silence 4711".into()),
            Defer(Reason::Silenced, 5 * MINUTE),
        ),
        (
            "a package manager at work",
            |s| s.package_manager(Some("dpkg")),
            Defer(Reason::PackageUpgrade, 5 * SECOND),
        ),
        (
            "no package manager at work",
            |s| s.package_manager(None),
            Act,
        ),
        (
            "the kernel's locks cannot be read",
            |s| s.facts.package_manager = Fact::Unknown("no /proc/locks".into()),
            Defer(Reason::FactUnknown, SECOND),
        ),
        (
            "a pause does not turn observe into off, nor off into a wait",
            |s| {
                s.policy.mode = Mode::Off;
                s.facts.is_pause_file_present = true;
            },
            Suppress(Reason::ModeOff),
        ),
    ];
    vec![(dead_service(), of_service)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
