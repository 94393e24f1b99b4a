//! The table of remedies: how each is written in a policy, what is wrong before it, and what must be true afterwards.
//!
//! Whatever is acted on writes down each thing that is done to it, so that what was done can be counted past the healer.
//! A new remedy is a new row.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use prunelle_sandbox::stack::Host;
use prunelle_sandbox::{HostOptions, Limits, StackOptions};

use super::scenery::{self, COUNTING, GREEDY, HELPERS};

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Names it and its rule.
    pub(super) name: &'static str,
    /// As the policy calls it.
    pub(super) remedy: &'static str,
    /// The other keys of its rung.
    pub(super) rung: &'static str,
    pub(super) target: On,
    /// What is there while the alert fires.
    pub(super) before: Before,
    /// The word that is written down when it is done, and how often it may.
    pub(super) deed: &'static str,
    pub(super) often: Often,
    /// What must be true of its unit.
    pub(super) leaves: Leaves,
}

/// What is acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// A unit of its own for each fault.
    Unit,
    /// The machine, through a unit that counts for all faults.
    Host(&'static str),
    /// The greediest unit, one of its own for each fault.
    Greediest,
}

/// What there is to be done something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// The unit is up.
    Up,
    /// It is down.
    Down,
    /// It failed.
    Failed,
    /// It is up, and two of its processes hold much memory each.
    Greedy,
    /// An old file of systemd's journal.
    OldJournal,
    /// A downloaded package.
    Downloads,
    /// Nothing is needed.
    Nothing,
}

/// How often something may be done for one fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Often {
    /// Once, whatever happens.
    Once,
    /// Once, or never: the remediation ends with this reason when a crash leaves open whether it was done.
    OnceOr(&'static str),
    /// Twice does no harm: once for each start mark at most, and once at least.
    OncePerStart,
    /// It leaves no trace that could be counted.
    Untold,
}

/// What is true after the repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaves {
    /// The unit's `ActiveState`.
    State(&'static str),
    /// A property of the unit, then; and again as soon as the alert is over, told in one line.
    Limited {
        property: &'static str,
        then: &'static str,
        after: &'static str,
    },
    /// Nothing that could be seen of a unit.
    Nothing,
}

/// All of them but the reboot, which takes everything else with it, and cleaning, which has stories of its own.
pub(super) const REMEDIES: &[Row] = &[
    Row {
        rung: "with: {live: restart}, verify: {unit_active: {stable_for: 300ms}}",
        ..of_unit("restart_service", Before::Up, "start", "active")
    },
    of_unit("start_service", Before::Down, "start", "active"),
    Row {
        rung: "verify: {unit_inactive: {stable_for: 300ms}}",
        ..of_unit("stop_service", Before::Up, "stop", "inactive")
    },
    Row {
        often: Often::OncePerStart,
        ..of_unit("reload_service", Before::Up, "reload", "active")
    },
    Row {
        rung: "verify: {unit_inactive: {stable_for: 300ms}}",
        often: Often::Untold,
        ..of_unit("reset_failed", Before::Failed, "nothing", "inactive")
    },
    // A second time would take the limits for what was before.
    Row {
        rung: "with: {cpu_quota: 20%}, verify: {unit_active: {stable_for: 0s}}",
        often: Often::Untold,
        leaves: Leaves::Limited {
            property: "CPUQuotaPerSecUSec",
            then: "200ms",
            after: "800ms",
        },
        ..of_unit("throttle_service", Before::Up, "nothing", "active")
    },
    Row {
        rung: "with: {argv: [/bin/sh, -c, 'echo run >>\"/run/$PRUNELLE_LABEL_NAME.deeds\"; sleep 0.2'], labels: [name]},
        verify: {unit_active: {stable_for: 0s}}",
        often: Often::OnceOr("unknown_after_crash"),
        ..of_unit("run_command", Before::Up, "run", "active")
    },
    Row {
        name: "run_idempotent_command",
        rung: "with: {argv: [/bin/sh, -c, 'echo run >>\"/run/$PRUNELLE_LABEL_NAME.deeds\"; sleep 0.2'], labels: [name],
        idempotent: true}, verify: {unit_active: {stable_for: 0s}}",
        often: Often::OncePerStart,
        ..of_unit("run_command", Before::Up, "run", "active")
    },
    of_host("vacuum_journal", "prunelle-vacuum-journal@7d.service", Before::OldJournal),
    of_host("clean_package_cache", "prunelle-clean-package-cache.service", Before::Downloads),
    of_host("drop_caches", "prunelle-drop-caches.service", Before::Nothing),
    // The other process would be next.
    Row {
        target: On::Greediest,
        often: Often::OncePerStart,
        ..of_unit("end_process", Before::Greedy, "ended", "active")
    },
];

/// The last rung. It may be that nobody can tell whether it was done, and then it is not done again.
pub(super) const REBOOT: Row = Row {
    rung: "with: {healthy_for: 10m}, approval: none, verify: {memory_below: 100%}",
    deed: "reboot",
    often: Often::OnceOr("rebooted_lately"),
    ..of_host("reboot", "reboot.target", Before::Nothing)
};

const fn of_unit(
    remedy: &'static str,
    before: Before,
    deed: &'static str,
    after: &'static str,
) -> Row {
    Row {
        name: remedy,
        remedy,
        rung: "verify: {unit_active: {stable_for: 300ms}}",
        target: On::Unit,
        before,
        deed,
        often: Often::Once,
        leaves: Leaves::State(after),
    }
}

/// Through a helper unit.
const fn of_host(remedy: &'static str, helper: &'static str, before: Before) -> Row {
    Row {
        name: remedy,
        remedy,
        rung: "verify: {memory_below: 100%}",
        target: On::Host(helper),
        before,
        deed: "run",
        often: Often::OncePerStart,
        leaves: Leaves::Nothing,
    }
}

/// A host with so many units for each remedy, one for each fault: while its alert goes on, a unit that was repaired rests.
pub(super) fn options(rows: &[Row], units: usize) -> Result<StackOptions> {
    let mut host = HostOptions::demo()?;
    host.units = Vec::new();
    host.policy = "\
version: 1
host: {label: instance, is: ['localhost:9750']}
mode: enforce
defaults:
  boot_grace: 0s
  cooldown: {first: 1h, step: 1h, factor: 1, max: 1h}
  budget: {max: 1000, per: 1m}
  host_budget: {max: 1000, per: 1m}
  max_at_once: 1000
  flapping: none
  breaker: {failures: 100, open_for: 1s}
rules:
"
    .to_owned();
    for row in rows {
        if row.target == On::Unit {
            let names = (0..units).map(|index| (row.unit(index), COUNTING.to_owned()));
            host.units.extend(names);
        }
        write!(
            host.policy,
            "  - name: {name}
    matchers: ['alertname = \"Fault\"', 'row = \"{name}\"']
    target: {target}
    {cooldown}
    ladder: [{{remedy: {remedy}, attempts: 5, within: 20s, {rung}}}]
    escalate: {{quarantine: 0s}}
",
            name = row.name,
            target = row.target_of_rule(),
            cooldown = row.cooldown(),
            remedy = row.remedy,
            rung = row.rung
        )?;
    }
    // What the test tells of is all that is wrong.
    let nothing = ("MONITORED_SERVICES".to_owned(), "dbus.service".to_owned());
    host.exporter_env.push(nothing);
    if rows.iter().any(|row| row.target == On::Greediest) {
        // What a greedy unit has to hold depends on how much there is.
        let boundary = (
            "PRUNELLE_HEALER_HOST_BOUNDARY".to_owned(),
            "cgroup".to_owned(),
        );
        host.healer_env.push(boundary);
        host.limits = Some(Limits {
            memory: scenery::MEMORY,
            cpus: 2.0,
        });
    }
    let downloads = PathBuf::from(scenery::DOWNLOADS);
    host.tmpfs.push((downloads, scenery::DOWNLOADS_SIZE));
    Ok(StackOptions::of(vec![host]))
}

/// Installs what is not to be started with the host: helper units, and those of greedy processes.
pub(super) fn install(host: &Host, rows: &[Row], units: usize) -> Result<()> {
    for (name, text) in HELPERS {
        host.manager().write_unit(name, text)?;
    }
    for row in rows.iter().filter(|row| row.target == On::Greediest) {
        for index in 0..units {
            host.manager().write_unit(&row.unit(index), GREEDY)?;
        }
    }
    host.manager().daemon_reload()
}

impl Row {
    /// The unit of a fault.
    pub(super) fn unit(&self, index: usize) -> String {
        format!("{}-{index:03}.service", self.name.replace('_', "-"))
    }

    /// Whether faults of this row share what is acted on.
    pub(super) fn is_shared(&self) -> bool {
        self.target != On::Unit
    }

    fn target_of_rule(&self) -> String {
        let allow = format!("allow: ['{}-*.service']", self.name.replace('_', "-"));
        match self.target {
            On::Unit => format!("{{unit: {{label: name, {allow}}}}}"),
            On::Host(_) => "{host: true}".to_owned(),
            On::Greediest => format!("{{process_group: {{uses_most: memory, {allow}}}}}"),
        }
    }

    /// What is shared is needed for the next fault.
    fn cooldown(&self) -> &'static str {
        if self.is_shared() {
            "cooldown: {first: 0s, step: 1s, factor: 1, max: 1s}"
        } else {
            ""
        }
    }
}
