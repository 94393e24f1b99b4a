//! Each guard's answers over a scene in which everything else is in order, so that one change has one effect.

mod services;

use std::collections::BTreeSet;
use std::time::Duration;

use globset::Glob;
use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Now};
use prunelle_systemd::UnitState;
use prunelle_systemd::unit::{ActiveState, LoadState, QueuedJob, ServiceState};
use uuid::Uuid;

use super::*;
use crate::alert::{AlertStatus, Episode, Labels};
use crate::facts::{Fact, FolderFacts, Pause, Quarantine};
use crate::policy::{
    Budget, CleanFolder, Cooldown, HostSelector, Protected, RemedySpec, RestartService, TargetRule,
    Verify,
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);

/// Everything that a question refers to.
#[derive(Clone)]
struct Scene {
    alert: Alert,
    policy: Policy,
    rule: Rule,
    target: Target,
    facts: Facts,
    now: Now,
    remediation: Option<RemediationId>,
}

impl Scene {
    fn question(&self) -> Question<'_> {
        Question {
            alert: &self.alert,
            policy: &self.policy,
            rule: &self.rule,
            rung: &self.rule.ladder[0],
            target: &self.target,
            remediation: self.remediation,
            facts: &self.facts,
            now: &self.now,
        }
    }

    fn decision(&self) -> Decision {
        ask_all(self.question()).decision
    }

    fn unit(&mut self) -> &mut UnitState {
        match &mut self.facts.unit {
            Fact::Known { value, .. } => value,
            other => panic!("the scene has no unit: {other:?}"),
        }
    }

    fn service(&mut self) -> &mut ServiceState {
        self.unit().service.as_mut().unwrap()
    }

    fn folder(&mut self) -> &mut FolderFacts {
        match &mut self.facts.folder {
            Fact::Known { value, .. } => value,
            other => panic!("the scene has no folder: {other:?}"),
        }
    }
}

/// `now` less `ago`, in the same boot.
fn before(now: &Now, ago: Duration) -> Now {
    Now {
        wall: now.wall - ago,
        boot: now.boot.checked_sub(ago).unwrap(),
        boot_id: now.boot_id.clone(),
    }
}

/// nginx has failed a moment ago and may be started.
fn dead_service() -> Scene {
    let now = Now {
        wall: Timestamp::from_second(1_800_000_000).unwrap(),
        boot: 24 * HOUR,
        boot_id: BootId::new("boot"),
    };
    let rule = Rule {
        name: "service-down".into(),
        matchers: vec![],
        continues: false,
        mode: None,
        target: TargetRule::Unit {
            label: "name".into(),
            allow: vec![Glob::new("nginx.service").unwrap().compile_matcher()],
        },
        ladder: vec![Rung {
            remedy: RemedySpec::RestartService(RestartService::default()),
            attempts: 2,
            verify: Verify::UnitActive {
                stable_for: 2 * SECOND,
            },
            within: 30 * SECOND,
            allow: None,
            budget: None,
            approval: None,
        }],
        cooldown: Cooldown {
            first: Duration::ZERO,
            step: 5 * SECOND,
            factor: 4.0,
            max: 300 * SECOND,
        },
        budget: Budget { max: 5, per: HOUR },
        rule_budget: None,
        target_budget: None,
        flapping: None,
        breaker: None,
        active_time_intervals: vec![],
        mute_time_intervals: vec![],
        evidence_log_lines: 0,
        max_evidence_age: 120 * SECOND,
        respects_clean_stop: false,
        quarantine: 4 * HOUR,
        receivers: vec![],
    };
    Scene {
        alert: Alert {
            episode: Episode {
                fingerprint: "0123456789abcdef".to_owned().try_into().unwrap(),
                starts_at: now.wall,
            },
            status: AlertStatus::Firing,
            labels: Labels::from([("instance".into(), "web1:9750".into())]),
            annotations: Labels::new(),
            ends_at: None,
        },
        policy: Policy {
            revision: "r1".into(),
            host: HostSelector {
                label: "instance".into(),
                is: vec!["web1:9750".into()],
            },
            mode: Mode::Enforce,
            host_budget: Budget { max: 20, per: HOUR },
            max_at_once: 3,
            critical: vec![],
            groups: vec![],
            heartbeat: None,
            boot_grace: 120 * SECOND,
            protected: Protected {
                units: vec![],
                paths: vec![],
            },
            rules: vec![rule.clone()],
            receivers: vec![],
        },
        rule,
        target: "nginx".parse().unwrap(),
        facts: Facts {
            unit: Fact::Known {
                value: failed_unit(),
                at: now.clone(),
            },
            ..Facts::of_alert(AlertStatus::Firing, now.clone())
        },
        now,
        remediation: None,
    }
}

fn failed_unit() -> UnitState {
    UnitState {
        id: "nginx".parse().unwrap(),
        load: LoadState::Loaded,
        active: ActiveState::Failed,
        sub: "failed".into(),
        job: None,
        invocation_id: Some("0".repeat(32)),
        service: Some(ServiceState {
            kind: "simple".into(),
            result: "signal".into(),
            main_pid: None,
            restarts: 0,
            remain_after_exit: false,
            start_limit_burst: 5,
            start_limit_interval: 10 * SECOND,
            ..ServiceState::default()
        }),
        last_start: None,
        state_change: None,
        triggered_by: vec![],
        next_timer_run: None,
    }
}

/// /tmp is on a file system that is nearly full.
fn full_disk() -> Scene {
    let mut scene = dead_service();
    scene.rule.target = TargetRule::Path {
        path: "/tmp".into(),
        same_file_system: true,
    };
    scene.rule.ladder[0].remedy = RemedySpec::CleanFolder(CleanFolder {
        folder: None,
        older_than: 72 * HOUR,
        stop_at_free: 0.25,
        max_bytes: 1 << 30,
        max_files: 1000,
    });
    scene.rule.ladder[0].verify = Verify::FreeSpace { at_least: 0.15 };
    scene.target = "/tmp".parse().unwrap();
    scene.facts.unit = Fact::NotApplicable;
    scene.facts.folder = Fact::Known {
        value: FolderFacts {
            is_alert_about_its_file_system: true,
            free_ratio: 0.02,
        },
        at: scene.now.clone(),
    };
    scene
}

fn protect_nginx(scene: &mut Scene) {
    scene.policy.protected.units = vec![Glob::new("ngin*").unwrap().compile_matcher()];
}

#[test]
fn a_dead_allowed_service_and_a_full_disk_are_acted_on() {
    assert_eq!(dead_service().decision(), Decision::Act);
    assert_eq!(full_disk().decision(), Decision::Act);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a change")]
fn one_change_gives_one_answer() {
    use Decision::{Act, Defer, Observe, Suppress};
    type Change = fn(&mut Scene);
    let of_service: &[(&str, Change, Decision)] = &[
        (
            "another host",
            |s| s.policy.host.is = vec!["db1:9750".into()],
            Suppress(Reason::OtherHost),
        ),
        (
            "no host label",
            |s| s.alert.labels.clear(),
            Suppress(Reason::OtherHost),
        ),
        (
            "not in the allow-list",
            |s| s.target = "mysql".parse().unwrap(),
            Suppress(Reason::NotAllowed),
        ),
        (
            "an empty allow-list allows nothing",
            |s| {
                s.rule.target = TargetRule::Unit {
                    label: "name".into(),
                    allow: vec![],
                }
            },
            Suppress(Reason::NotAllowed),
        ),
        (
            "a folder for a rule about units",
            |s| s.target = "/tmp".parse().unwrap(),
            Suppress(Reason::NoTarget),
        ),
        (
            "protected, but dead: starting it is allowed",
            protect_nginx,
            Act,
        ),
        (
            "protected and in some live state",
            |s| {
                protect_nginx(s);
                s.unit().active = ActiveState::Reloading;
            },
            Suppress(Reason::Protected),
        ),
        (
            "an alias of a protected live unit",
            |s| {
                s.policy.protected.units =
                    vec![Glob::new("web.service").unwrap().compile_matcher()];
                s.unit().id = "web".parse().unwrap();
                s.unit().active = ActiveState::Reloading;
            },
            Suppress(Reason::Protected),
        ),
        (
            "policy off",
            |s| s.policy.mode = Mode::Off,
            Suppress(Reason::ModeOff),
        ),
        (
            "rule off",
            |s| s.rule.mode = Some(Mode::Off),
            Suppress(Reason::ModeOff),
        ),
        (
            "policy observes",
            |s| s.policy.mode = Mode::Observe,
            Observe,
        ),
        (
            "rule observes",
            |s| s.rule.mode = Some(Mode::Observe),
            Observe,
        ),
        (
            "a rule does not raise the policy",
            |s| {
                s.policy.mode = Mode::Observe;
                s.rule.mode = Some(Mode::Enforce);
            },
            Observe,
        ),
        (
            "AUTO_HEALING_ENABLED=False",
            |s| s.facts.is_auto_healing_disabled = true,
            Observe,
        ),
        ("crash loop", |s| s.facts.is_crash_looping = true, Observe),
        (
            "the pause file",
            |s| s.facts.is_pause_file_present = true,
            Defer(Reason::Paused, 5 * SECOND),
        ),
        (
            "a pause of this target",
            |s| s.facts.history.pauses = vec![pause(s, Some("nginx"), 60 * SECOND)],
            Defer(Reason::Paused, 50 * SECOND),
        ),
        (
            "a pause of all",
            |s| s.facts.history.pauses = vec![pause(s, None, 60 * SECOND)],
            Defer(Reason::Paused, 50 * SECOND),
        ),
        (
            "a pause of another target",
            |s| s.facts.history.pauses = vec![pause(s, Some("mysql"), 60 * SECOND)],
            Act,
        ),
        (
            "a pause that has ended",
            |s| s.facts.history.pauses = vec![pause(s, None, 10 * SECOND)],
            Act,
        ),
        (
            "just booted",
            |s| {
                s.now.boot = 100 * SECOND;
                s.facts.confirmed = s.now.clone();
            },
            Defer(Reason::BootGrace, 20 * SECOND),
        ),
        (
            "confirmed too long ago",
            |s| s.facts.confirmed = before(&s.now, 121 * SECOND),
            Suppress(Reason::StaleEvidence),
        ),
        (
            "confirmed long ago, but not too long",
            |s| s.facts.confirmed = before(&s.now, 120 * SECOND),
            Act,
        ),
        (
            "resolved meanwhile",
            |s| s.facts.status = AlertStatus::Resolved,
            Suppress(Reason::Resolved),
        ),
        (
            "active again",
            |s| s.unit().active = ActiveState::Active,
            Suppress(Reason::RecoveredByItself),
        ),
        (
            "no such unit file",
            |s| s.unit().load = LoadState::NotFound,
            Suppress(Reason::NotLoaded),
        ),
        (
            "masked",
            |s| s.unit().load = LoadState::Masked,
            Suppress(Reason::NotLoaded),
        ),
        (
            "systemd does not answer",
            |s| s.facts.unit = Fact::Unknown("timed out".into()),
            Defer(Reason::FactUnknown, SECOND),
        ),
        (
            "a stop by hand is repaired",
            |s| {
                s.unit().active = ActiveState::Inactive;
                s.service().result = "success".into();
            },
            Act,
        ),
        (
            "unless the rule respects it",
            |s| {
                s.rule.respects_clean_stop = true;
                s.unit().active = ActiveState::Inactive;
                s.service().result = "success".into();
            },
            Suppress(Reason::CleanStop),
        ),
        (
            "a crash is not a stop by hand",
            |s| s.rule.respects_clean_stop = true,
            Act,
        ),
        (
            "a job is queued",
            |s| {
                s.unit().job = Some(QueuedJob {
                    id: 7,
                    kind: "start".into(),
                });
            },
            Defer(Reason::TargetBusy, SECOND),
        ),
        (
            "systemd restarts it itself",
            |s| {
                s.unit().active = ActiveState::Activating;
                s.unit().sub = "auto-restart".into();
            },
            Defer(Reason::TargetBusy, SECOND),
        ),
        (
            "its repair runs",
            |s| s.facts.history.running = Some(RemediationId(Uuid::from_u128(1))),
            Defer(Reason::JoinedRunning, 30 * SECOND),
        ),
        (
            "it is this very repair that asks for its next attempt",
            |s| {
                s.facts.history.running = Some(RemediationId(Uuid::from_u128(1)));
                s.remediation = Some(RemediationId(Uuid::from_u128(1)));
            },
            Act,
        ),
        (
            "in quarantine",
            |s| {
                let since = before(&s.now, HOUR);
                s.facts.history.quarantine = Some(Quarantine {
                    since,
                    lasts: 4 * HOUR,
                });
            },
            Defer(Reason::Quarantined, 3 * HOUR),
        ),
        (
            "its quarantine has ended",
            |s| {
                let since = before(&s.now, 4 * HOUR);
                s.facts.history.quarantine = Some(Quarantine {
                    since,
                    lasts: 4 * HOUR,
                });
            },
            Act,
        ),
        (
            "a second fault right after a repair",
            |s| repairs(s, &[1]),
            Act,
        ),
        (
            "a third waits",
            |s| repairs(s, &[60, 1]),
            Defer(Reason::Cooldown, 4 * SECOND),
        ),
        (
            "a fourth waits longer",
            |s| repairs(s, &[90, 60, 1]),
            Defer(Reason::Cooldown, 19 * SECOND),
        ),
        (
            "never longer than the maximum",
            |s| repairs(s, &[500, 400, 300, 200, 100, 50, 1]),
            Defer(Reason::Cooldown, 299 * SECOND),
        ),
        (
            "a quiet time starts the series anew",
            |s| repairs(s, &[5000, 4000, 3000, 1]),
            Act,
        ),
        (
            "the budget of rule and target is used up",
            |s| charges(s, &[3599, 50, 40, 30, 20]),
            Defer(Reason::Budget, SECOND),
        ),
        (
            "one charge has just left the window",
            |s| charges(s, &[3600, 50, 40, 30, 20]),
            Act,
        ),
        (
            "a budget of nothing allows nothing",
            |s| s.rule.budget.max = 0,
            Defer(Reason::Budget, HOUR),
        ),
        (
            "the budget of the host is used up",
            |s| {
                s.policy.host_budget.max = 1;
                s.facts.history.host_charges = vec![before(&s.now, 600 * SECOND)];
            },
            Defer(Reason::HostBudget, 3000 * SECOND),
        ),
        (
            "start limit hit: the interval must pass first",
            |s| {
                s.service().result = "start-limit-hit".into();
                s.unit().state_change = Some(s.now.wall - 3 * SECOND);
            },
            Defer(Reason::StartLimit, 7 * SECOND),
        ),
        (
            "start limit hit long ago",
            |s| {
                s.service().result = "start-limit-hit".into();
                s.unit().state_change = Some(s.now.wall - 11 * SECOND);
            },
            Act,
        ),
        (
            "one start would be left, which is kept in reserve",
            |s| {
                s.service().start_limit_burst = 4;
                charges(s, &[9, 6, 2]);
            },
            Defer(Reason::StartLimit, SECOND),
        ),
        (
            "a burst of one, and somebody has just started it",
            |s| {
                s.service().start_limit_burst = 1;
                s.unit().last_start = Some(s.now.wall - 4 * SECOND);
            },
            Defer(Reason::StartLimit, 6 * SECOND),
        ),
        (
            "no start limit at all",
            |s| {
                s.service().start_limit_burst = 0;
                charges(s, &[4, 3, 2, 1]);
            },
            Act,
        ),
    ];
    let of_folder: &[(&str, Change, Decision)] = &[
        (
            "another path than the rule's",
            |s| s.target = "/var/tmp".parse().unwrap(),
            Suppress(Reason::NotAllowed),
        ),
        (
            "below a protected path",
            |s| s.policy.protected.paths = vec!["/tmp".into()],
            Suppress(Reason::Protected),
        ),
        (
            "the alert is about another mount",
            |s| s.folder().is_alert_about_its_file_system = false,
            Suppress(Reason::OtherFileSystem),
        ),
        (
            "free again",
            |s| s.folder().free_ratio = 0.15,
            Suppress(Reason::RecoveredByItself),
        ),
        (
            "the file system does not answer",
            |s| s.facts.folder = Fact::Unknown("timed out".into()),
            Defer(Reason::FactUnknown, SECOND),
        ),
    ];

    let mut given = BTreeSet::new();
    for (scene, changes) in [(dead_service(), of_service), (full_disk(), of_folder)] {
        for (what, change, expected) in changes {
            let mut scene = scene.clone();
            change(&mut scene);
            assert_eq!(scene.decision(), *expected, "{what}");
            if let Defer(reason, _) | Suppress(reason) = expected {
                given.insert(*reason);
            }
        }
    }
    assert_eq!(
        given.len(),
        21,
        "every reason that a guard can give is provoked: {given:?}"
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

#[test]
fn a_wall_clock_jump_reopens_no_budget_and_shortens_no_pause() {
    let mut scene = dead_service();
    charges(&mut scene, &[50, 40, 30, 20, 10]);
    scene.facts.history.pauses = vec![pause(&scene, None, HOUR)];
    scene.now.wall += 48 * HOUR;
    assert_eq!(
        scene.decision(),
        Decision::Defer(Reason::Paused, Duration::from_secs(3590))
    );
    scene.facts.history.pauses.clear();
    assert_eq!(
        scene.decision(),
        Decision::Defer(Reason::Budget, Duration::from_secs(3550))
    );
}

/// A pause that was set ten seconds ago.
fn pause(scene: &Scene, target: Option<&str>, lasts: Duration) -> Pause {
    Pause {
        target: target.map(|text| text.parse().unwrap()),
        since: before(&scene.now, 10 * SECOND),
        lasts,
        note: String::new(),
    }
}

/// Repairs that ended so many seconds ago.
fn repairs(scene: &mut Scene, seconds_ago: &[u64]) {
    scene.facts.history.repairs = times(scene, seconds_ago);
}

/// Intents of this rule and target, charged so many seconds ago.
fn charges(scene: &mut Scene, seconds_ago: &[u64]) {
    scene.facts.history.charges = times(scene, seconds_ago);
}

fn times(scene: &Scene, seconds_ago: &[u64]) -> Vec<Now> {
    seconds_ago
        .iter()
        .map(|s| before(&scene.now, Duration::from_secs(*s)))
        .collect()
}
