//! How success is judged: the checks that a policy may name. How they look stands in the module `verify` of the crate.

use std::time::Duration;

use crate::target::Resource;

/// What must hold after a remedy.
#[derive(Clone, Debug, PartialEq)]
pub enum Verify {
    /// The unit is active, in a new invocation if the remedy starts one, and stays so.
    UnitActive {
        /// For this long.
        stable_for: Duration,
    },
    /// The unit is down and stays so.
    UnitInactive {
        /// For this long.
        stable_for: Duration,
    },
    /// The file system has this much free (0–1).
    FreeSpace {
        /// At least.
        at_least: f64,
    },
    /// Less of the machine's memory (or processor time) is used than this (0–1).
    UsageBelow {
        /// Of what.
        resource: Resource,
        /// Less than.
        ratio: f64,
    },
    /// Tasks wait less for the resource than this share of the time (0–1): the kernel's `some avg10`.
    PressureBelow {
        /// For what.
        resource: Pressure,
        /// Less than.
        ratio: f64,
    },
    /// A `PromQL` expression that returns something, at the configured Prometheus.
    Promql {
        /// The expression; `$target` stands for the target's name, escaped.
        expr: String,
    },
    /// An answer with one of these status codes, after a GET.
    Http {
        /// What is asked.
        url: String,
        /// Which answers are good.
        status: Vec<u16>,
    },
    /// A connection can be made.
    Tcp {
        /// `host:port`.
        address: String,
    },
    /// Alertmanager no longer has the alert.
    AlertInactive,
    /// All of them hold.
    All(Vec<Self>),
    /// One of them holds.
    Any(Vec<Self>),
}

impl Verify {
    /// The check as in the policy.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnitActive { .. } => "unit_active",
            Self::UnitInactive { .. } => "unit_inactive",
            Self::FreeSpace { .. } => "free_space",
            Self::UsageBelow {
                resource: Resource::Cpu,
                ..
            } => "cpu_below",
            Self::UsageBelow {
                resource: Resource::Memory,
                ..
            } => "memory_below",
            Self::PressureBelow { .. } => "pressure_below",
            Self::Promql { .. } => "promql",
            Self::Http { .. } => "http",
            Self::Tcp { .. } => "tcp",
            Self::AlertInactive => "alert_inactive",
            Self::All(_) => "all",
            Self::Any(_) => "any",
        }
    }
}

/// What the kernel tells pressure of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressure {
    /// `/proc/pressure/cpu`
    Cpu,
    /// `/proc/pressure/memory`
    Memory,
    /// `/proc/pressure/io`
    Io,
}

impl Pressure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Memory, Self::Io];

    /// The word in the policy and the name of the kernel's file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Io => "io",
        }
    }
}
