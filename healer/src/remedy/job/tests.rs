use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Now};
use prunelle_systemd::unit::{QueuedJob, ServiceState};

use super::*;
use crate::alert::{Alert, AlertStatus, Episode, Labels};
use crate::facts::{Facts, Victim};
use crate::policy::{RemedySpec, load};
use crate::remedy::{
    Plan, reload_service, reset_failed, restart_service, start_service, stop_service,
};
use crate::target::Target;

type Planner = fn(&Planning) -> Result<Plan, Reason>;

const PLANNERS: [Planner; 5] = [
    restart_service::plan,
    start_service::plan,
    stop_service::plan,
    reload_service::plan,
    reset_failed::plan,
];

fn unit(active: ActiveState) -> UnitState {
    UnitState {
        id: "web.service".parse().unwrap(),
        load: LoadState::Loaded,
        active,
        sub: "dead".to_owned(),
        job: None,
        invocation_id: Some("old".to_owned()),
        service: None,
        last_start: None,
        state_change: None,
        triggered_by: Vec::new(),
        next_timer_run: None,
    }
}

fn now() -> Now {
    Now {
        wall: Timestamp::UNIX_EPOCH,
        boot: Duration::from_secs(100),
        boot_id: BootId::new("a"),
    }
}

fn planning(unit: Fact<UnitState>) -> Planning {
    let policy = "version: 1\nhost: {label: instance, is: [a]}\nrules:\n  - name: r\n    matchers: ['a=\"b\"']\n    target: {unit: {label: name, allow: [web]}}\n    ladder: [{remedy: restart_service, verify: {unit_active: {stable_for: 2s}}}]\n";
    let policy = load::parse(std::path::Path::new("policy.yml"), policy)
        .unwrap_or_else(|error| panic!("{error}"));
    Planning {
        // The plans of these remedies look at no settings.
        remedy: RemedySpec::StartService,
        target: "web.service".parse().unwrap(),
        policy: Arc::new(policy),
        rule: 0,
        alert: Arc::new(Alert {
            episode: Episode {
                fingerprint: "0123456789abcdef".to_owned().try_into().unwrap(),
                starts_at: now().wall,
            },
            status: AlertStatus::Firing,
            labels: Labels::new(),
            annotations: Labels::new(),
            ends_at: None,
        }),
        facts: Facts {
            unit,
            ..Facts::of_alert(AlertStatus::Firing, now())
        },
    }
}

fn known(state: UnitState) -> Planning {
    planning(Fact::Known {
        value: state,
        at: now(),
    })
}

#[test]
fn each_remedy_plans_for_the_states_that_it_is_for() {
    use ActiveState::{Active, Failed, Inactive};
    let [restart, start, stop, reload, reset] = PLANNERS;
    let cases: [(Planner, ActiveState, Result<&str, Reason>); 15] = [
        (
            restart,
            Inactive,
            Ok("start `web.service`, which is inactive (dead)"),
        ),
        (
            restart,
            Failed,
            Ok("start `web.service`, which is failed (dead)"),
        ),
        (
            restart,
            Active,
            Ok("restart `web.service`, which is active (dead)"),
        ),
        (
            start,
            Inactive,
            Ok("start `web.service`, which is inactive (dead)"),
        ),
        (
            start,
            Failed,
            Ok("start `web.service`, which is failed (dead)"),
        ),
        (start, Active, Err(Reason::RecoveredByItself)),
        (stop, Inactive, Err(Reason::RecoveredByItself)),
        (stop, Failed, Err(Reason::RecoveredByItself)),
        (
            stop,
            Active,
            Ok("stop `web.service`, which is active (dead)"),
        ),
        (reload, Inactive, Err(Reason::RungNotAllowed)),
        (reload, Failed, Err(Reason::RungNotAllowed)),
        (
            reload,
            Active,
            Ok("reload `web.service`, which is active (dead)"),
        ),
        (reset, Inactive, Err(Reason::RungNotAllowed)),
        (
            reset,
            Failed,
            Ok("forget that `web.service` failed: failed (dead)"),
        ),
        (reset, Active, Err(Reason::RungNotAllowed)),
    ];
    for (plan, active, expected) in cases {
        let planned = plan(&known(unit(active)));
        let message = planned.as_ref().map(|plan| plan.message.as_str());
        assert_eq!(message.map_err(|reason| *reason), expected, "{active:?}");
    }
}

#[test]
fn only_what_starts_a_unit_anew_names_the_invocation_that_is_to_be_left() {
    let [restart, start, stop, reload, reset] = PLANNERS;
    for (plan, active, is_named) in [
        (restart, ActiveState::Active, true),
        (start, ActiveState::Failed, true),
        (stop, ActiveState::Active, false),
        (reload, ActiveState::Active, false),
        (reset, ActiveState::Failed, false),
    ] {
        let details = plan(&known(unit(active))).unwrap().details;
        let invocation = details.get("invocation_before").cloned();
        assert_eq!(invocation, is_named.then(|| json!("old")), "{details}");
    }
}

#[test]
fn a_unit_that_somebody_is_at_work_on_is_left_to_him() {
    for plan in PLANNERS {
        for active in [
            ActiveState::Activating,
            ActiveState::Deactivating,
            ActiveState::Reloading,
            ActiveState::Maintenance,
            ActiveState::Other,
        ] {
            assert_eq!(plan(&known(unit(active))), Err(Reason::TargetBusy));
        }
        for active in [
            ActiveState::Inactive,
            ActiveState::Failed,
            ActiveState::Active,
        ] {
            let mut queued = unit(active);
            queued.job = Some(QueuedJob {
                id: 1,
                kind: "start".to_owned(),
            });
            assert_eq!(plan(&known(queued)), Err(Reason::TargetBusy));
        }
    }
}

#[test]
fn nothing_is_planned_for_what_is_not_loaded_or_not_known() {
    for plan in PLANNERS {
        let mut masked = unit(ActiveState::Failed);
        masked.load = LoadState::Masked;
        assert_eq!(plan(&known(masked)), Err(Reason::NotLoaded));
        let unknown = planning(Fact::Unknown("no bus".to_owned()));
        assert_eq!(plan(&unknown), Err(Reason::FactUnknown));
        let mut host = known(unit(ActiveState::Failed));
        host.target = Target::Host;
        assert_eq!(plan(&host), Err(Reason::NoTarget));
    }
}

#[test]
fn the_victim_of_a_process_group_is_what_is_acted_on() {
    let mut group = known(unit(ActiveState::Active));
    group.target = "process_group:memory".parse().unwrap();
    group.facts.victim = Fact::Known {
        value: Victim {
            unit: "hog.service".parse().unwrap(),
            evidence: "9 GiB".to_owned(),
        },
        at: now(),
    };
    let [restart, _, stop, ..] = PLANNERS;
    let message = |plan: Planner| plan(&group).unwrap().message;
    assert_eq!(
        message(restart),
        "restart `hog.service`, which is active (dead)"
    );
    assert_eq!(message(stop), "stop `hog.service`, which is active (dead)");
}

#[test]
fn what_will_be_forgotten_is_told_before() {
    let mut hit = unit(ActiveState::Failed);
    hit.service = Some(ServiceState {
        result: "start-limit-hit".to_owned(),
        restarts: 4,
        exec_main_code: 1,
        exec_main_status: 3,
        start_limit_burst: 5,
        start_limit_interval: Duration::from_secs(10),
        ..ServiceState::default()
    });
    let plan = reset_failed::plan(&known(hit.clone())).unwrap();
    assert_eq!(
        plan.message,
        "forget that `web.service` failed: result start-limit-hit, exit code 3, 4 automatic restarts, \
         and its start limit of 5 in 10 s"
    );
    assert_eq!(plan.details["forgets"]["exec_main_status"], 3);

    if let Some(service) = &mut hit.service {
        "signal".clone_into(&mut service.result);
        service.exec_main_code = 2;
        service.exec_main_status = 9;
    }
    assert_eq!(
        reset_failed::plan(&known(hit)).unwrap().message,
        "forget that `web.service` failed: result signal, killed by signal 9, 4 automatic restarts"
    );
}

#[test]
fn refusals_are_told_apart() {
    let unit: UnitName = "web.service".parse().unwrap();
    let refused_with = |error| match refused(&error).result {
        Err(failure) => (failure.outcome, failure.reason),
        Ok(()) => panic!("{error} is no success"),
    };
    for asked in [
        Request::Job(Verb::Start),
        Request::ResetFailed,
        Request::SetProperties,
    ] {
        assert_eq!(
            refused_with(SystemdError::NotPermitted {
                asked,
                unit: unit.clone(),
                message: "no".to_owned()
            }),
            (Outcome::Failed, Reason::NotPermitted)
        );
    }
    assert_eq!(
        refused_with(SystemdError::NoSuchUnit(unit.clone())),
        (Outcome::Failed, Reason::NotLoaded)
    );
    assert_eq!(
        refused_with(SystemdError::TimedOut(Duration::from_secs(5))),
        (Outcome::Timeout, Reason::TimedOut)
    );
    assert_eq!(
        refused_with(SystemdError::NotConnected),
        (Outcome::Failed, Reason::RemedyFailed)
    );
    let cannot_reload = refused(&SystemdError::Refused {
        asked: Request::Job(Verb::Reload),
        unit,
        name: "org.freedesktop.systemd1.JobTypeNotApplicable".to_owned(),
        message: "Job type reload is not applicable for unit web.service.".to_owned(),
    });
    assert_eq!(
        cannot_reload.message,
        "`web.service` cannot reload: its unit file has no ExecReload="
    );
    assert_eq!(
        cannot_reload.result.map_err(|failure| failure.reason),
        Err(Reason::RemedyFailed)
    );
}

#[test]
fn a_start_that_systemd_refuses_leaves_the_invocation_of_before() {
    let mut intent = Intent {
        remediation: crate::remediation::RemediationId(uuid::Uuid::nil()),
        episode: Episode {
            fingerprint: "0123456789abcdef".to_owned().try_into().unwrap(),
            starts_at: now().wall,
        },
        alert_name: "ServiceDown".to_owned(),
        rule: "r".to_owned(),
        target: "web.service".parse().unwrap(),
        victim: None,
        rung: 0,
        attempt: 1,
        remedy: "restart_service".to_owned(),
        plan: json!({"invocation_before": "old"}),
        policy_revision: String::new(),
        at: now(),
        within: Duration::from_secs(30),
    };
    let mut failed = unit(ActiveState::Failed);
    failed.service = Some(ServiceState {
        start_limit_burst: 5,
        ..ServiceState::default()
    });
    assert!(is_start_refused(&failed, &intent));
    // It ran, and failed by itself.
    failed.invocation_id = Some("new".to_owned());
    assert!(!is_start_refused(&failed, &intent));
    // A reload makes no invocation.
    intent.plan = json!({});
    failed.invocation_id = None;
    assert!(!is_start_refused(&failed, &intent));
}
