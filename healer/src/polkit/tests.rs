use std::path::Path;

use insta::assert_snapshot;

use super::*;
use crate::policy::load;

fn policy(rules: &str) -> Policy {
    let text = format!(
        "version: 1\nhost: {{label: instance, is: [a]}}\nprotected: {{units: [precious]}}\nrules:\n{rules}"
    );
    load::parse(Path::new("policy.yml"), &text).unwrap_or_else(|errors| panic!("{errors}"))
}

const ALL: &str = r"
- name: units
  matchers: [a=units]
  target: {unit: {label: name, allow: [nginx, 'shop-*.service', precious]}}
  ladder:
    - {remedy: restart_service, verify: {unit_active: {}}}
    - {remedy: stop_service, allow: ['shop-?.service'], verify: {unit_inactive: {}}}
    - {remedy: reload_service, allow: [], verify: {unit_active: {}}}
    - {remedy: reset_failed, verify: {unit_inactive: {}}}
    - {remedy: throttle_service, with: {cpu_quota: 50%}, verify: {cpu_below: 80%}}
    - {remedy: reboot, verify: {unit_active: {}}}
- name: mount
  matchers: [a=mount]
  target: {mount: {label: mountpoint, allow: [/var]}}
  ladder:
    - {remedy: clean_folder, with: {folder: /var/tmp, older_than: 1d, stop_at_free: 20%}, verify: {free_space: {at_least: 10%}}}
    - {remedy: vacuum_journal, with: {keep: 3d}, verify: {free_space: {at_least: 10%}}}
    - {remedy: vacuum_journal, with: {keep: 30h}, verify: {free_space: {at_least: 10%}}}
    - {remedy: clean_package_cache, verify: {free_space: {at_least: 10%}}}
- name: group
  matchers: [a=group]
  target: {process_group: {uses_most: memory, allow: ['app-[!x]*.service']}}
  ladder:
    - {remedy: restart_service, verify: {memory_below: 80%}}
    - {remedy: end_process, verify: {memory_below: 80%}}
    - {remedy: drop_caches, verify: {memory_below: 80%}}
    - {remedy: run_command, with: {argv: [/bin/true]}, verify: {memory_below: 80%}}
";

#[test]
fn the_file_is_made_from_the_policy_and_says_so() {
    assert_snapshot!(rules(&policy(ALL), "prunelle"));
}

#[test]
fn the_same_policy_gives_the_same_file() {
    assert_eq!(
        rules(&policy(ALL), "prunelle"),
        rules(&policy(ALL), "prunelle")
    );
}

#[test]
fn a_policy_that_allows_nothing_grants_nothing() {
    let text = rules(
        &policy(
            "- name: r\n  matchers: [a=b]\n  target: {unit: {label: name, allow: []}}\n  ladder: [{remedy: restart_service, verify: {unit_active: {}}}]\n",
        ),
        "prunelle",
    );
    assert!(text.contains("var PRUNELLE_GRANTS = [\n];"), "{text}");
}

#[test]
fn only_names_of_users_are_taken() {
    for name in ["prunelle", "_prunelle", "prunelle-2", "a.b"] {
        assert!(is_user_name(name), "{name}");
    }
    for name in ["", "0", "-a", "a b", "a\"", "a\n", "é", &"a".repeat(33)] {
        assert!(!is_user_name(name), "{name}");
    }
}
