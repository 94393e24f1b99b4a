//! Everything that a question refers to, and the changes that are made to it.

use super::*;

/// Everything that a question refers to.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) alert: Alert,
    pub(super) policy: Policy,
    pub(super) rule: Rule,
    pub(super) target: Target,
    pub(super) facts: Facts,
    pub(super) now: Now,
    pub(super) remediation: Option<RemediationId>,
}

impl Scene {
    pub(super) fn question(&self) -> Question<'_> {
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

    pub(super) fn decision(&self) -> Decision {
        ask_all(self.question()).decision
    }

    pub(super) fn unit(&mut self) -> &mut UnitState {
        match &mut self.facts.unit {
            Fact::Known { value, .. } => value,
            other => panic!("the scene has no unit: {other:?}"),
        }
    }

    pub(super) fn service(&mut self) -> &mut ServiceState {
        self.unit().service.as_mut().unwrap()
    }

    pub(super) fn remedy(&mut self, remedy: RemedySpec) {
        self.rule.ladder[0].remedy = remedy;
    }

    /// The unit is up, and to be stopped.
    pub(super) fn stop_live(&mut self) {
        self.unit().active = ActiveState::Active;
        self.unit().sub = "running".into();
        self.remedy(RemedySpec::StopService);
    }

    pub(super) fn label(&mut self, name: &str, value: &str) {
        self.alert.labels.insert(name.into(), value.into());
    }

    pub(super) fn is_critical(&mut self, is_critical: bool) {
        self.label("severity", if is_critical { "critical" } else { "warning" });
    }

    /// The unit stands out by what it uses.
    pub(super) fn greedy(&mut self, unit: &str) {
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

    pub(super) fn victim(&mut self, unit: &str) {
        self.facts.victim = Fact::Known {
            value: Victim {
                unit: unit.parse().unwrap(),
                evidence: "it holds 2 GiB".into(),
            },
            at: self.now.clone(),
        };
    }

    /// A folder on a mount is cleaned.
    pub(super) fn on_mount(&mut self, mount: &str, folder: &str) {
        self.rule.target = TargetRule::Mount {
            label: "mountpoint".into(),
            allow: vec![mount.into()],
        };
        self.target = Target::Mount(mount.into());
        if let RemedySpec::CleanFolder(clean) = &mut self.rule.ladder[0].remedy {
            clean.folder = Some(folder.into());
        }
    }

    pub(super) fn package_manager(&mut self, at_work: Option<&str>) {
        self.facts.package_manager = Fact::Known {
            value: at_work.map(str::to_owned),
            at: self.now.clone(),
        };
    }

    pub(super) fn fact_age(&mut self, age: Duration) {
        self.facts.unit = Fact::Known {
            value: failed_unit(),
            at: before(&self.now, age),
        };
    }

    /// It belongs to the group `web`, of which so many others are up.
    pub(super) fn in_group(
        &mut self,
        max_at_once: u32,
        min_healthy: u32,
        healthy_others: Option<u32>,
    ) {
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

    pub(super) fn folder(&mut self) -> &mut FolderFacts {
        match &mut self.facts.folder {
            Fact::Known { value, .. } => value,
            other => panic!("the scene has no folder: {other:?}"),
        }
    }
}

/// `now` less `ago`, in the same boot.
pub(super) fn before(now: &Now, ago: Duration) -> Now {
    Now {
        wall: now.wall - ago,
        boot: now.boot.checked_sub(ago).unwrap(),
        boot_id: now.boot_id.clone(),
    }
}

pub(super) fn glob(pattern: &str) -> GlobMatcher {
    Glob::new(pattern).unwrap().compile_matcher()
}
