//! Who is told, and by which ways.

use std::time::Duration;

use super::*;
use crate::policy::{Language, MessageLimit, PostAddress};

/// A policy that is right but for its receivers.
fn with_receivers(lines: &str) -> String {
    format!("version: 1\nhost: {{label: instance, is: [a]}}\nrules: []\nreceivers:\n{lines}")
}

fn warnings(lines: &str) -> Vec<String> {
    let checked = parse_with_warnings(Path::new("policy.yml"), &with_receivers(lines))
        .unwrap_or_else(|errors| panic!("{errors}"));
    checked.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn every_way_is_read() {
    let policy = load(&with_receivers(
        "  all:
    language: fr
    limit: {max: 5, per: 1h}
    email: {to: [ops@example.org]}
    slack: {url_file: /s/slack, channel: '#ops'}
    teams: {url_file: /s/teams}
    discord: {url_file: /s/discord}
    mattermost: {url_file: /s/mattermost, channel: ops}
    ntfy: {url_file: /s/ntfy, token_file: /s/token, priority: 4, tags: [server]}
    webhook:
      url: https://hooks.example.org/prunelle
      token_file: /s/token
      secret_file: /s/key
      template_file: /t/body.json
      headers: {X-Team: ops}
",
    ))
    .unwrap();
    let receiver = &policy.receivers[0];
    assert_eq!(receiver.language, Some(Language::French));
    let per = Duration::from_hours(1);
    assert_eq!(receiver.limit, Some(MessageLimit { max: 5, per }));
    let kinds: Vec<_> = receiver
        .integrations
        .iter()
        .map(Integration::kind)
        .collect();
    assert_eq!(kinds, Integration::KINDS);
    let files: Vec<(&str, &Path)> = receiver
        .integrations
        .iter()
        .flat_map(Integration::secret_files)
        .collect();
    let expected = [
        ("url_file", "/s/slack"),
        ("url_file", "/s/teams"),
        ("url_file", "/s/discord"),
        ("url_file", "/s/mattermost"),
        ("url_file", "/s/ntfy"),
        ("token_file", "/s/token"),
        ("token_file", "/s/token"),
        ("secret_file", "/s/key"),
    ];
    assert_eq!(files, expected.map(|(key, file)| (key, Path::new(file))));
    assert_eq!(
        receiver.integrations[5],
        Integration::Ntfy {
            to: PostAddress::InFile("/s/ntfy".into()),
            token_file: Some("/s/token".into()),
            priority: Some(4),
            tags: vec!["server".to_owned()],
        }
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_its_cure() {
    assert_snapshot!(errors(&with_receivers(
        "  nobody: {}
  relative: {slack: {url_file: slack-url}}
  nothing: {teams: {}}
  two: {ntfy: {url: 'https://ntfy.example.org/a', url_file: /s/ntfy}}
  no-topic: {ntfy: {url: 'https://ntfy.example.org/'}}
  priority: {ntfy: {url: 'https://ntfy.example.org/a', priority: 9, tags: ['a,b']}}
  no-address: {webhook: {url: hooks.example.org}}
  headers: {webhook: {url: 'https://h.example.org', headers: {Authorization: Bearer x, 'a b': c, X-Prunelle-Id: '1'}}}
  limited: {email: {to: [a@b]}, limit: {max: 0}, language: de}
  channel: {mattermost: {url_file: /s/m, channel: 'two words'}}
"
    )));
}

#[test]
fn the_name_of_the_receiver_of_the_settings_is_taken() {
    assert_snapshot!(errors(&with_receivers("  environment: {email: {to: [a@b]}}\n")), @r"
    policy.yml:5:3: `environment` is the receiver that EMAIL_TO makes
      hint: give it another name
    ");
}

#[test]
fn a_misspelt_key_is_told() {
    assert_eq!(
        errors(&with_receivers("  ops: {discord: {url_fil: /s/discord}}\n")),
        "policy.yml:5:19: unknown key `url_fil`\n  hint: did you mean `url_file`?"
    );
}

/// What was pasted where it does not belong is a secret all the same.
#[test]
fn no_error_and_no_warning_repeats_a_secret() {
    const SECRET: &str = "canary-T0-B0-x9";
    for line in [
        "slack: {url: 'https://hooks.example.org/canary-T0-B0-x9'}",
        "slack: {url: 'https://hooks.example.org/canary-T0-B0-x9', url_file: /s/slack}",
        "slack: 'https://hooks.example.org/canary-T0-B0-x9'",
        "slack: ['https://hooks.example.org/canary-T0-B0-x9']",
        "teams: {url_file: 'https://hooks.example.org/canary-T0-B0-x9'}",
        "discord: {url_file: 'canary-T0-B0-x9'}",
        "mattermost: {url: ['https://hooks.example.org/canary-T0-B0-x9']}",
        "ntfy: {url: 'https://me:canary-T0-B0-x9@ntfy.example.org/a'}",
        "ntfy: {url: 'https://ntfy.example.org/a', token_file: canary-T0-B0-x9}",
        "webhook: {url: 'canary-T0-B0-x9'}",
        "webhook: {url: 'https://h.example.org', headers: {Authorization: Bearer canary-T0-B0-x9}}",
        "webhook: {url: 'https://h.example.org', secret_file: canary-T0-B0-x9}",
    ] {
        let said = errors(&with_receivers(&format!("  ops:\n    {line}\n")));
        assert!(!said.contains(SECRET), "{line}: {said}");
        assert!(said.contains("policy.yml:6:"), "{line}: {said}");
        assert!(said.contains("hint:"), "{line}: {said}");
    }
}

#[test]
fn an_address_typed_into_the_policy_is_a_secret_that_belongs_in_a_file() {
    let line = "  ops:\n    slack: {url: 'https://hooks.example.org/services/T0/B0/x'}\n";
    let said = errors(&with_receivers(line));
    assert!(said.starts_with("policy.yml:6:"), "{said}");
    assert!(said.contains("is a secret"), "{said}");
    assert!(said.contains("url_file: /etc/prunelle/secrets/"), "{said}");
}

#[test]
fn what_goes_over_the_network_in_the_clear_is_warned_of() {
    let of = |url: &str| warnings(&format!("  ops: {{webhook: {{url: '{url}'}}}}\n"));
    assert_eq!(of("https://h.example.org/a"), Vec::<String>::new());
    assert_eq!(of("http://127.0.0.1:8000/a"), Vec::<String>::new());
    assert_eq!(of("http://[::1]:8000/a"), Vec::<String>::new());
    assert_eq!(of("http://localhost/a"), Vec::<String>::new());
    let said = of("http://h.example.org/a").join("\n");
    assert!(
        said.contains("policy.yml:5:24: messages go over the network in the clear"),
        "{said}"
    );
    let said = of("https://h.example.org/a?key=canary-x9").join("\n");
    assert!(
        said.contains("often a secret") && !said.contains("canary"),
        "{said}"
    );
}
