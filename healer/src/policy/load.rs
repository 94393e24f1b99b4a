//! Reads a policy: text → wire types → a checked [`Policy`], or everything that is wrong with it at once.
//!
//! Each error says file, line, column and what to write instead. A policy that loads needs no further check: names
//! are unique, every rung suits its rule's target, nothing that must be bounded is without its bound.
//! Called at start and by `check-config`.

mod checker;
mod environment;
mod files;
mod host;
mod limits;
mod notify;
mod paths;
mod receivers;
mod remedy;
mod rule;
mod rung;
mod suits;
mod target;
mod time_interval;
mod value;
mod verify;
mod warnings;

use std::path::Path;
use std::time::Duration;

use prunelle_foundation::config::{ConfigError, ConfigErrors, Document};
use sha2::{Digest, Sha256};

use self::checker::{Checker, Problem};
use self::limits::{Limits, Written};
use self::rule::Context;
use super::wire::PolicyWire;
use super::{Mode, Policy};
use crate::settings::Mail;

/// Protected whatever the policy says: what carries this program, systemd itself, and the ways into the machine.
const PROTECTED_UNITS: [&str; 10] = [
    "dbus*",
    "systemd-*",
    "ssh.*",
    "sshd*",
    "NetworkManager*",
    "networking.*",
    "wpa_supplicant*",
    "init.scope",
    "user@*",
    "prunelle-healer*",
];

/// Remediations that run at once on a host.
const MAX_AT_ONCE: u32 = 3;

/// A policy, and what in it is allowed but probably not meant, in the order of the text.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The policy.
    pub policy: Policy,
    /// What to look at again, each with its place.
    pub warnings: Vec<ConfigError>,
}

/// Reads the policy in a file.
pub fn read(path: &Path) -> Result<Policy, ConfigErrors> {
    read_with_warnings(path).map(|checked| checked.policy)
}

/// Reads the policy in a file, and looks for what is probably not meant.
pub fn read_with_warnings(path: &Path) -> Result<Checked, ConfigErrors> {
    check(&Document::read(path)?, &Around::default())
}

/// The same, where the settings of mail are known: `environment` is there when they make it.
pub fn read_beside(path: &Path, mail: &Mail) -> Result<Checked, ConfigErrors> {
    let around = Around {
        mail: Some(mail),
        ..Around::default()
    };
    check(&Document::read(path)?, &around)
}

/// The same, and looks at the files that it names as well, on this machine.
pub fn read_with_files(path: &Path) -> Result<Checked, ConfigErrors> {
    let around = Around {
        looks_at_files: true,
        ..Around::default()
    };
    check(&Document::read(path)?, &around)
}

/// Reads a policy from text; `path` is for messages.
pub fn parse(path: &Path, text: &str) -> Result<Policy, ConfigErrors> {
    parse_with_warnings(path, text).map(|checked| checked.policy)
}

/// Reads a policy from text, and looks for what is probably not meant.
pub fn parse_with_warnings(path: &Path, text: &str) -> Result<Checked, ConfigErrors> {
    check(&Document::parse(path, text)?, &Around::default())
}

/// What is known of the machine that the policy is for.
#[derive(Clone, Copy, Debug, Default)]
struct Around<'a> {
    /// The files that it names are this machine's.
    looks_at_files: bool,
    /// The settings of mail, when they are known.
    mail: Option<&'a Mail>,
}

fn check(document: &Document, around: &Around<'_>) -> Result<Checked, ConfigErrors> {
    let wire: PolicyWire = document.get()?;
    let mut checker = Checker::new(document);
    let policy = policy(&mut checker, wire, revision(document.text()));
    if let Some(policy) = &policy {
        if around.looks_at_files {
            files::look(&mut checker, policy);
        }
        if let Some(mail) = around.mail {
            environment::look(&mut checker, policy, mail);
        }
    }
    let (policy, warnings) = checker.finish(policy)?;
    Ok(Checked { policy, warnings })
}

fn revision(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text)
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

fn policy(checker: &mut Checker<'_>, wire: PolicyWire, revision: String) -> Option<Policy> {
    let version = checker.required(
        "",
        "version",
        wire.version,
        "begin with `version: 1`",
        version,
    );
    let host = host::host(checker, wire.host);
    let mode = checker.or("", "mode", wire.mode, Mode::Observe, mode);
    let critical = host::critical(checker, wire.critical);
    let heartbeat = host::heartbeat(checker, wire.heartbeat);
    let time_intervals = time_interval::intervals(checker, wire.time_intervals);
    let groups = host::groups(checker, wire.groups);
    let defaults = wire.defaults.unwrap_or_default();
    let boot_grace = checker.or(
        "defaults",
        "boot_grace",
        defaults.boot_grace.clone(),
        Duration::from_mins(2),
        value::duration,
    );
    let host_budget = match &defaults.host_budget {
        None => Some(limits::HOST_BUDGET),
        Some(wire) => limits::budget(checker, "defaults.host_budget", wire),
    };
    let max_at_once = checker.or(
        "defaults",
        "max_at_once",
        defaults.max_at_once.clone(),
        MAX_AT_ONCE,
        value::count(1000),
    );
    let limits = Limits::check(
        checker,
        "defaults",
        &Written::in_defaults(&defaults),
        &Limits::default(),
    );
    let protected = host::protected(checker, wire.protected.unwrap_or_default());
    let receivers = receivers::receivers(checker, wire.receivers);
    let context = Context {
        defaults: limits.as_ref(),
        protected: protected.as_ref(),
        receivers: receivers.as_deref(),
        time_intervals: time_intervals.as_deref(),
    };
    let rules = rule::rules(checker, wire.rules, &context);
    let known = notify::Known {
        receivers: receivers.as_deref(),
        time_intervals: time_intervals.as_deref(),
    };
    let telling = notify::telling(checker, wire.notify, &known);
    version?;
    limits?;
    let policy = Policy {
        revision,
        host: host?,
        mode: mode?,
        host_budget: host_budget?,
        max_at_once: max_at_once?,
        critical: critical?,
        groups: groups?,
        heartbeat: heartbeat?,
        boot_grace: boot_grace?,
        protected: protected?,
        rules: rules?,
        receivers: receivers?,
        telling: telling?,
    };
    warnings::look(checker, &policy, &time_intervals?);
    Some(policy)
}

fn version(text: &str) -> Result<(), Problem> {
    if text == "1" {
        Ok(())
    } else {
        Err(Problem::new(
            format!("unknown version `{text}`"),
            "this program reads `version: 1`",
        ))
    }
}

fn mode(text: &str) -> Result<Mode, Problem> {
    Mode::ALL
        .into_iter()
        .find(|mode| mode.as_str() == text)
        .ok_or_else(|| {
            // YAML reads a bare `off` as text, older readers as false.
            let hint = if text == "false" {
                "write `\"off\"`, with its quotes"
            } else {
                "one of `off`, `observe`, `enforce`"
            };
            Problem::new(format!("unknown mode `{text}`"), hint)
        })
}

#[cfg(test)]
mod tests;
