use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Now};
use prunelle_systemd::Request;
use prunelle_systemd::unit::QueuedJob;

use super::*;
use crate::alert::{Alert, AlertStatus, Episode, Labels};
use crate::facts::Facts;
use crate::policy::{self, RemedySpec, load};

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

fn planned(unit: Fact<UnitState>) -> Result<Plan, Reason> {
    let now = Now {
        wall: Timestamp::UNIX_EPOCH,
        boot: Duration::from_secs(100),
        boot_id: BootId::new("a"),
    };
    let policy = "version: 1\nhost: {label: instance, is: [a]}\nrules:\n  - name: r\n    matchers: ['a=\"b\"']\n    target: {unit: {label: name, allow: [web]}}\n    ladder: [{remedy: restart_service, verify: {unit_active: {stable_for: 2s}}}]\n";
    let policy = load::parse(std::path::Path::new("policy.yml"), policy)
        .unwrap_or_else(|error| panic!("{error}"));
    plan(&Planning {
        remedy: RemedySpec::RestartService(policy::RestartService::default()),
        target: "web.service".parse().unwrap(),
        policy: Arc::new(policy),
        rule: 0,
        alert: Arc::new(Alert {
            episode: Episode {
                fingerprint: "0123456789abcdef".to_owned().try_into().unwrap(),
                starts_at: now.wall,
            },
            status: AlertStatus::Firing,
            labels: Labels::new(),
            annotations: Labels::new(),
            ends_at: None,
        }),
        facts: Facts {
            unit,
            ..Facts::of_alert(AlertStatus::Firing, now)
        },
    })
}

fn planned_for(state: UnitState) -> Result<Plan, Reason> {
    let at = Now {
        wall: Timestamp::UNIX_EPOCH,
        boot: Duration::ZERO,
        boot_id: BootId::new("a"),
    };
    planned(Fact::Known { value: state, at })
}

#[test]
fn dead_units_are_started_and_live_ones_restarted() {
    for (active, verb, message) in [
        (
            ActiveState::Inactive,
            "start",
            "start `web.service`, which is inactive (dead)",
        ),
        (
            ActiveState::Failed,
            "start",
            "start `web.service`, which is failed (dead)",
        ),
        (
            ActiveState::Active,
            "restart",
            "restart `web.service`, which is active (dead)",
        ),
    ] {
        let plan = planned_for(unit(active)).unwrap();
        assert_eq!(plan.details["verb"], verb);
        assert_eq!(plan.details["invocation_before"], "old");
        assert_eq!(plan.message, message);
    }
}

#[test]
fn a_unit_that_somebody_is_at_work_on_is_left_to_him() {
    for active in [
        ActiveState::Activating,
        ActiveState::Deactivating,
        ActiveState::Reloading,
        ActiveState::Maintenance,
        ActiveState::Other,
    ] {
        assert_eq!(planned_for(unit(active)), Err(Reason::TargetBusy));
    }
    let mut queued = unit(ActiveState::Inactive);
    queued.job = Some(QueuedJob {
        id: 1,
        kind: "start".to_owned(),
    });
    assert_eq!(planned_for(queued), Err(Reason::TargetBusy));
}

#[test]
fn nothing_is_planned_for_what_is_not_loaded_or_not_known() {
    let mut masked = unit(ActiveState::Inactive);
    masked.load = LoadState::Masked;
    assert_eq!(planned_for(masked), Err(Reason::NotLoaded));
    assert_eq!(
        planned(Fact::Unknown("no bus".to_owned())),
        Err(Reason::FactUnknown)
    );
}

#[test]
fn refusals_are_told_apart() {
    let unit: UnitName = "web.service".parse().unwrap();
    let refused_with = |error| match refused(&error).result {
        Err(failure) => (failure.outcome, failure.reason),
        Ok(()) => panic!("{error} is no success"),
    };
    assert_eq!(
        refused_with(SystemdError::NotPermitted {
            asked: Request::Job(Verb::Start),
            unit: unit.clone(),
            message: "no".to_owned()
        }),
        (Outcome::Failed, Reason::NotPermitted)
    );
    assert_eq!(
        refused_with(SystemdError::NoSuchUnit(unit)),
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
}
