use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::unit::ActiveState;

fn unit(number: u16, active: ActiveState) -> Arc<LoadedUnit> {
    let id = format!("u{number}.service").parse().unwrap();
    Arc::new(LoadedUnit {
        active,
        ..LoadedUnit::blank(id)
    })
}

fn told(roster: &Roster) -> Vec<(UnitName, ActiveState)> {
    roster.iter().map(|it| (it.id.clone(), it.active)).collect()
}

fn is_sound(roster: &Roster) -> bool {
    roster
        .chunks
        .iter()
        .all(|chunk| !chunk.is_empty() && chunk.len() <= LARGEST)
}

proptest! {
    #[test]
    fn it_is_what_a_map_would_be(
        start in proptest::collection::vec(0_u16..400, 0..300),
        changes in proptest::collection::vec((0_u16..400, any::<bool>(), any::<bool>()), 0..400),
    ) {
        let mut map = BTreeMap::new();
        for number in &start {
            let unit = unit(*number, ActiveState::Inactive);
            map.insert(unit.id.clone(), unit.active);
        }
        let mut roster: Roster = start.iter().map(|number| unit(*number, ActiveState::Inactive)).collect();
        let (before, told_before) = (roster.clone(), told(&roster));
        for (number, is_put, is_active) in changes {
            let active = if is_active { ActiveState::Active } else { ActiveState::Failed };
            let unit = unit(number, active);
            if is_put {
                map.insert(unit.id.clone(), active);
                roster.put(unit);
            } else {
                map.remove(&unit.id);
                roster.remove(&unit.id);
            }
        }
        prop_assert_eq!(told(&roster), map.clone().into_iter().collect::<Vec<_>>());
        prop_assert_eq!(roster.len(), map.len());
        prop_assert!(is_sound(&roster));
        for number in 0..400 {
            let id = unit(number, ActiveState::Active).id.clone();
            prop_assert_eq!(roster.get(&id).map(|it| it.active), map.get(&id).copied());
        }
        // An older snapshot stays as it was.
        prop_assert_eq!(told(&before), told_before);
    }
}

#[test]
fn a_change_copies_one_chunk() {
    let roster: Roster = (0..5000)
        .map(|number| unit(number, ActiveState::Inactive))
        .collect();
    let mut changed = roster.clone();
    changed.put(unit(77, ActiveState::Active));
    let copied = roster
        .chunks
        .iter()
        .zip(&changed.chunks)
        .filter(|(before, after)| !Arc::ptr_eq(before, after));
    assert_eq!(copied.count(), 1);
}
