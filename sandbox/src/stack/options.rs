//! What a stack is made of, and what may differ from what ships.

use std::path::PathBuf;

use anyhow::Result;

use super::host::HostOptions;
use super::shipped::RuleChange;
use crate::programs::Programs;

/// Scrape and evaluation intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// `prometheus.yml`: services every second.
    Default,
    /// `fast.yml`: services every 250 ms.
    #[default]
    Fast,
}

impl Profile {
    /// The shipped file below `prometheus/`.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Default => "prometheus.yml",
            Self::Fast => "fast.yml",
        }
    }
}

/// How to start a [`Stack`](super::Stack).
#[derive(Clone, Debug)]
pub struct StackOptions {
    /// Intervals.
    pub profile: Profile,
    /// Two Alertmanagers in a cluster in the place of one.
    pub is_clustered: bool,
    /// One or more hosts.
    pub hosts: Vec<HostOptions>,
    /// Durations that a test cannot wait for.
    pub rule_changes: Vec<RuleChange>,
    /// Appended to the names of the rule groups: the phase of evaluations follows from them.
    pub group_suffix: String,
    /// Where everything is kept; a temporary folder that is removed at the end when not given.
    pub dir: Option<PathBuf>,
    /// Where the programs are; `PRUNELLE_BIN_DIR` and PATH when not given.
    pub programs: Option<Programs>,
    /// Prometheus' port; a free one when not given.
    pub prometheus_port: Option<u16>,
    /// Alertmanager's port; a free one when not given.
    pub alertmanager_port: Option<u16>,
}

impl StackOptions {
    /// The demo on one host, in the fast profile.
    pub fn demo() -> Result<Self> {
        Ok(Self::of(vec![HostOptions::demo()?]))
    }

    /// These hosts, in the fast profile.
    pub fn of(hosts: Vec<HostOptions>) -> Self {
        Self {
            profile: Profile::Fast,
            is_clustered: false,
            hosts,
            rule_changes: Vec::new(),
            group_suffix: String::new(),
            dir: None,
            programs: None,
            prometheus_port: None,
            alertmanager_port: None,
        }
    }

    /// Gives a field of an alert's rules another value: `change("HealerDown", "for", "1s")`.
    #[must_use]
    pub fn change(mut self, alert: &str, field: &str, value: &str) -> Self {
        self.rule_changes.push(RuleChange {
            alert: alert.to_owned(),
            field: field.to_owned(),
            value: value.to_owned(),
        });
        self
    }
}
