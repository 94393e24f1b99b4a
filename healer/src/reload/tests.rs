use std::path::Path;

use super::*;

fn policy(text: &str) -> Policy {
    load::parse(Path::new("policy.yml"), text).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn what_is_watched_follows_settings_rules_and_groups() {
    let policy = policy(
        "version: 1
host: {label: i, is: [a]}
groups: [{name: web, units: ['web-*.service', web]}]
rules:
  - name: a
    matchers: [a=b]
    target: {unit: {label: name, allow: [nginx, 'shop-*.service']}}
    ladder: [{remedy: start_service, verify: {unit_active: {}}}]
  - name: b
    matchers: [a=c]
    target: {process_group: {uses_most: cpu, allow: [worker]}}
    ladder: [{remedy: stop_service, verify: {cpu_below: 80%}}]
",
    );
    let list = watch_list(&["cron".to_owned()], &policy).unwrap();
    let names: Vec<&str> = list
        .names()
        .map(prunelle_systemd::UnitName::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "cron.service",
            "nginx.service",
            "web.service",
            "worker.service"
        ]
    );
    let globs: Vec<&str> = list
        .globs()
        .iter()
        .map(prunelle_systemd::watch_list::Glob::as_str)
        .collect();
    assert_eq!(globs, ["web-*.service"]);
    assert!(watch_list(&["a b".to_owned()], &policy).is_err());
}
