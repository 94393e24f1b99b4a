//! What is allowed and probably not meant.

use super::*;

fn warnings(text: &str) -> String {
    let checked = parse_with_warnings(Path::new("policy.yml"), text)
        .unwrap_or_else(|errors| panic!("{errors}"));
    let lines: Vec<String> = checked.warnings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn each_warning_has_its_place_and_a_way_to_mend_it() {
    assert_snapshot!(warnings(
        r#"
version: 1
host: {label: instance, is: [a]}
time_intervals: [{name: office, time_intervals: [{}]}]
groups:
  - {name: web, units: [web-1, web-2], min_healthy: 2}
  - {name: nobody, units: ['nobody-*.service']}
receivers: {ops: {email: {to: [a@b]}}, boss: {email: {to: [a@b]}}}
notify:
  routes:
    - {matchers: ['outcome = "fixed"', 'severity = "critical"'], receivers: [boss]}
    - {matchers: ['outcome =~ "repair|end"', 'outcome !~ "end"', 'outcome != "ended"'], receivers: []}
    - {receivers: []}
    - {matchers: ['outcome = "ended"'], receivers: [boss]}
rules:
  - name: wide
    matchers: ['alertname="A"']
    target: {unit: {label: name, allow: ['web-*.service']}}
    ladder:
      - {remedy: restart_service, allow: [db], verify: {unit_active: {}}}
  - name: narrow
    matchers: ['severity="critical"', 'alertname = A']
    target: {unit: {label: name, allow: ['ssh', 'systemd-*']}}
    ladder:
      - {remedy: restart_service, verify: {unit_active: {}}}
  - name: warning
    matchers: ['alertname="B"', 'severity="warning"']
    target: {process_group: {uses_most: memory, allow: ['app']}}
    ladder:
      - {remedy: drop_caches, verify: {memory_below: 80%}}
      - {remedy: restart_service, verify: {memory_below: 80%}}
      - {remedy: end_process, verify: {memory_below: 80%}}
  - name: not-critical
    matchers: ['alertname="C"', 'severity!~"critical|page"']
    target: {host: true}
    ladder:
      - {remedy: reboot, verify: {alert_inactive: {}}}
"#
    ));
}

#[test]
fn a_policy_without_such_things_has_no_warning() {
    assert_eq!(
        warnings(
            r#"
version: 1
host: {label: instance, is: [a]}
time_intervals: [{name: office, time_intervals: [{}]}, {name: nights, time_intervals: [{}]}]
groups:
  - {name: web, units: [web-1, web-2], min_healthy: 1}
receivers: {ops: {email: {to: [a@b]}}, boss: {email: {to: [a@b]}}, reader: {email: {to: [a@b]}}}
notify:
  quiet_hours: [nights]
  routes:
    - {matchers: ['outcome =~ "repaired|ended"', 'outcome != "ended"'], receivers: [], continue: true}
    - {receivers: [boss, environment]}
  report: {every: day, receivers: [reader, environment]}
rules:
  - name: first
    matchers: ['alertname="A"']
    continue: true
    active_time_intervals: [office]
    target: {unit: {label: name, allow: ['web-*.service', ssh]}}
    ladder:
      - {remedy: restart_service, allow: [web-1], verify: {unit_active: {}}}
    escalate: {receivers: [ops]}
  - name: second
    matchers: ['alertname="A"', 'severity=~"warning|critical"']
    target: {process_group: {uses_most: memory, allow: []}}
    ladder:
      - {remedy: end_process, verify: {memory_below: 80%}}
"#
        ),
        ""
    );
}

#[test]
fn without_routes_every_receiver_is_told_everything() {
    let text = "version: 1\nhost: {label: instance, is: [a]}\nrules: []\nreceivers: {ops: {email: {to: [a@b]}}}\n";
    assert_eq!(warnings(text), "");
    let routed = format!("{text}notify: {{routes: [{{receivers: [environment]}}]}}\n");
    assert_snapshot!(warnings(&routed), @r"
    policy.yml:4:13: `ops` is told nothing: no route, no rule and no report names it
      hint: name it in a route of `notify`, `receivers: [ops]`, or remove it
    ");
}
