//! Each guard's answers over a scene in which everything else is in order, so that one change has one effect. One file
//! a guard; what they provoke is known to the test that asks whether each reason is provoked.

mod admission;
mod approval;
mod blast_radius;
mod breaker;
mod budget;
mod cooldown;
mod deduplication;
mod freshness;
mod host_and_target;
mod intake;
mod start_limit;
mod still_needed;
mod switches;
mod target_free;

mod services;

use std::collections::BTreeSet;
use std::time::Duration;

use globset::{Glob, GlobMatcher};
use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Now};
use prunelle_systemd::UnitState;
use prunelle_systemd::unit::{ActiveState, LoadState, QueuedJob, ServiceState};
use uuid::Uuid;

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

    fn remedy(&mut self, remedy: RemedySpec) {
        self.rule.ladder[0].remedy = remedy;
    }

    /// The unit is up, and to be stopped.
    fn stop_live(&mut self) {
        self.unit().active = ActiveState::Active;
        self.unit().sub = "running".into();
        self.remedy(RemedySpec::StopService);
    }

    fn label(&mut self, name: &str, value: &str) {
        self.alert.labels.insert(name.into(), value.into());
    }

    fn is_critical(&mut self, is_critical: bool) {
        self.label("severity", if is_critical { "critical" } else { "warning" });
    }

    /// The unit stands out by what it uses.
    fn greedy(&mut self, unit: &str) {
        self.rule.target = TargetRule::ProcessGroup {
            resource: Resource::Memory,
            allow: vec![glob("nginx.service")],
        };
        self.target = Target::ProcessGroup(Resource::Memory);
        self.remedy(RemedySpec::EndProcess(EndProcess { grace: 10 * SECOND }));
        self.unit().active = ActiveState::Active;
        self.unit().sub = "running".into();
        self.victim(unit);
    }

    fn victim(&mut self, unit: &str) {
        self.facts.victim = Fact::Known {
            value: Victim {
                unit: unit.parse().unwrap(),
                evidence: "it holds 2 GiB".into(),
            },
            at: self.now.clone(),
        };
    }

    /// A folder on a mount is cleaned.
    fn on_mount(&mut self, mount: &str, folder: &str) {
        self.rule.target = TargetRule::Mount {
            label: "mountpoint".into(),
            allow: vec![mount.into()],
        };
        self.target = Target::Mount(mount.into());
        if let RemedySpec::CleanFolder(clean) = &mut self.rule.ladder[0].remedy {
            clean.folder = Some(folder.into());
        }
    }

    fn package_manager(&mut self, at_work: Option<&str>) {
        self.facts.package_manager = Fact::Known {
            value: at_work.map(str::to_owned),
            at: self.now.clone(),
        };
    }

    fn fact_age(&mut self, age: Duration) {
        self.facts.unit = Fact::Known {
            value: failed_unit(),
            at: before(&self.now, age),
        };
    }

    /// It belongs to the group `web`, of which so many others are up.
    fn in_group(&mut self, max_at_once: u32, min_healthy: u32, healthy_others: Option<u32>) {
        self.policy.groups = vec![Group {
            name: "web".into(),
            units: vec![glob("nginx*")],
            max_at_once,
            min_healthy,
        }];
        self.facts.groups = vec![GroupFacts {
            name: "web".into(),
            healthy_others,
        }];
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
        wall: Timestamp::from_second(1_800_000_020).unwrap(),
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
            allow: vec![glob("nginx.service")],
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
        breaker: Some(policy::Breaker {
            failures: 3,
            open_for: HOUR,
        }),
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
            labels: Labels::from([
                ("instance".into(), "web1:9750".into()),
                ("severity".into(), "critical".into()),
            ]),
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
            critical: vec![Matcher {
                name: "severity".into(),
                test: MatcherTest::Equal("critical".into()),
            }],
            groups: vec![],
            heartbeat: None,
            boot_grace: 120 * SECOND,
            protected: Protected {
                units: vec![],
                paths: vec![],
            },
            rules: vec![rule.clone()],
            receivers: vec![],
            telling: Telling::default(),
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

pub(crate) fn failed_unit() -> UnitState {
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

/// nginx holds most of the memory.
fn greedy_group() -> Scene {
    let mut scene = dead_service();
    scene.greedy("nginx");
    scene
}

fn glob(pattern: &str) -> GlobMatcher {
    Glob::new(pattern).unwrap().compile_matcher()
}

fn protect_nginx(scene: &mut Scene) {
    scene.policy.protected.units = vec![glob("ngin*")];
}

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

/// So many repairs within so long make a target flap, for so long: in seconds.
fn flapping(scene: &mut Scene, repairs: u32, within: u64, hold: u64) {
    scene.rule.flapping = Some(Flapping {
        repairs,
        within: Duration::from_secs(within),
        hold: Duration::from_secs(hold),
    });
}

fn others_running(scene: &mut Scene, targets: &[&str]) {
    scene.facts.history.others_running = targets.iter().map(|text| text.parse().unwrap()).collect();
}

/// Ends of the rule's remediations: seconds ago, and whether they succeeded.
fn ends(scene: &mut Scene, ends: &[(u64, bool)]) {
    scene.facts.history.rule_ends = ends
        .iter()
        .map(|(ago, has_succeeded)| {
            (
                before(&scene.now, Duration::from_secs(*ago)),
                *has_succeeded,
            )
        })
        .collect();
}

/// A person has to agree within the hour; was asked so many minutes ago, and answered or not.
fn approval(scene: &mut Scene, asked: Option<(u32, Option<bool>)>) {
    scene.rule.ladder[0].approval = Some(policy::Approval { expires: HOUR });
    scene.facts.history.approval = asked.map(|(minutes_ago, is_approved)| crate::facts::Approval {
        number: 1,
        since: before(&scene.now, MINUTE * minutes_ago),
        lasts: HOUR,
        is_approved,
    });
}

/// From so many minutes after the scene's present minute to so many after it.
fn hours(scene: &Scene, from: i16, to: i16) -> TimeInterval {
    let seconds = scene.now.wall.as_second().rem_euclid(86_400);
    let minute = i16::try_from(seconds / 60).unwrap();
    let at = |offset: i16| u16::try_from(minute + offset).unwrap();
    TimeInterval {
        name: "hours".into(),
        spans: vec![TimeSpan {
            times: vec![(at(from), at(to))],
            weekdays: vec![],
            days_of_month: vec![],
            months: vec![],
            years: vec![],
            location: jiff::tz::TimeZone::UTC,
        }],
    }
}
