//! What happened before, what waits, and what limits it.

use super::*;

/// A pause that was set ten seconds ago.
pub(super) fn pause(scene: &Scene, target: Option<&str>, lasts: Duration) -> Pause {
    Pause {
        target: target.map(|text| text.parse().unwrap()),
        since: before(&scene.now, 10 * SECOND),
        lasts,
        note: String::new(),
    }
}

/// Repairs that ended so many seconds ago.
pub(super) fn repairs(scene: &mut Scene, seconds_ago: &[u64]) {
    scene.facts.history.repairs = times(scene, seconds_ago);
}

/// Intents of this rule and target, charged so many seconds ago.
pub(super) fn charges(scene: &mut Scene, seconds_ago: &[u64]) {
    scene.facts.history.charges = times(scene, seconds_ago);
}

pub(super) fn times(scene: &Scene, seconds_ago: &[u64]) -> Vec<Now> {
    seconds_ago
        .iter()
        .map(|s| before(&scene.now, Duration::from_secs(*s)))
        .collect()
}

/// So many repairs within so long make a target flap, for so long: in seconds.
pub(super) fn flapping(scene: &mut Scene, repairs: u32, within: u64, hold: u64) {
    scene.rule.flapping = Some(Flapping {
        repairs,
        within: Duration::from_secs(within),
        hold: Duration::from_secs(hold),
    });
}

pub(super) fn others_running(scene: &mut Scene, targets: &[&str]) {
    scene.facts.history.others_running = targets.iter().map(|text| text.parse().unwrap()).collect();
}

/// Ends of the rule's remediations: seconds ago, and whether they succeeded.
pub(super) fn ends(scene: &mut Scene, ends: &[(u64, bool)]) {
    scene.facts.history.rule_ends = ends
        .iter()
        .map(|(ago, has_succeeded)| {
            (
                before(&scene.now, Duration::from_secs(*ago)),
                *has_succeeded,
            )
        })
        .collect();
}

/// A person has to agree within the hour; was asked so many minutes ago, and answered or not.
pub(super) fn approval(scene: &mut Scene, asked: Option<(u32, Option<bool>)>) {
    scene.rule.ladder[0].approval = Some(policy::Approval { expires: HOUR });
    scene.facts.history.approval = asked.map(|(minutes_ago, is_approved)| crate::facts::Approval {
        number: 1,
        since: before(&scene.now, MINUTE * minutes_ago),
        lasts: HOUR,
        is_approved,
    });
}

/// From so many minutes after the scene's present minute to so many after it.
pub(super) fn hours(scene: &Scene, from: i16, to: i16) -> TimeInterval {
    let seconds = scene.now.wall.as_second().rem_euclid(86_400);
    let minute = i16::try_from(seconds / 60).unwrap();
    let at = |offset: i16| u16::try_from(minute + offset).unwrap();
    TimeInterval {
        name: "hours".into(),
        spans: vec![TimeSpan {
            times: vec![(at(from), at(to))],
            weekdays: vec![],
            days_of_month: vec![],
            months: vec![],
            years: vec![],
            location: jiff::tz::TimeZone::UTC,
        }],
    }
}
