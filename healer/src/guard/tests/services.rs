//! When the remedies of units are still needed, and when not.

use super::*;
use crate::facts::Victim;
use crate::policy::ThrottleService;

fn with(remedy: RemedySpec, active: ActiveState) -> Scene {
    let mut scene = dead_service();
    scene.rule.ladder[0].remedy = remedy;
    scene.unit().active = active;
    if active != ActiveState::Failed {
        "success".clone_into(&mut scene.service().result);
    }
    scene
}

fn throttle() -> RemedySpec {
    RemedySpec::ThrottleService(ThrottleService {
        cpu_quota: Some(0.5),
        cpu_weight: None,
        memory_high: None,
        lasts: HOUR,
    })
}

fn restart_live() -> RemedySpec {
    RemedySpec::RestartService(RestartService {
        restarts_live: true,
    })
}

#[test]
fn each_remedy_has_states_in_which_there_is_nothing_for_it_to_do() {
    use ActiveState::{Active, Failed, Inactive};
    let restart = RemedySpec::RestartService(RestartService::default());
    let recovered = Decision::Suppress(Reason::RecoveredByItself);
    let next_rung = Decision::Suppress(Reason::RungNotAllowed);
    for (remedy, active, expected) in [
        (restart.clone(), Inactive, Decision::Act),
        (restart, Active, recovered.clone()),
        (restart_live(), Inactive, Decision::Act),
        (restart_live(), Active, Decision::Act),
        (RemedySpec::StartService, Failed, Decision::Act),
        (RemedySpec::StartService, Active, recovered.clone()),
        (RemedySpec::StopService, Active, Decision::Act),
        (RemedySpec::StopService, Inactive, recovered.clone()),
        (RemedySpec::StopService, Failed, recovered.clone()),
        (RemedySpec::ReloadService, Active, Decision::Act),
        (RemedySpec::ReloadService, Inactive, next_rung.clone()),
        (RemedySpec::ReloadService, Failed, next_rung.clone()),
        (RemedySpec::ResetFailed, Failed, Decision::Act),
        (RemedySpec::ResetFailed, Inactive, next_rung),
        (RemedySpec::ResetFailed, Active, recovered.clone()),
        (throttle(), Active, Decision::Act),
        (throttle(), Inactive, recovered),
    ] {
        let mut scene = with(remedy, active);
        scene
            .alert
            .labels
            .insert("severity".into(), "critical".into());
        let told = format!("{:?} {active:?}", scene.rule.ladder[0].remedy.kind());
        assert_eq!(scene.decision(), expected, "{told}");
    }
}

#[test]
fn a_clean_stop_is_respected_by_what_would_start_the_unit() {
    for remedy in [RemedySpec::StartService, restart_live()] {
        let mut scene = with(remedy, ActiveState::Inactive);
        scene.rule.respects_clean_stop = true;
        assert_eq!(scene.decision(), Decision::Suppress(Reason::CleanStop));
    }
}

#[test]
fn a_unit_that_is_not_loaded_is_touched_by_none_of_them() {
    for remedy in [
        RemedySpec::StartService,
        RemedySpec::StopService,
        RemedySpec::ReloadService,
        RemedySpec::ResetFailed,
        restart_live(),
        throttle(),
    ] {
        let mut scene = with(remedy, ActiveState::Inactive);
        scene.unit().load = LoadState::NotFound;
        assert_eq!(scene.decision(), Decision::Suppress(Reason::NotLoaded));
    }
}

#[test]
fn the_victim_of_a_process_group_is_repaired_for_as_long_as_the_alert_fires() {
    for remedy in [
        RemedySpec::RestartService(RestartService::default()),
        RemedySpec::StopService,
        throttle(),
    ] {
        let mut scene = with(remedy, ActiveState::Active);
        scene
            .alert
            .labels
            .insert("severity".into(), "critical".into());
        let allow = vec![Glob::new("nginx.service").unwrap().compile_matcher()];
        let resource = crate::target::Resource::Memory;
        scene.rule.target = TargetRule::ProcessGroup { resource, allow };
        scene.target = Target::ProcessGroup(resource);
        scene.facts.victim = Fact::Known {
            value: Victim {
                unit: "nginx.service".parse().unwrap(),
                evidence: "9 GiB".to_owned(),
            },
            at: scene.now.clone(),
        };
        assert_eq!(scene.decision(), Decision::Act);
        scene.facts.status = AlertStatus::Resolved;
        assert_eq!(scene.decision(), Decision::Suppress(Reason::Resolved));
    }
}

#[test]
fn starts_by_other_rules_count_towards_the_start_limit() {
    let mut scene = dead_service();
    scene.service().start_limit_burst = 3;
    scene.service().start_limit_interval = HOUR;
    assert_eq!(scene.decision(), Decision::Act);
    let before = before(&scene.now, 600 * SECOND);
    scene.facts.history.target_charges = vec![before.clone(), before];
    assert_eq!(
        scene.decision(),
        Decision::Defer(Reason::StartLimit, 3000 * SECOND)
    );
}

#[test]
fn a_unit_that_systemd_has_given_up_restarting_waits_although_its_result_does_not_say_why() {
    let mut scene = dead_service();
    let last_start = scene.now.wall - 4 * SECOND;
    scene.unit().last_start = Some(last_start);
    scene.service().start_limit_burst = 3;
    scene.service().start_limit_interval = 10 * SECOND;
    scene.service().restarts = 1;
    assert_eq!(scene.decision(), Decision::Act);
    scene.service().restarts = 2;
    assert_eq!(
        scene.decision(),
        Decision::Defer(Reason::StartLimit, 6 * SECOND)
    );
    scene.unit().last_start = Some(scene.now.wall - 11 * SECOND);
    assert_eq!(scene.decision(), Decision::Act);
}
