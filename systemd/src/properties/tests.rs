use zbus::{ObjectPath, Variant};

use super::*;

fn properties<'a>(pairs: Vec<(&'a str, Variant<'a>)>) -> Properties<'a> {
    pairs.into_iter().collect()
}

fn web() -> UnitState {
    UnitState::blank("web.service".parse().unwrap())
}

fn job(id: u32) -> Variant<'static> {
    let path = ObjectPath::try_from(format!("/org/freedesktop/systemd1/job/{id}")).unwrap();
    Variant::new((id, path))
}

#[test]
fn only_what_is_told_changes() {
    let mut state = web();
    UnitChange::parse(&properties(vec![
        ("ActiveState", Variant::from("active")),
        ("SubState", Variant::from("running")),
        ("InvocationID", Variant::from(vec![0xab_u8; 16])),
        (
            "InactiveExitTimestamp",
            Variant::from(1_700_000_000_000_000_u64),
        ),
        ("Unheard", Variant::from(1_u8)),
    ]))
    .apply(&mut state);
    assert_eq!(state.active, ActiveState::Active);
    assert_eq!(state.invocation_id.as_deref(), Some(&*"ab".repeat(16)));
    assert_eq!(state.last_start.unwrap().as_second(), 1_700_000_000);

    UnitChange::parse(&properties(vec![("SubState", Variant::from("exited"))])).apply(&mut state);
    assert_eq!(
        (state.active, state.sub.as_str()),
        (ActiveState::Active, "exited")
    );
}

#[test]
fn unset_values_are_none() {
    let mut state = web();
    state.last_start = Some(Timestamp::UNIX_EPOCH);
    state.state_change = Some(Timestamp::UNIX_EPOCH);
    state.invocation_id = Some("x".to_owned());
    UnitChange::parse(&properties(vec![
        ("InvocationID", Variant::from(Vec::<u8>::new())),
        ("InactiveExitTimestamp", Variant::from(0_u64)),
        ("StateChangeTimestamp", Variant::from(u64::MAX)),
    ]))
    .apply(&mut state);
    assert_eq!(state.invocation_id, None);
    assert_eq!((state.last_start, state.state_change), (None, None));

    ServiceChange::parse(&properties(vec![("MainPID", Variant::from(7_u32))]))
        .apply(state.service.as_mut().unwrap());
    assert_eq!(state.service.as_ref().unwrap().main_pid, Some(7));
    ServiceChange::parse(&properties(vec![("MainPID", Variant::from(0_u32))]))
        .apply(state.service.as_mut().unwrap());
    assert_eq!(state.service.as_ref().unwrap().main_pid, None);
}

#[test]
fn the_type_of_a_job_is_kept_until_another_job_comes() {
    let told = |state: &mut UnitState, id| {
        UnitChange::parse(&properties(vec![("Job", job(id))])).apply(state);
        state.job.clone()
    };
    let mut state = web();
    assert_eq!(told(&mut state, 7).unwrap().kind, "");
    state.job.as_mut().unwrap().kind = "restart".to_owned();
    assert_eq!(told(&mut state, 7).unwrap().kind, "restart");
    assert_eq!(told(&mut state, 8).unwrap().kind, "");
    assert_eq!(told(&mut state, 0), None);
}

#[test]
fn a_value_of_the_wrong_type_is_passed_over() {
    let mut state = web();
    UnitChange::parse(&properties(vec![
        ("ActiveState", Variant::from(1_u32)),
        ("Job", Variant::from("none")),
        ("StartLimitBurst", Variant::from("many")),
    ]))
    .apply(&mut state);
    assert_eq!(state, web());
}

#[test]
fn an_unloaded_unit_keeps_what_its_file_says() {
    let mut state = web();
    ServiceChange::parse(&properties(vec![
        ("Type", Variant::from("notify")),
        ("Result", Variant::from("exit-code")),
        ("NRestarts", Variant::from(3_u32)),
    ]))
    .apply(state.service.as_mut().unwrap());
    state.active = ActiveState::Failed;
    unload(&mut state);
    let service = state.service.unwrap();
    assert_eq!(state.active, ActiveState::Inactive);
    assert_eq!(
        (
            service.kind.as_str(),
            service.result.as_str(),
            service.restarts
        ),
        ("notify", "success", 0)
    );
}
