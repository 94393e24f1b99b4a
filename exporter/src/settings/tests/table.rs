//! The table of settings agrees with itself.

use std::collections::BTreeSet;

use super::super::difference::{Difference, difference};
use super::super::table::{self, Takes};
use super::*;

#[test]
fn no_name_stands_for_two_settings() {
    let entries = table::entries();
    for name in [
        |entry: &table::Entry| entry.flag.clone(),
        |entry: &table::Entry| entry.variable.clone(),
        |entry: &table::Entry| entry.key.clone(),
    ] {
        let names: BTreeSet<_> = entries.iter().map(name).collect();
        assert_eq!(names.len(), entries.len());
    }
    // A key with a value has no keys below it.
    for outer in &entries {
        let prefix = format!("{}.", outer.key);
        let inner = entries.iter().find(|inner| inner.key.starts_with(&prefix));
        assert_eq!(inner, None, "{}", outer.key);
    }
}

#[test]
fn every_default_that_is_a_value_is_valid_wherever_it_is_given() {
    for entry in table::entries().iter().filter(|it| it.is_default_a_value) {
        let flag = format!("--{}={}", entry.flag, entry.default);
        assert!(given(&[&flag]).load().is_ok(), "{flag}");
        let environment = [(entry.variable.as_str(), entry.default.as_str())];
        assert!(given_with(&[], &environment).load().is_ok(), "{flag}");
        let file = nested(&entry.key, &entry.default);
        assert!(given(&[]).load_text("e.yml", &file).is_ok(), "{file}");
    }
}

/// `a.b` and `1` as `{a: {b: '1'}}`.
fn nested(key: &str, value: &str) -> String {
    let steps: Vec<_> = key.split('.').collect();
    let open: Vec<_> = steps.iter().map(|step| format!("{{{step}: ")).collect();
    format!("{}'{value}'{}", open.concat(), "}".repeat(steps.len()))
}

#[test]
fn clap_accepts_the_command_and_help_names_flag_variable_and_default() {
    let mut command = super::super::given::command();
    command.clone().debug_assert();
    let help = command.render_long_help().to_string();
    for entry in table::entries() {
        assert!(
            help.contains(&format!("--{}", entry.flag)),
            "{}",
            entry.flag
        );
        assert!(help.contains(&entry.variable), "{}", entry.variable);
        assert!(!entry.default.is_empty(), "{}", entry.flag);
        assert!(!entry.about.ends_with('.'), "{}", entry.about);
        assert!(entry.takes != Takes::Switch || entry.value_name == "BOOL");
    }
}

#[test]
fn differences_are_of_what_is_in_force() {
    let chosen = |text: &str| given(&[]).load_text("e.yml", text).unwrap().chosen;
    let check = |running: &str, read: &str, live: &[&str], needs_restart: &[&str]| {
        let expected = Difference {
            live: live.iter().map(ToString::to_string).collect(),
            needs_restart: needs_restart.iter().map(ToString::to_string).collect(),
        };
        let found = difference(&table::entries(), &chosen(running), &chosen(read));
        assert_eq!(found, expected, "{running} → {read}");
    };
    check("", "", &[], &[]);
    check("", "web: {max_requests: 40}", &[], &[]);
    check("web: {max_requests: 41}", "", &["web.max_requests"], &[]);
    check("", "services: [cron]", &["services"], &[]);
    check("services: [cron]", "services: [cron]\n", &[], &[]);
    check(
        "log: {format: json}",
        "log: {level: warn}\npaths: {procfs: /proc}\nweb: {telemetry_path: /m}",
        &["log.level"],
        &["web.telemetry_path", "log.format"],
    );
}
