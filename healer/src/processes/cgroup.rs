//! Which unit a process belongs to, by `/proc/<pid>/cgroup`, as systemd itself tells it.
//!
//! What must hold: a unit of somebody else (of a container, of a user's own manager) never passes for one of this
//! machine's. Only slices may lie between the root and the unit; below the unit everything is the unit's.

use prunelle_systemd::UnitName;
use serde::{Deserialize, Serialize};

use super::ProcessesError;

/// Where processes run: all that are in one unit, or in one cgroup that is no unit's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The unit; for a cgroup that is no unit's, the slice that holds it.
    pub unit: UnitName,
    /// The path of the cgroup, as the kernel tells it.
    pub control_group: String,
}

impl Place {
    /// Whether a cgroup is this one or below it.
    pub fn holds(&self, control_group: &str) -> bool {
        is_within(control_group, &self.control_group)
    }
}

/// Whether a cgroup is `top` or below it.
pub(crate) fn is_within(control_group: &str, top: &str) -> bool {
    control_group
        .strip_prefix(top)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || top == "/")
}

/// Whether a remedy may ever act on the processes of this unit: services of this machine, but no user's own manager.
/// Sessions, containers and whatever else came without a service (scopes) and slices are nobody's to repair.
pub fn is_actionable(unit: &UnitName) -> bool {
    unit.is_service() && !unit.as_str().starts_with("user@")
}

/// The cgroup that the service manager of this machine begins at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root(String);

impl Root {
    /// From `/proc/1/cgroup`.
    pub fn of_first_process(content: &[u8]) -> Result<Self, ProcessesError> {
        let path = control_group(content).unwrap_or_default();
        if path.starts_with("/..") {
            return Err(ProcessesError::Namespace);
        }
        let root = ["/init.scope", "/system.slice", "/system"]
            .iter()
            .find_map(|own| path.strip_suffix(own))
            .unwrap_or(&path);
        Ok(Self(root.trim_end_matches('/').to_owned()))
    }

    /// The place of a process in that cgroup. A cgroup that is outside the root belongs to no unit.
    pub fn place(&self, control_group: &str) -> Option<Place> {
        let below = control_group.strip_prefix(&self.0);
        let below = below.filter(|below| below.is_empty() || below.starts_with('/'));
        let mut slice = "-.slice";
        let mut length = self.0.len();
        for part in below.unwrap_or_default().split('/').skip(1) {
            length += 1 + part.len();
            // systemd puts an underscore in front of what could be a file of the kernel.
            let name = part.strip_prefix('_').unwrap_or(part);
            match name.rsplit_once('.') {
                Some((_, "slice")) => slice = name,
                Some((_, "service" | "scope")) => {
                    return Some(Place {
                        unit: name.parse().ok()?,
                        control_group: control_group.get(..length)?.to_owned(),
                    });
                }
                _ => break,
            }
        }
        Some(Place {
            unit: slice.parse().ok()?,
            control_group: control_group.to_owned(),
        })
    }
}

/// The path in systemd's hierarchy, `/` at the top. None where the process is in no hierarchy that systemd uses.
pub(crate) fn control_group(content: &[u8]) -> Option<String> {
    let place = |wanted: &[u8]| {
        content.split(|&byte| byte == b'\n').find_map(|line| {
            let after_number = line.splitn(2, |&byte| byte == b':').nth(1)?;
            let path = after_number.strip_prefix(wanted)?.strip_prefix(b":")?;
            String::from_utf8(path.to_vec()).ok()
        })
    };
    // Version 2; where systemd uses version 1 alone, everything is at the root there.
    let (unified, named) = (place(b""), place(b"name=systemd"));
    match (unified, named) {
        (Some(unified), Some(named)) if unified == "/" => Some(named),
        (Some(unified), _) => Some(unified),
        (None, named) => named,
    }
}
