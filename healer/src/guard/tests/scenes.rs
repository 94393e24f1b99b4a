//! Scenes in which nothing stands against a repair.

use super::*;

/// nginx has failed a moment ago and may be started.
pub(super) fn dead_service() -> Scene {
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
pub(super) fn full_disk() -> Scene {
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
pub(super) fn greedy_group() -> Scene {
    let mut scene = dead_service();
    scene.greedy("nginx");
    scene
}

pub(super) fn protect_nginx(scene: &mut Scene) {
    scene.policy.protected.units = vec![glob("ngin*")];
}
