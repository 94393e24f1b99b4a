//! The receiver that settings make: whoever names it must be able to reach it.

use std::sync::Arc;

use super::*;
use crate::settings::{Encryption, Mail, MailServer};

const POLICY: &str = "version: 1
host: {label: instance, is: [a]}
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: [nginx]}}
    ladder: [{remedy: restart_service, verify: {unit_active: {stable_for: 2s}}, within: 30s}]
    escalate: {receivers: [ops, environment]}
receivers:
  ops: {email: {to: [a@b]}}
notify:
  routes: [{receivers: [environment]}]
";

fn read(mail: &Mail) -> Result<Checked, ConfigErrors> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yml");
    std::fs::write(&file, POLICY).unwrap();
    read_beside(&file, mail)
}

fn ready(to: &str) -> Mail {
    let to = [to].into_iter().filter(|to| !to.is_empty());
    Mail::Ready(Arc::new(MailServer {
        host: "localhost".to_owned(),
        port: 25,
        encryption: Encryption::Clear,
        user: None,
        password_file: None,
        ca_file: None,
        from: "prunelle@example.org".parse().unwrap(),
        to: to.map(|to| to.parse().unwrap()).collect(),
    }))
}

#[test]
fn a_rule_may_escalate_to_it_when_mail_is_set_up() {
    let checked = read(&ready("ops@example.org")).unwrap();
    assert_eq!(checked.policy.rules[0].receivers, ["ops", "environment"]);
    assert!(checked.warnings.is_empty(), "{:?}", checked.warnings);
    // Where nobody knows how mail is set up: another machine.
    parse("policy.yml".as_ref(), POLICY).unwrap();
}

#[test]
fn else_it_is_told_where_and_why_it_cannot() {
    for (mail, why) in [
        (Mail::Off, "EMAIL_ALERTS_ENABLED is not set"),
        (Mail::Incomplete(vec!["SMTP_HOST"]), "SMTP_HOST is missing"),
        (ready(""), "EMAIL_TO is missing"),
    ] {
        let text = read(&mail).unwrap_err().to_string();
        let expected = format!("policy.yml:8:33: `environment` cannot be told: {why}");
        assert!(text.contains(&expected), "no `{expected}` in:\n{text}");
    }
}

#[test]
fn a_route_to_it_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yml");
    std::fs::write(&file, POLICY.replace("[ops, environment]", "[ops]")).unwrap();
    let checked = read_beside(&file, &Mail::Off).unwrap();
    let warnings: Vec<String> = checked.warnings.iter().map(ToString::to_string).collect();
    assert!(
        warnings[0].contains("policy.yml:12:25: `environment` cannot be told"),
        "{warnings:?}"
    );
}
