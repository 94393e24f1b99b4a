//! The rules file of polkit, run by a JavaScript engine as polkit runs it.

use super::{run, stderr, stdout};

const POLICY: &str = "
version: 1
host: {label: instance, is: [a]}
protected: {units: [precious]}
rules:
  - name: units
    matchers: ['a=b']
    target: {unit: {label: name, allow: [nginx, 'shop-*.service', precious, 'dev-disk\\x2da.device']}}
    ladder:
      - {remedy: restart_service, verify: {unit_active: {}}}
      - {remedy: stop_service, allow: ['shop-?.service', other], verify: {unit_inactive: {}}}
      - {remedy: throttle_service, with: {cpu_quota: 50%}, allow: ['*'], verify: {cpu_below: 80%}}
      - {remedy: run_command, with: {argv: [/bin/true]}, verify: {alert_inactive: {}}}
  - name: mounts
    matchers: ['a=c']
    target: {mount: {label: mountpoint, allow: [/var]}}
    ladder:
      - {remedy: vacuum_journal, with: {keep: 7d}, verify: {free_space: {at_least: 10%}}}
      - {remedy: clean_package_cache, verify: {free_space: {at_least: 10%}}}
  - name: groups
    matchers: ['a=d']
    target: {process_group: {uses_most: cpu, allow: ['{app,job}-[0-9].service']}}
    ladder:
      - {remedy: drop_caches, verify: {cpu_below: 80%}}
      - {remedy: restart_service, verify: {cpu_below: 80%}}
";

/// verb, unit, whether it is granted.
const QUESTIONS: [(&str, &str, bool); 40] = [
    ("start", "nginx.service", true),
    ("restart", "nginx.service", true),
    ("set-property", "nginx.service", true),
    ("stop", "nginx.service", false),
    ("reload", "nginx.service", false),
    ("kill", "nginx.service", false),
    ("try-restart", "nginx.service", false),
    ("start", "nginx.service.evil", false),
    ("start", "xnginx.service", false),
    ("start", "nginxxservice", false),
    ("restart", "shop-a.service", true),
    ("stop", "shop-a.service", true),
    ("stop", "shop-ab.service", false),
    ("stop", "other.service", false),
    ("restart", "shop-a.socket", false),
    ("restart", "evil-shop-a.service", false),
    ("restart", "shop-a.service\nx", false),
    ("start", "precious.service", true),
    ("restart", "precious.service", false),
    ("set-property", "precious.service", false),
    ("start", "dev-disk\\x2da.device", true),
    ("start", "dev-disk-a.device", false),
    ("restart", "app-1.service", true),
    ("restart", "job-9.service", true),
    ("restart", "app-12.service", false),
    ("restart", "web-1.service", false),
    ("stop", "app-1.service", false),
    ("start", "prunelle-drop-caches.service", true),
    ("restart", "prunelle-drop-caches.service", false),
    ("stop", "prunelle-drop-caches.service", false),
    ("start", "prunelle-clean-package-cache.service", true),
    ("start", "prunelle-vacuum-journal@7d.service", true),
    ("start", "prunelle-vacuum-journal@1d.service", false),
    ("start", "prunelle-run-0190-ab.scope", false),
    ("start", "prunelle-run-0190-ab.service", false),
    ("start", "evil-prunelle-run-0190-ab.scope", false),
    ("stop", "prunelle-run-0190-ab.scope", false),
    ("start", "reboot.target", false),
    ("start", "ssh.service", false),
    ("", "nginx.service", false),
];

/// Stands in for polkit: `ask` answers as polkit would ask the rule.
const POLKIT: &str = r#"
var rule = null;
var polkit = { Result: { YES: "yes", NO: "no" }, addRule: function (it) { rule = it; } };
var say = typeof print === "function" ? print : console.log;
function ask(id, user, verb, unit) {
    var details = { verb: verb, unit: unit };
    var action = { id: id, lookup: function (key) { return details[key]; } };
    say(String(rule(action, { user: user })));
}
"#;

/// What the printed rules answer to calls of `ask`, one a line.
async fn answers(rules: &str, calls: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.js");
    std::fs::write(&file, format!("{POLKIT}\n{rules}\n{calls}\n")).unwrap();
    for engine in ["duk", "node"] {
        #[expect(clippy::disallowed_methods, reason = "the test runs a program")]
        let output = tokio::process::Command::new(engine)
            .arg(&file)
            .output()
            .await;
        if let Ok(output) = output {
            assert!(output.status.success(), "{engine}: {output:?}");
            return stdout(&output).lines().map(ToOwned::to_owned).collect();
        }
    }
    panic!("no JavaScript engine: scripts/prepare.sh installs `duktape`");
}

async fn printed(policy: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yml");
    std::fs::write(&file, policy).unwrap();
    let flag = format!("--policy.file={}", file.display());
    let mut all = vec!["polkit", flag.as_str()];
    all.extend(arguments);
    let output = run(&all).await;
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

#[tokio::test]
async fn each_verb_on_each_unit_is_granted_or_refused_as_the_policy_needs() {
    let rules = printed(POLICY, &[]).await;
    let calls: Vec<String> = QUESTIONS
        .iter()
        .map(|(verb, unit, _)| {
            format!(
                "ask(\"org.freedesktop.systemd1.manage-units\", \"prunelle\", {verb:?}, {unit:?});"
            )
        })
        .collect();
    let answers = answers(&rules, &calls.join("\n")).await;
    assert_eq!(answers.len(), QUESTIONS.len());
    for ((verb, unit, is_granted), answer) in QUESTIONS.iter().zip(&answers) {
        let expected = if *is_granted { "yes" } else { "no" };
        assert_eq!(answer, expected, "{verb} {unit:?}");
    }
}

#[tokio::test]
async fn nobody_else_and_nothing_else_is_answered_and_a_scope_without_a_name_is_refused() {
    let rules = printed(POLICY, &["--user", "healer"]).await;
    let answers = answers(
        &rules,
        r#"
ask("org.freedesktop.systemd1.manage-units", "prunelle", "start", "nginx.service");
ask("org.freedesktop.systemd1.manage-unit-files", "healer", "start", "nginx.service");
ask("org.freedesktop.systemd1.manage-units", "healer", "start", "nginx.service");
ask("org.freedesktop.systemd1.manage-units", "healer", undefined, undefined);
"#,
    )
    .await;
    assert_eq!(answers, ["undefined", "undefined", "yes", "no"]);
}

#[tokio::test]
async fn a_user_that_cannot_exist_and_a_broken_policy_print_nothing() {
    let output = run(&[
        "polkit",
        "--user",
        "a\"; polkit",
        "--policy.file=/nonexistent",
    ])
    .await;
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("is not a user's name"));
    let output = run(&["polkit", "--policy.file=/nonexistent/policy.yml"]).await;
    assert!(!output.status.success());
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("cannot read the file"));
}
