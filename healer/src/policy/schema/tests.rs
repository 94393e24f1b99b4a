//! The schema takes the shipped policies, refuses what is misspelt, and knows no word that the loader does not know.

mod checked;

use std::path::{Path, PathBuf};

use checked::check;

use super::*;
use crate::policy::load;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

/// Says where the schema refuses the text; empty when it does not.
fn refused(text: &str) -> Vec<String> {
    let policy: Value = serde_yaml::from_str(text).unwrap();
    check(&json(), &policy)
}

/// Writes the file when `cargo xtask docs` asks for it.
#[test]
fn the_file_is_in_step() {
    let path = repository().join("docs/reference/policy.schema.json");
    let expected = serde_json::to_string_pretty(&json()).unwrap() + "\n";
    if std::env::var_os("PRUNELLE_WRITE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == expected,
        "docs/reference/policy.schema.json is out of step: run `cargo xtask docs`"
    );
}

#[test]
fn the_policies_that_are_shipped_fit() {
    for path in ["deploy/policy.yml", "deploy/demo/policy.yml"] {
        assert_eq!(refused(&read(path)), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn the_example_with_everything_in_it_fits() {
    let page = read("docs/policy.md");
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("\n```").unwrap();
    assert_eq!(refused(example), Vec::<String>::new());
}

/// A policy that is right, with one thing in it put in another's place.
#[track_caller]
fn with(before: &str, after: &str) -> String {
    const RIGHT: &str = "version: 1
host: {label: instance, is: ['web1:9750']}
mode: observe
rules:
  - name: r
    matchers: ['a = b']
    continue: false
    target: {unit: {label: name, allow: [nginx]}}
    ladder:
      - {remedy: restart_service, with: {live: leave}, attempts: 2, approval: none, verify: {unit_active: {stable_for: 2s}}}
    after_clean_stop: repair
";
    assert!(RIGHT.contains(before), "{before}");
    RIGHT.replace(before, after)
}

#[test]
fn what_is_wrong_is_refused_at_its_place() {
    #[track_caller]
    fn case(before: &str, after: &str, expected: &[&str]) {
        assert_eq!(refused(&with(before, after)), expected, "{after}");
    }
    const RUNG: &str = "/rules/0/ladder/0";
    case("name: r", "name: r", &[]);
    case("mode: observe", "mode: dry-run", &["/mode: enum"]);
    case("mode: observe", "modus: observe", &["/modus: unknown key"]);
    case("version: 1", "version: 2", &["/version: enum"]);
    case("version: 1\n", "", &["/: version is missing"]);
    case(
        "attempts: 2",
        "attempt: 2",
        &[&format!("{RUNG}/attempt: unknown key")],
    );
    case(
        "attempts: 2",
        "attempts: [2]",
        &[&format!("{RUNG}/attempts: type")],
    );
    case(
        "remedy: restart_service",
        "remedy: restart",
        &[&format!("{RUNG}/remedy: enum")],
    );
    case(
        "live: leave",
        "live: maybe",
        &[&format!("{RUNG}/with: anyOf")],
    );
    case(
        "live: leave",
        "older: 3d",
        &[&format!("{RUNG}/with: anyOf")],
    );
    case(
        "approval: none",
        "approval: never",
        &[&format!("{RUNG}/approval: anyOf")],
    );
    case("approval: none", "approval: {expires: 1h}", &[]);
    case(
        "unit_active: {stable_for: 2s}",
        "unit_actif: {}",
        &[&format!("{RUNG}/verify/unit_actif: unknown key")],
    );
    case("unit_active: {stable_for: 2s}", "unit_active: null", &[]);
    case(
        "unit_active: {stable_for: 2s}",
        "all: [{tcp: 'db:1'}, {memory_below: [85%]}]",
        &[&format!("{RUNG}/verify/all/1/memory_below: type")],
    );
    case(
        "unit_active: {stable_for: 2s}",
        "unit_active: {}, tcp: 'db:1'",
        &[&format!("{RUNG}/verify: maxProperties")],
    );
    case(
        "unit: {label: name, allow: [nginx]}",
        "unit: {label: name, allow: [nginx]}, host: true",
        &["/rules/0/target: oneOf"],
    );
    case("repair", "ignore", &["/rules/0/after_clean_stop: enum"]);
    case(
        "continue: false",
        "continue: no way",
        &["/rules/0/continue: type"],
    );
}

/// What the loader says of the text, in one string; empty when it takes it.
fn loaded(text: &str) -> String {
    load::parse(Path::new("policy.yml"), text)
        .map_or_else(|errors| errors.to_string(), |_| String::new())
}

#[test]
fn the_loader_takes_every_word_that_the_schema_offers() {
    for mode in Mode::ALL {
        assert_eq!(loaded(&with("observe", mode.as_str())), "");
    }
    for word in LIVE {
        assert_eq!(loaded(&with("live: leave", &format!("live: {word}"))), "");
    }
    for word in AFTER_CLEAN_STOP {
        assert_eq!(loaded(&with("repair", word)), "");
    }
    for kind in RemedyKind::ALL {
        let said = loaded(&with("restart_service", kind.as_str()));
        assert!(!said.contains("unknown remedy"), "{said}");
    }
    for resource in Resource::ALL {
        let target = format!(
            "process_group: {{uses_most: {}, allow: [nginx]}}",
            resource.as_str()
        );
        assert_eq!(
            loaded(&with("unit: {label: name, allow: [nginx]}", &target)),
            ""
        );
    }
    for word in WHEN {
        let target = format!("path: /var/tmp, when: {word}");
        let said = loaded(&with("unit: {label: name, allow: [nginx]}", &target));
        assert!(!said.is_empty() && !said.contains("condition"), "{said}");
    }
}
