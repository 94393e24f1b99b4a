//! What needs no wire: all positions are the same here, so that nothing ever looks later than what is known. The rest is
//! tested against a real systemd.

use super::*;
use crate::bus::Listed;
use crate::signals::{Signal, Stamped};
use crate::unit::ServiceState;

fn name(text: &str) -> UnitName {
    text.parse().unwrap()
}

fn row(unit: &str, active: ActiveState) -> Listed {
    Listed {
        id: name(unit),
        load: LoadState::Loaded,
        active,
        sub: Arc::from("sub"),
    }
}

fn ledger(rows: Vec<Listed>) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.adopt(rows, Sequence::default());
    ledger
}

fn hear(ledger: &mut Ledger, signal: Signal) {
    let at = Sequence::default();
    ledger.hear(&Stamped { at, signal });
}

fn reading(active: ActiveState, group: Option<&str>) -> DetailReading {
    DetailReading {
        state: Some(StateReading {
            active,
            sub: "running".to_owned(),
            active_since: None,
        }),
        details: Details::Service(Box::new(ServiceState {
            control_group: group.map(str::to_owned),
            ..ServiceState::default()
        })),
        at: Sequence::default(),
    }
}

fn published(ledger: &mut Ledger, inventory: &mut Inventory) -> Vec<String> {
    ledger.publish(inventory);
    inventory.units.iter().map(|it| it.id.to_string()).collect()
}

#[test]
fn a_new_unit_is_published_when_its_state_is_known() {
    let mut ledger = ledger(vec![row("a", ActiveState::Active)]);
    let mut inventory = Inventory::default();
    assert_eq!(published(&mut ledger, &mut inventory), ["a.service"]);
    hear(&mut ledger, Signal::UnitNew(name("b")));
    assert!(!ledger.publish(&mut inventory));
    let asked = ledger.take_fresh();
    assert_eq!(asked, [name("b")]);
    let rows = vec![row("b", ActiveState::Inactive)];
    ledger.learn_rows(&asked, rows, Sequence::default());
    assert_eq!(
        published(&mut ledger, &mut inventory),
        ["a.service", "b.service"]
    );
}

#[test]
fn a_new_unit_that_has_gone_again_is_forgotten() {
    let mut ledger = ledger(vec![]);
    hear(&mut ledger, Signal::UnitNew(name("b")));
    let asked = ledger.take_fresh();
    ledger.learn_rows(&asked, vec![], Sequence::default());
    assert!(ledger.entries.is_empty());
}

#[test]
fn details_of_what_does_not_run_wait_until_it_has_settled() {
    let mut ledger = ledger(vec![]);
    for unit in ["idle", "runs", "a.target"] {
        hear(&mut ledger, Signal::UnitNew(name(unit)));
    }
    let asked = ledger.take_fresh();
    let rows = vec![
        row("idle", ActiveState::Inactive),
        row("runs", ActiveState::Active),
        row("a.target", ActiveState::Active),
    ];
    ledger.learn_rows(&asked, rows, Sequence::default());
    assert_eq!(ledger.take_wants(), [Want::Details(name("runs"))]);
    ledger.settle();
    assert!(ledger.is_settling());
    assert_eq!(ledger.take_wants(), []);
    ledger.settle();
    assert!(!ledger.is_settling());
    assert_eq!(ledger.take_wants(), [Want::Details(name("idle"))]);
}

#[test]
fn a_full_list_asks_for_all_details_once_more_but_not_twice() {
    let mut ledger = ledger(vec![row("a", ActiveState::Active)]);
    let wants = [Want::Details(name("a"))];
    assert_eq!(ledger.take_wants(), wants);
    ledger.adopt(vec![row("a", ActiveState::Active)], Sequence::default());
    assert_eq!(ledger.take_wants(), []);
    let read = reading(ActiveState::Active, Some("/a"));
    ledger.learn_details(&name("a"), Some(read));
    assert_eq!(ledger.take_wants(), []);
    ledger.adopt(vec![row("a", ActiveState::Active)], Sequence::default());
    assert_eq!(ledger.take_wants(), wants);
}

#[test]
fn what_somebody_else_reads_is_not_asked_for() {
    let mut ledger = ledger(vec![row("a", ActiveState::Active)]);
    ledger.expect(&name("a"));
    assert_eq!(ledger.take_wants(), []);
    // They failed.
    ledger.learn_details(&name("a"), None);
    assert!(ledger.is_stale(&name("a")));
}

#[test]
fn a_service_that_runs_without_a_known_cgroup_is_asked_for_it() {
    let mut ledger = ledger(vec![row("a", ActiveState::Active)]);
    ledger.take_wants();
    ledger.learn_details(&name("a"), Some(reading(ActiveState::Active, None)));
    assert_eq!(ledger.take_wants(), [Want::ControlGroup(name("a"))]);
    assert!(ledger.asks_group(&name("a")));
    ledger.learn_group(&name("a"), Some("/a".to_owned()));
    assert!(!ledger.asks_group(&name("a")));
    let mut inventory = Inventory::default();
    ledger.publish(&mut inventory);
    let Details::Service(service) = &inventory.units.get(&name("a")).unwrap().details else {
        panic!("a service");
    };
    assert_eq!(service.control_group.as_deref(), Some("/a"));
}

#[test]
fn one_failed_unit_makes_the_system_degraded() {
    let mut ledger = ledger(vec![
        row("a", ActiveState::Failed),
        row("b", ActiveState::Active),
    ]);
    let mut inventory = Inventory::default();
    let mut state = |ledger: &mut Ledger| {
        ledger.publish(&mut inventory);
        let manager = inventory.manager.as_ref();
        manager.map(|manager| manager.system_state.clone())
    };
    assert_eq!(state(&mut ledger), None);
    let starting = ManagerState {
        system_state: "starting".to_owned(),
        ..ManagerState::default()
    };
    ledger.learn_manager(starting);
    assert!(ledger.is_passing());
    assert_eq!(state(&mut ledger).as_deref(), Some("starting"));
    ledger.learn_system_state("running".to_owned());
    assert!(!ledger.is_passing());
    assert_eq!(state(&mut ledger).as_deref(), Some("degraded"));
    ledger.adopt(vec![row("b", ActiveState::Active)], Sequence::default());
    assert_eq!(state(&mut ledger).as_deref(), Some("running"));
}

#[test]
fn units_that_come_and_go_in_a_reload_mean_nothing() {
    let mut ledger = ledger(vec![row("a", ActiveState::Active)]);
    hear(&mut ledger, Signal::Reloading(true));
    hear(&mut ledger, Signal::UnitNew(name("b")));
    hear(&mut ledger, Signal::UnitRemoved(name("a")));
    hear(&mut ledger, Signal::Reloading(false));
    assert!(!ledger.has_fresh());
    let mut inventory = Inventory::default();
    assert_eq!(published(&mut ledger, &mut inventory), ["a.service"]);
}

#[test]
fn a_difference_that_no_signal_explains_is_drift() {
    let ledger = ledger(vec![
        row("a", ActiveState::Active),
        row("b", ActiveState::Active),
    ]);
    let drift = |rows| ledger.drift(rows, Sequence::default());
    let same = [row("a", ActiveState::Active), row("b", ActiveState::Active)];
    assert_eq!(drift(&same), []);
    let other = [row("a", ActiveState::Failed), row("c", ActiveState::Active)];
    assert_eq!(drift(&other), [name("a"), name("c"), name("b")]);
}
