//! Reads a policy: text → wire types → a checked [`Policy`], or everything that is wrong with it at once.
//!
//! Each error says file, line, column and what to write instead. A policy that loads needs no further check: names
//! are unique, every rung suits its rule's target, nothing that must be bounded is without its bound.
//! Called at start and by `check-config`.

mod checker;
mod limits;
mod paths;
mod rule;
mod rung;

use std::path::Path;
use std::time::Duration;

use prunelle_foundation::config::{ConfigErrors, Document};
use sha2::{Digest, Sha256};

use self::checker::{Checker, Problem};
use self::limits::Defaults;
use super::wire::{EmailWire, HostWire, PolicyWire, ProtectedWire, ReceiverWire};
use super::{HostSelector, Matcher, MatcherTest, Mode, Policy, Protected, Receiver};

const EXAMPLE_HOST: &str =
    "say which alerts are about this host: `host: {label: instance, is: ['web1:9750']}`";

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

/// Reads the policy in a file.
pub fn read(path: &Path) -> Result<Policy, ConfigErrors> {
    check(&Document::read(path)?)
}

/// Reads a policy from text; `path` is for messages.
pub fn parse(path: &Path, text: &str) -> Result<Policy, ConfigErrors> {
    check(&Document::parse(path, text)?)
}

fn check(document: &Document) -> Result<Policy, ConfigErrors> {
    let wire: PolicyWire = document.get()?;
    let mut checker = Checker::new(document);
    let policy = policy(&mut checker, wire, revision(document.text()));
    checker.finish(policy)
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
    let host = host(checker, wire.host);
    let mode = checker.or("", "mode", wire.mode, Mode::Observe, mode);
    let defaults = wire.defaults.unwrap_or_default();
    let boot_grace = checker.or(
        "defaults",
        "boot_grace",
        defaults.boot_grace.clone(),
        Duration::from_mins(2),
        checker::duration,
    );
    let host_budget = limits::budget(
        checker,
        "defaults.host_budget",
        defaults.host_budget.as_ref(),
        limits::HOST_BUDGET,
    );
    let defaults = Defaults::check(checker, &defaults);
    let protected = protected(checker, &wire.protected.unwrap_or_default());
    let receivers: Option<Vec<Receiver>> = wire
        .receivers
        .unwrap_or_default()
        .into_iter()
        .map(|(name, wire)| receiver(checker, name, wire))
        .collect();
    let rules = rule::rules(
        checker,
        wire.rules,
        defaults.as_ref(),
        protected.as_ref(),
        receivers.as_deref(),
    );
    version?;
    Some(Policy {
        revision,
        host: host?,
        mode: mode?,
        host_budget: host_budget?,
        max_at_once: MAX_AT_ONCE,
        critical: critical_by_default(),
        groups: Vec::new(),
        heartbeat: None,
        boot_grace: boot_grace?,
        protected: protected?,
        rules: rules?,
        receivers: receivers?,
    })
}

fn critical_by_default() -> Vec<Matcher> {
    vec![Matcher {
        name: "severity".to_owned(),
        test: MatcherTest::Equal("critical".to_owned()),
    }]
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

fn host(checker: &mut Checker<'_>, wire: Option<HostWire>) -> Option<HostSelector> {
    let wire = checker.present("", "host", wire, EXAMPLE_HOST)?;
    let label = checker.required("host", "label", wire.label, EXAMPLE_HOST, checker::name);
    let is = checker.list("host", "is", wire.is, checker::name);
    if is.as_ref().is_some_and(Vec::is_empty) {
        checker.report(
            "host.is",
            Problem::new("no alert can be about this host", EXAMPLE_HOST),
        );
    }
    Some(HostSelector {
        label: label?,
        is: is?,
    })
}

fn protected(checker: &mut Checker<'_>, wire: &ProtectedWire) -> Option<Protected> {
    let mut units: Vec<_> = PROTECTED_UNITS
        .iter()
        .filter_map(|glob| checker::unit_glob(glob).ok())
        .collect();
    units.extend(checker.list(
        "protected",
        "units",
        Some(wire.units.clone().unwrap_or_default()),
        checker::unit_glob,
    )?);
    let mut folders: Vec<_> = paths::PROTECTED.iter().map(Into::into).collect();
    folders.extend(checker.list(
        "protected",
        "paths",
        Some(wire.paths.clone().unwrap_or_default()),
        paths::absolute,
    )?);
    Some(Protected {
        units,
        paths: folders,
    })
}

fn receiver(checker: &mut Checker<'_>, name: String, wire: ReceiverWire) -> Option<Receiver> {
    const EXAMPLE: &str = "as in `ops: {email: {to: [ops@example.org]}}`";
    let at = format!("receivers.{name}");
    let EmailWire { to } = checker.present(&at, "email", wire.email, EXAMPLE)?;
    let at = format!("{at}.email");
    let email_to = checker.list(&at, "to", to, |text| match text.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() => Ok(text.to_owned()),
        _ => Err(Problem::new(
            format!("`{text}` is not a mail address"),
            EXAMPLE,
        )),
    })?;
    if email_to.is_empty() {
        checker.report(
            &format!("{at}.to"),
            Problem::new("nobody would be told", EXAMPLE),
        );
    }
    Some(Receiver { name, email_to })
}

#[cfg(test)]
mod tests;
