use std::path::Path;

use super::*;

fn policy(rules: &str) -> Policy {
    let text = format!("version: 1\nhost: {{label: instance, is: ['web1:9750']}}\nrules:\n{rules}");
    load::parse(Path::new("policy.yml"), &text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

const THREE_RULES: &str = "
- name: service
  matchers: ['alertname=ServiceDown']
  target: {unit: {label: name, allow: [nginx, 'php*-fpm.service']}}
  continue: true
  ladder: [{remedy: restart_service, verify: {unit_active: {}}}]
- name: any-critical
  matchers: ['severity=critical']
  target: {path: /tmp}
  ladder: [{remedy: clean_folder, with: {older_than: 3d, stop_at_free: 25%}, verify: {free_space: {at_least: 15%}}}]
- name: never-reached-by-critical
  matchers: ['alertname=~\".+\"']
  target: {unit: {label: name, allow: []}}
  ladder: [{remedy: restart_service, verify: {unit_active: {}}}]
";

/// Each expected item is `rule → target` or `rule → reason`.
#[track_caller]
fn check(pairs: &[(&str, &str)], expected: &[&str]) {
    let policy = policy(THREE_RULES);
    let found: Vec<String> = policy
        .matches(&labels(pairs))
        .into_iter()
        .map(|found| match found.target {
            Ok(target) => format!("{} → {target}", found.rule.name),
            Err(reason) => format!("{} → {}", found.rule.name, reason.as_str()),
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_first_match_ends_the_search_unless_it_continues() {
    check(
        &[
            ("alertname", "ServiceDown"),
            ("name", "nginx.service"),
            ("severity", "critical"),
        ],
        &["service → unit:nginx.service", "any-critical → path:/tmp"],
    );
    check(
        &[("alertname", "Other"), ("severity", "critical")],
        &["any-critical → path:/tmp"],
    );
    check(&[("severity", "warning")], &[]);
}

#[test]
fn a_label_only_picks_out_of_the_allow_list() {
    check(
        &[("alertname", "ServiceDown"), ("name", "php8-fpm")],
        &[
            "service → unit:php8-fpm.service",
            "never-reached-by-critical → not_allowed",
        ],
    );
    check(
        &[("alertname", "ServiceDown"), ("name", "mysql.service")],
        &[
            "service → not_allowed",
            "never-reached-by-critical → not_allowed",
        ],
    );
    check(
        &[("alertname", "ServiceDown")],
        &[
            "service → no_target",
            "never-reached-by-critical → no_target",
        ],
    );
    check(
        &[("alertname", "ServiceDown"), ("name", "../../etc/passwd")],
        &[
            "service → no_target",
            "never-reached-by-critical → no_target",
        ],
    );
}

#[test]
fn an_alert_about_another_host_or_none_is_not_ours() {
    let policy = policy(THREE_RULES);
    assert!(policy.is_about_this_host(&labels(&[("instance", "web1:9750")])));
    assert!(!policy.is_about_this_host(&labels(&[("instance", "web2:9750")])));
    assert!(!policy.is_about_this_host(&labels(&[("alertname", "ServiceDown")])));
}
