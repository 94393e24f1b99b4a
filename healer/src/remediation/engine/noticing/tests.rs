use prunelle_systemd::UnitName;
use prunelle_systemd::unit::ActiveState;

use super::*;

fn unit(active: ActiveState, state_change: i64) -> UnitState {
    UnitState {
        active,
        state_change: Some(at(state_change)),
        ..UnitState::blank(UnitName::try_from("nginx.service".to_owned()).unwrap())
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

#[test]
fn a_unit_that_is_down_tells_since_when() {
    let failed = unit(ActiveState::Failed, -1);
    assert_eq!(fault_began(at(0), Some(&failed)), at(-1));
}

#[test]
fn the_alert_tells_when_the_unit_does_not() {
    assert_eq!(fault_began(at(0), None), at(0));
    let running = unit(ActiveState::Active, -1);
    assert_eq!(fault_began(at(0), Some(&running)), at(0));
    let down_for_long = unit(ActiveState::Failed, -301);
    assert_eq!(fault_began(at(0), Some(&down_for_long)), at(0));
    let fell_again = unit(ActiveState::Failed, 1);
    assert_eq!(fault_began(at(0), Some(&fell_again)), at(0));
}
