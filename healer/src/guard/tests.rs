//! Each guard's answers over a scene in which everything else is in order, so that one change has one effect. One file
//! a guard; what they provoke is known to the test that asks whether each reason is provoked.

mod admission;
mod approval;
mod blast_radius;
mod breaker;
mod budget;
mod clocks;
mod cooldown;
mod deduplication;
mod freshness;
mod host_and_target;
mod intake;
mod start_limit;
mod still_needed;
mod switches;
mod target_free;

mod past;
mod scene;
mod scenes;
mod services;

use std::collections::BTreeSet;
use std::time::Duration;

use globset::{Glob, GlobMatcher};
use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Now};
use prunelle_systemd::UnitState;
use prunelle_systemd::unit::{ActiveState, LoadState, QueuedJob, ServiceState};
use uuid::Uuid;

use self::past::{approval, charges, ends, flapping, hours, others_running, pause, repairs, times};
use self::scene::{Scene, before, glob};
pub(crate) use self::scenes::failed_unit;
use self::scenes::{dead_service, full_disk, greedy_group, protect_nginx};
use super::*;
use crate::alert::{AlertStatus, Episode, Labels};
use crate::facts::{
    Fact, FolderFacts, GroupFacts, History, MOST_CHARGES, Pause, Quarantine, Victim,
};
use crate::policy::{
    self, Budget, CleanFolder, Cooldown, EndProcess, Flapping, Group, HostSelector, Matcher,
    MatcherTest, Protected, RemedySpec, RestartService, TargetRule, Telling, TimeInterval,
    TimeSpan, Verify,
};
use crate::target::Resource;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// What is changed in a scene, how, and what follows.
type Row = (&'static str, fn(&mut Scene), Decision);

/// A scene and changes, each made to it alone.
type Table = (Scene, Vec<Row>);

#[track_caller]
fn check(tables: Vec<Table>) {
    for (scene, rows) in tables {
        for (what, change, expected) in rows {
            let mut scene = scene.clone();
            change(&mut scene);
            assert_eq!(scene.decision(), expected, "{what}");
        }
    }
}

/// The reasons that the tables of all guards provoke.
pub(crate) fn provoked() -> BTreeSet<Reason> {
    let tables = [
        intake::tables(),
        deduplication::tables(),
        freshness::tables(),
        host_and_target::tables(),
        switches::tables(),
        still_needed::tables(),
        target_free::tables(),
        cooldown::tables(),
        budget::tables(),
        start_limit::tables(),
        blast_radius::tables(),
        breaker::tables(),
        approval::tables(),
        admission::tables(),
    ];
    tables
        .into_iter()
        .flatten()
        .flat_map(|(_, rows)| rows)
        .filter_map(|(_, _, decision)| match decision {
            Decision::Defer(reason, _) | Decision::Suppress(reason) => Some(reason),
            Decision::Observe => Some(Reason::Observed),
            Decision::Act => None,
        })
        .collect()
}

#[test]
fn a_dead_allowed_service_a_full_disk_and_a_greedy_unit_are_acted_on() {
    assert_eq!(dead_service().decision(), Decision::Act);
    assert_eq!(full_disk().decision(), Decision::Act);
    assert_eq!(greedy_group().decision(), Decision::Act);
}

#[test]
fn the_guards_are_those_of_the_reference_in_its_order() {
    let names: Vec<_> = GUARDS.iter().map(|guard| guard.name()).collect();
    assert_eq!(
        names,
        [
            "intake",
            "deduplication",
            "freshness",
            "host_and_target",
            "switches",
            "still_needed",
            "target_free",
            "cooldown",
            "budget",
            "blast_radius",
            "breaker",
            "approval",
            "admission",
        ]
    );
}

#[test]
fn an_explanation_has_every_guards_answer_and_the_first_objection_decides() {
    let mut scene = dead_service();
    scene.facts.is_pause_file_present = true;
    scene.unit().active = ActiveState::Active;
    let verdict = ask_all(scene.question());
    assert_eq!(verdict.answers.len(), GUARDS.len());
    assert_eq!(
        verdict.decision,
        Decision::Defer(Reason::Paused, 5 * SECOND)
    );
    assert!(
        verdict
            .answers
            .contains(&("still_needed", Answer::Suppress(Reason::RecoveredByItself)))
    );
}

#[test]
fn admission_looks_at_the_history_of_its_transaction_not_at_the_one_gathered_before() {
    let scene = dead_service();
    assert_eq!(admission(scene.question(), History::default()), Ok(()));
    let running = Some(RemediationId(Uuid::from_u128(1)));
    let history = History {
        running,
        ..History::default()
    };
    assert_eq!(
        admission(scene.question(), history),
        Err(Reason::JoinedRunning)
    );
    let charges = vec![scene.now.clone(); 5];
    let history = History {
        charges,
        ..History::default()
    };
    assert_eq!(admission(scene.question(), history), Err(Reason::Budget));
    let history = History {
        pauses: vec![pause(&scene, None, HOUR)],
        ..History::default()
    };
    assert_eq!(admission(scene.question(), history), Err(Reason::Paused));
}

#[test]
fn admission_refuses_facts_that_are_older_than_two_seconds_and_every_mode_but_enforce() {
    let mut scene = dead_service();
    scene.facts.unit = Fact::Known {
        value: failed_unit(),
        at: before(&scene.now, Duration::from_millis(2001)),
    };
    assert_eq!(
        admission(scene.question(), History::default()),
        Err(Reason::FactUnknown)
    );
    let mut scene = dead_service();
    scene.policy.mode = Mode::Observe;
    assert_eq!(
        admission(scene.question(), History::default()),
        Err(Reason::Observed)
    );
}
