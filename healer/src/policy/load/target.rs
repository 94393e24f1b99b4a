//! Targets: what a rule acts on, and the words for it in messages.

use super::checker::{Checker, Problem, join};
use super::{paths, value};
use crate::policy::wire::{LabelledWire, ProcessGroupWire, TargetWire};
use crate::policy::{Protected, TargetRule};
use crate::target::Resource;

const EXAMPLES: &str = "one of `{unit: {label: name, allow: ['nginx.service']}}`, `{path: /var/tmp, when: same_file_system}`, `{mount: {label: mountpoint, allow: [/var]}}`, `{process_group: {uses_most: memory, allow: ['app-*.service']}}`, `{host: true}`";

/// The kind of target as the policy writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetKind {
    Unit,
    Path,
    Mount,
    ProcessGroup,
    Host,
}

impl TargetKind {
    pub(super) const fn of(target: &TargetRule) -> Self {
        match target {
            TargetRule::Unit { .. } => Self::Unit,
            TargetRule::Path { .. } => Self::Path,
            TargetRule::Mount { .. } => Self::Mount,
            TargetRule::ProcessGroup { .. } => Self::ProcessGroup,
            TargetRule::Host => Self::Host,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Path => "path",
            Self::Mount => "mount",
            Self::ProcessGroup => "process_group",
            Self::Host => "host",
        }
    }

    /// Whether what it acts on is a unit: the one named, or the greediest.
    pub(super) const fn has_unit(self) -> bool {
        matches!(self, Self::Unit | Self::ProcessGroup)
    }
}

/// The target of the rule at `at`.
pub(super) fn target(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<TargetWire>,
    protected: Option<&Protected>,
) -> Option<TargetRule> {
    let wire = checker.present(at, "target", wire, EXAMPLES)?;
    let at = join(at, "target");
    if wire.when.is_some() && wire.path.is_none() {
        checker.report(
            &join(&at, "when"),
            Problem::new("`when` is for paths only", "leave it out"),
        );
    }
    let given = [
        wire.unit.is_some(),
        wire.path.is_some(),
        wire.mount.is_some(),
        wire.process_group.is_some(),
        wire.host.is_some(),
    ];
    let message = match given.iter().filter(|is_given| **is_given).count() {
        0 => "the target names nothing",
        1 => return the_one(checker, &at, wire, protected),
        _ => "a rule has one target",
    };
    checker.report(&at, Problem::new(message, EXAMPLES));
    None
}

fn the_one(
    checker: &mut Checker<'_>,
    at: &str,
    wire: TargetWire,
    protected: Option<&Protected>,
) -> Option<TargetRule> {
    if let Some(unit) = wire.unit {
        return unit_target(checker, &join(at, "unit"), unit);
    }
    if let Some(mount) = wire.mount {
        return mount_target(checker, &join(at, "mount"), mount);
    }
    if let Some(group) = wire.process_group {
        return process_group(checker, &join(at, "process_group"), group);
    }
    if wire.path.is_some() {
        let protected = protected.map_or(&[][..], |protected| &protected.paths);
        let path = checker.required(at, "path", wire.path, EXAMPLES, |text| {
            paths::cleanable(text, protected)
        });
        let same_file_system = checker.or(at, "when", wire.when, false, when);
        return Some(TargetRule::Path {
            path: path?,
            same_file_system: same_file_system?,
        });
    }
    checker.required(at, "host", wire.host, EXAMPLES, |text| {
        if value::boolean(text)? {
            Ok(TargetRule::Host)
        } else {
            Err(Problem::new("the target names nothing", EXAMPLES))
        }
    })
}

fn unit_target(checker: &mut Checker<'_>, at: &str, wire: LabelledWire) -> Option<TargetRule> {
    let label = checker.required(
        at,
        "label",
        wire.label,
        "the label that names the unit: `label: name`",
        value::name,
    );
    let allow = checker.list(at, "allow", wire.allow, value::unit_glob);
    Some(TargetRule::Unit {
        label: label?,
        allow: allow?,
    })
}

fn mount_target(checker: &mut Checker<'_>, at: &str, wire: LabelledWire) -> Option<TargetRule> {
    let label = checker.required(
        at,
        "label",
        wire.label,
        "the label that names the mount point: `label: mountpoint`",
        value::name,
    );
    let allow = checker.list(at, "allow", wire.allow, paths::absolute);
    Some(TargetRule::Mount {
        label: label?,
        allow: allow?,
    })
}

fn process_group(
    checker: &mut Checker<'_>,
    at: &str,
    wire: ProcessGroupWire,
) -> Option<TargetRule> {
    const EXAMPLE: &str = "write `uses_most: memory` or `uses_most: cpu`";
    let resource = checker.required(at, "uses_most", wire.uses_most, EXAMPLE, |text| {
        Resource::from_name(text)
            .ok_or_else(|| Problem::new(format!("unknown resource `{text}`"), EXAMPLE))
    });
    let allow = checker.list(at, "allow", wire.allow, value::unit_glob);
    Some(TargetRule::ProcessGroup {
        resource: resource?,
        allow: allow?,
    })
}

fn when(text: &str) -> Result<bool, Problem> {
    match text {
        "same_file_system" => Ok(true),
        "always" => Ok(false),
        _ => Err(Problem::new(
            format!("unknown condition `{text}`"),
            "`same_file_system`: only when the alert's `mountpoint` is the mount that holds the path; or `always`",
        )),
    }
}
