use std::path::Path;

use super::*;
use crate::alert::Labels;
use crate::incident::{Decision, IncidentId, Severity};
use crate::policy::{Matcher, MatcherTest, Route, load};
use crate::reason::Reason;

const POLICY: &str = "
version: 1
host: {label: instance, is: [a]}
receivers:
  desk: {email: {to: [desk@example.org]}}
  ops: {email: {to: [ops@example.org]}}
  web: {email: {to: [web@example.org]}}
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: ['web.service']}}
    ladder: [{remedy: restart_service, verify: {unit_active: {stable_for: 2s}}}]
    escalate: {receivers: [ops]}
";

fn incident() -> Incident {
    let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Incident {
        id: IncidentId("0123456789abcdef-1".to_owned()),
        key: "0123456789abcdef".to_owned(),
        alert: "ServiceDown".to_owned(),
        labels: Labels::from([
            text("alertname", "ServiceDown"),
            text("severity", "warning"),
        ]),
        annotations: Labels::new(),
        severity: Severity::Critical,
        began: jiff::Timestamp::UNIX_EPOCH,
        noticed: jiff::Timestamp::UNIX_EPOCH,
        ended: None,
        fingerprints: BTreeSet::new(),
        firing: BTreeSet::new(),
        relapses: 0,
        decisions: Vec::new(),
        attempts: Vec::new(),
        ends: Vec::new(),
    }
}

fn route(matchers: &[(&str, &str)], to: &[&str], is_continued: bool) -> Route {
    Route {
        matchers: matchers
            .iter()
            .map(|(name, value)| Matcher {
                name: (*name).to_owned(),
                test: MatcherTest::Equal((*value).to_owned()),
            })
            .collect(),
        receivers: to.iter().map(|name| (*name).to_owned()).collect(),
        is_continued,
    }
}

#[track_caller]
fn check(routes: Vec<Route>, incident: &Incident, news: News, expected: &[&str]) {
    let mut policy = load::parse(Path::new("policy.yml"), POLICY).unwrap();
    policy.telling.routes = routes;
    let told = receivers(&policy, &policy.receivers, incident, news);
    let names: Vec<&str> = told.iter().map(|receiver| receiver.name.as_str()).collect();
    assert_eq!(names, expected);
}

#[test]
fn without_routes_everybody_is_told_everything() {
    check(vec![], &incident(), News::Ended, &["desk", "ops", "web"]);
}

#[test]
fn the_first_route_that_fits_decides() {
    let routes = vec![
        route(&[("outcome", "repaired")], &[], false),
        route(&[("severity", "critical")], &["web"], true),
        route(&[], &["desk"], false),
        route(&[], &["ops"], false),
    ];
    check(routes.clone(), &incident(), News::Repaired, &[]);
    check(routes.clone(), &incident(), News::Began, &["desk", "web"]);
    let mut milder = incident();
    milder.severity = Severity::Warning;
    check(routes, &milder, News::Began, &["desk"]);
}

#[test]
fn what_a_rule_could_not_repair_goes_to_its_receivers_as_well() {
    let routes = vec![route(&[], &["desk"], false)];
    let mut incident = incident();
    incident.decisions.push(
        serde_json::from_value::<Decision>(serde_json::json!({
            "at": "2026-01-01T00:00:00Z", "rule": "service-down",
            "reason": Reason::AwaitingApproval, "is_deferred": true, "message": "",
        }))
        .unwrap(),
    );
    check(
        routes.clone(),
        &incident,
        News::NotRepaired,
        &["desk", "ops"],
    );
    check(
        routes.clone(),
        &incident,
        News::AwaitingApproval,
        &["desk", "ops"],
    );
    check(routes, &incident, News::Ended, &["desk"]);
}

#[test]
fn that_messages_do_not_arrive_is_told_by_nobody_here() {
    const RULES: &str = include_str!("../../../../prometheus/rules/healer.yml");
    for alert in ABOUT_TELLING {
        assert!(RULES.contains(&format!("- alert: {alert}\n")), "{alert}");
        let mut incident = incident();
        alert.clone_into(&mut incident.alert);
        let routes = vec![route(&[], &["desk"], false)];
        check(routes, &incident, News::Began, &[]);
        check(vec![], &incident, News::NotRepaired, &[]);
    }
}
