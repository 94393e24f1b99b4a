//! What needs no wire: all positions are the same here, so that a reading never looks older than what is known. The
//! rest is tested against a real systemd.

use super::*;
use crate::reading::Picture;
use crate::table::UnitTable;
use crate::unit::{ActiveState, LoadState};

fn name(text: &str) -> UnitName {
    text.parse().unwrap()
}

fn reading(text: &str, active: ActiveState) -> Reading {
    let mut state = UnitState::blank(name(text));
    state.active = active;
    Reading {
        state,
        active_since: None,
        at: Sequence::default(),
        triggers: Vec::new(),
    }
}

fn triggered(mut reading: Reading, by: &str, is_active: bool) -> Reading {
    reading.triggers.push(TriggerReading {
        id: name(by),
        is_active,
        timer: None,
        at: Sequence::default(),
    });
    reading
}

fn picture(watch: &str, readings: Vec<Reading>) -> Picture {
    let watch: WatchList = watch.parse().unwrap();
    Picture {
        names: watch
            .names()
            .map(|name| (name.clone(), name.clone()))
            .collect(),
        watch,
        readings,
        listed: Vec::new(),
        listed_at: Sequence::default(),
    }
}

fn table() -> UnitTable {
    use prunelle_foundation::clock::{BootId, Now};

    UnitTable::not_yet(Now {
        wall: jiff::Timestamp::UNIX_EPOCH,
        boot: std::time::Duration::ZERO,
        boot_id: BootId::new("a"),
    })
}

fn published(model: &mut Model) -> Vec<(String, ActiveState)> {
    let mut table = table();
    model.is_restructured = true;
    assert!(model.publish(&mut table));
    let units = table.units.iter();
    units
        .map(|(name, state)| (name.to_string(), state.active))
        .collect()
}

#[test]
fn a_difference_that_no_signal_explains_is_drift() {
    use ActiveState::{Active, Failed};

    let mut model = Model::default();
    model.adopt(picture(
        "a,b",
        vec![reading("a", Active), reading("b", Active)],
    ));
    let same = picture("a,b", vec![reading("a", Active), reading("b", Active)]);
    assert_eq!(model.drift(&same), []);
    let other = picture("a,b", vec![reading("a", Active), reading("b", Failed)]);
    assert_eq!(model.drift(&other), [name("b")]);
    let more = picture(
        "a,b",
        vec![triggered(reading("a", Active), "a.timer", true)],
    );
    assert_eq!(model.drift(&more), [name("a")]);
    model.adopt(other);
    assert_eq!(
        published(&mut model),
        [
            ("a.service".to_owned(), Active),
            ("b.service".to_owned(), Failed)
        ]
    );
}

#[test]
fn an_unknown_unit_is_drift_but_not_while_it_is_being_read() {
    let mut model = Model::default();
    model.adopt(picture("a*", vec![]));
    let more = picture("a*", vec![reading("a1", ActiveState::Active)]);
    assert_eq!(model.drift(&more), [name("a1")]);
    model.hear_of_unit(Stamped {
        at: Sequence::default(),
        signal: Signal::UnitNew(name("a1")),
    });
    model.settle();
    assert!(model.is_settling());
    model.settle();
    assert!(!model.is_settling());
    assert_eq!(model.take_needs(), [Need::Unit(name("a1"))]);
    assert_eq!(model.drift(&more), []);
}

#[test]
fn nothing_is_read_because_a_unit_was_loaded_for_a_moment() {
    let mut model = Model::default();
    model.adopt(picture("a*,b", vec![reading("b", ActiveState::Inactive)]));
    for unit in ["a1", "b", "a.timer"] {
        for signal in [Signal::UnitNew(name(unit)), Signal::UnitRemoved(name(unit))] {
            let at = Sequence::default();
            model.hear(Stamped { at, signal });
        }
    }
    model.settle();
    model.settle();
    assert_eq!(model.take_needs(), []);
}

#[test]
fn units_that_come_and_go_in_a_reload_mean_nothing() {
    let mut model = Model::default();
    model.adopt(picture("a*", vec![reading("a1", ActiveState::Active)]));
    model.begin_picture();
    let mut hear = |signal| {
        let at = Sequence::default();
        model.hear(Stamped { at, signal });
    };
    hear(Signal::Reloading(true));
    hear(Signal::UnitRemoved(name("a1")));
    hear(Signal::UnitNew(name("a2")));
    hear(Signal::Reloading(false));
    assert!(!model.is_settling());
    assert_eq!(model.take_needs(), [Need::Picture]);
    assert_eq!(model.backlog.as_ref().map(Vec::len), Some(0));
    assert_eq!(
        published(&mut model),
        [("a1.service".to_owned(), ActiveState::Active)]
    );
}

#[test]
fn a_new_trigger_is_asked_once_more_when_it_is_known() {
    let mut model = Model::default();
    model.adopt(picture("a", vec![reading("a", ActiveState::Inactive)]));
    let read = triggered(reading("a", ActiveState::Inactive), "a.timer", true);
    model.learn(&name("a"), Some(read));
    assert_eq!(model.take_needs(), [Need::Trigger(name("a.timer"))]);
    let mut table = table();
    model.is_restructured = true;
    model.publish(&mut table);
    assert_eq!(
        table.units[&name("a")].triggered_by,
        [(name("a.timer"), true)]
    );
}

#[test]
fn a_shadow_of_a_name_is_in_the_table_by_name_only() {
    let mut shadow = reading("a1", ActiveState::Inactive);
    shadow.state.load = LoadState::NotFound;
    let mut model = Model::default();
    model.adopt(picture("a*", vec![shadow]));
    let mut first = table();
    model.publish(&mut first);
    assert!(first.units.is_empty());
    assert_eq!(first.unmatched_globs, ["a*"]);

    let mut shadow = reading("a1", ActiveState::Inactive);
    shadow.state.load = LoadState::NotFound;
    model.adopt(picture("a*,a1", vec![shadow]));
    let mut second = table();
    model.publish(&mut second);
    assert_eq!(second.units[&name("a1")].load, LoadState::NotFound);
    assert_eq!(second.glob_matches["a*"], 0);
}

#[test]
fn a_backlog_that_grows_too_long_is_dropped_for_another_picture() {
    let mut model = Model::default();
    model.begin_picture();
    for _ in 0..=LONGEST_BACKLOG {
        model.hear(Stamped {
            at: Sequence::default(),
            signal: Signal::UnitRemoved(name("x")),
        });
    }
    assert!(model.backlog.is_none());
    assert_eq!(model.take_needs(), [Need::Picture]);
}

#[test]
fn the_type_of_a_job_that_has_gone_is_not_learnt() {
    let mut model = Model::default();
    let mut with_job = reading("a", ActiveState::Activating);
    with_job.state.job = Some(crate::unit::QueuedJob {
        id: 8,
        kind: String::new(),
    });
    model.adopt(picture("a", vec![with_job]));
    let kind = |model: &Model| model.entries[&name("a")].state.job.clone().unwrap().kind;
    model.learn_job_kind(&name("a"), 7, "stop".to_owned());
    assert_eq!(kind(&model), "");
    model.learn_job_kind(&name("a"), 8, "start".to_owned());
    assert_eq!(kind(&model), "start");
}
