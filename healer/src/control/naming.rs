//! What people call targets: `nginx`, `/var`, `memory`, `host`, or the full name as in the log.
//!
//! A short name means the one thing of that name that the policy or the engine knows. When several are called the same,
//! nothing is guessed. What nobody knows is read as it stands: a unit, or a folder.

use std::collections::BTreeSet;

use super::{Control, Refusal};
use crate::policy::{Policy, TargetRule};
use crate::target::Target;

/// What `all` is called in requests.
pub const ALL: &str = "all";

/// The target of that name; none for `all`.
pub(super) fn target_or_all(control: &Control, text: &str) -> Result<Option<Target>, Refusal> {
    if text == ALL {
        return Ok(None);
    }
    target(control, text).map(Some)
}

/// The target of that name.
pub(super) fn target(control: &Control, text: &str) -> Result<Target, Refusal> {
    let known = known(control);
    let called: Vec<&Target> = known
        .iter()
        .filter(|target| is_called(target, text))
        .collect();
    match called.as_slice() {
        [only] => Ok((*only).clone()),
        [] => text
            .parse()
            .map_err(|error| Refusal::misused(format!("{error}; or write `{ALL}`"))),
        several => {
            let names: Vec<String> = several.iter().map(|target| format!("`{target}`")).collect();
            Err(Refusal::conflict(format!(
                "{} things are called `{text}`: write {}",
                several.len(),
                names.join(" or ")
            )))
        }
    }
}

/// How a target is shown, `all` for none.
pub(super) fn shown(target: Option<&Target>) -> String {
    target.map_or_else(|| ALL.to_owned(), Target::to_string)
}

/// Whether people may mean this target by that name.
pub(super) fn is_called(target: &Target, text: &str) -> bool {
    if target.to_string() == text {
        return true;
    }
    match target {
        Target::Unit(unit) => {
            let full = unit.as_str();
            full == text || full.rsplit_once('.').is_some_and(|(stem, _)| stem == text)
        }
        Target::Path(path) | Target::Mount(path) => path.as_os_str() == text,
        Target::ProcessGroup(resource) => resource.as_str() == text,
        Target::Host => false,
    }
}

/// What the policy names one by one, and what the engine shows.
fn known(control: &Control) -> BTreeSet<Target> {
    let policy = control.policies.borrow();
    let view = control.view.borrow();
    let shown = view
        .alerts
        .iter()
        .filter_map(|alert| alert.target.as_deref())
        .chain(view.pauses.iter().map(|pause| pause.target.as_str()))
        .chain(view.quarantines.iter().map(|held| held.target.as_str()))
        .filter(|name| *name != ALL)
        .filter_map(|name| name.parse().ok());
    named(&policy).chain(shown).collect()
}

fn named(policy: &Policy) -> impl Iterator<Item = Target> {
    policy.rules.iter().flat_map(|rule| match &rule.target {
        TargetRule::Unit { .. } => Vec::new(),
        TargetRule::Path { path, .. } => vec![Target::Path(path.clone())],
        TargetRule::Mount { allow, .. } => allow.iter().cloned().map(Target::Mount).collect(),
        TargetRule::ProcessGroup { resource, .. } => vec![Target::ProcessGroup(*resource)],
        TargetRule::Host => vec![Target::Host],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_called_by_its_full_name_and_by_what_is_short_for_it() {
        for (target, names, others) in [
            (
                "unit:nginx.service",
                &["nginx", "nginx.service", "unit:nginx.service"][..],
                &["nginx.timer", "ngin", "host"][..],
            ),
            (
                "unit:nginx.timer",
                &["nginx", "nginx.timer"],
                &["nginx.service"],
            ),
            ("path:/var", &["/var", "path:/var"], &["mount:/var", "/"]),
            ("mount:/var", &["/var", "mount:/var"], &["path:/var"]),
            ("process_group:memory", &["memory"], &["cpu"]),
            ("host", &["host"], &["all", "hosts"]),
        ] {
            let parsed: Target = target.parse().unwrap();
            for name in names {
                assert!(is_called(&parsed, name), "{target} {name}");
            }
            for name in others {
                assert!(!is_called(&parsed, name), "{target} {name}");
            }
        }
    }
}
