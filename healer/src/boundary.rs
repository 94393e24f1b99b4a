//! What the use of memory and processors is measured against: the machine, or the limits of the container that plays a
//! host. Used by the checks `memory_below` and `cpu_below`, and where the greediest unit is looked for.

pub(crate) mod cgroup;

use std::str::FromStr;

/// What usage is measured against; the exporter's setting of the same name says the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boundary {
    /// The whole machine.
    #[default]
    Machine,
    /// The limits of the cgroup that this container is; where it has none, the machine.
    Cgroup,
}

impl FromStr for Boundary {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "machine" => Ok(Self::Machine),
            "cgroup" => Ok(Self::Cgroup),
            _ => Err(()),
        }
    }
}
