//! The program as people run it: `check-config`, and the commands that speak to a daemon over its socket.

mod control;
mod journal;
mod notify;
mod polkit;
mod reports;

use std::process::Output;

#[expect(
    clippy::disallowed_methods,
    reason = "the program itself is what is tested"
)]
async fn run(arguments: &[&str]) -> Output {
    tokio::process::Command::new(env!("CARGO_BIN_EXE_prunelle-healer"))
        .args(arguments)
        .env_clear()
        .kill_on_drop(true)
        .output()
        .await
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn check_config_prints_what_a_policy_allows_or_all_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yml");
    std::fs::write(
        &file,
        "version: 1\nhost: {label: instance, is: [a]}\nrules:\n  - name: r\n    matchers: ['alertname = ServiceDown']\n    target: {unit: {label: name, allow: [nginx]}}\n    ladder: [{remedy: restart_service, attempts: 2, verify: {unit_active: {stable_for: 2s}}}]\n",
    )
    .unwrap();
    let shown = file.display().to_string();
    let output = run(&["check-config", &shown]).await;
    assert!(output.status.success());
    let text = stdout(&output);
    assert!(text.starts_with(&format!("{shown}: OK\n")), "{text}");
    for line in [
        "mode     observe",
        "  when     alertname=\"ServiceDown\"",
        "  on       the unit in `name`, out of nginx.service",
        "  do       restart_service; up to 2 attempts, each within 30s, checked: active for 2s",
    ] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in:\n{text}");
    }

    std::fs::write(&file, "version: 1\nmode: on\nrules: []\n").unwrap();
    let output = run(&["check-config", &format!("--policy.file={shown}")]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    let text = stderr(&output);
    assert!(
        text.starts_with(&format!("{shown}:1:1: missing field `host`")),
        "{text}"
    );
    assert!(text.contains("policy.yml:2:7: unknown mode `on`"), "{text}");
}

#[tokio::test]
async fn check_config_warns_of_what_is_probably_not_meant_and_says_all_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yml");
    std::fs::write(
        &file,
        "version: 1\nhost: {label: instance, is: [a]}\ngroups: [{name: web, units: [web]}]\nrules:\n  - name: r\n    matchers: ['alertname = x']\n    target: {process_group: {uses_most: cpu, allow: [app]}}\n    ladder: [{remedy: throttle_service, with: {cpu_quota: 50%}, allow: [], verify: {all: [{cpu_below: 80%}, {any: [{tcp: '127.0.0.1:80'}, {alert_inactive: {}}]}]}}]\n",
    )
    .unwrap();
    let output = run(&["check-config", &file.display().to_string()]).await;
    assert!(output.status.success(), "a warning is no error");
    let warning = "policy.yml:3:17: no rule allows a unit of the group `web`";
    assert!(stderr(&output).contains(warning), "{}", stderr(&output));
    let text = stdout(&output);
    let rung = "  do       throttle_service to 50% of one processor for 1h; up to 1 attempt, each within 10m, checked: less than 80% of CPU in use and (127.0.0.1:80 can be connected to or Alertmanager no longer has the alert); for no unit, its list is empty";
    assert!(text.lines().any(|line| line == rung), "{text}");
}

#[tokio::test]
async fn check_config_checks_the_web_configuration_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yml");
    let web = folder.path().join("web.yml");
    std::fs::write(
        &policy,
        "version: 1\nhost: {label: instance, is: [a]}\nrules: []\n",
    )
    .unwrap();
    let check = async |text: &str| {
        std::fs::write(&web, text).unwrap();
        let flag = format!("--web.config.file={}", web.display());
        run(&["check-config", &policy.display().to_string(), &flag]).await
    };
    let output = check("rate_limit: {interval: 1s, burst: 5}\n").await;
    let text = stdout(&output);
    let expected = format!(
        "{}: OK\nhttp, no users, a request each 1s, 5 at once\n",
        web.display()
    );
    assert!(text.ends_with(&expected), "{text}");
    let output = check("rate_limits: {}\nbasic_auth_users: {ann: secret}\n").await;
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    for line in [
        "web.yml:1:1: unknown key `rate_limits`",
        "web.yml:2:25: this is not a bcrypt hash",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("secret"), "{text}");

    // The daemon says the same, before it touches anything.
    let flag = format!("--web.config.file={}", web.display());
    let output = run(&[&flag, &format!("--policy.file={}", policy.display())]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("web.yml:1:1: unknown key"),
        "{}",
        stderr(&output)
    );
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_all_told_before_anything_starts() {
    let output = run(&[
        "--storage.reserve=64",
        "--grafana.url=x",
        "--log.format=xml",
    ])
    .await;
    assert_eq!(output.status.code(), Some(1));
    for setting in ["--storage.reserve", "--grafana.url", "--log.format"] {
        assert!(stderr(&output).contains(setting), "{}", stderr(&output));
    }
    let output = run(&["--version"]).await;
    assert!(stdout(&output).starts_with("prunelle-healer 0.1.0"));
}
