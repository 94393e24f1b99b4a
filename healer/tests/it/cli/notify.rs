//! `notify test` and `notify list` without a daemon, and what `check-config` says of the files of receivers.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{run, stderr, stdout};

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> String {
        let file = self.0.path().join(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        file.display().to_string()
    }

    fn policy(&self, receivers: &str) -> String {
        let text = format!(
            "version: 1\nhost: {{label: instance, is: [a]}}\nrules: []\nreceivers:\n{receivers}"
        );
        self.write("policy.yml", &text, 0o644)
    }
}

async fn notify(policy: &str, arguments: &[&str]) -> std::process::Output {
    let nowhere = Path::new(policy).with_file_name("nowhere");
    let flags = [
        format!("--policy.file={policy}"),
        format!("--runtime.path={}", nowhere.display()),
    ];
    let flags = flags.iter().map(String::as_str);
    let all: Vec<&str> = ["notify"]
        .into_iter()
        .chain(arguments.iter().copied())
        .chain(flags)
        .collect();
    run(&all).await
}

#[tokio::test]
async fn a_test_goes_every_way_and_tells_what_was_answered() {
    let server = MockServer::start().await;
    for (at, template) in [
        ("/slack", ResponseTemplate::new(200).set_body_string("ok")),
        (
            "/hook",
            ResponseTemplate::new(500).set_body_string("out of order"),
        ),
    ] {
        Mock::given(method("POST"))
            .and(path(at))
            .respond_with(template)
            .mount(&server)
            .await;
    }
    let files = Files::new();
    let slack = files.write("slack", &format!("{}/slack\n", server.uri()), 0o600);
    let policy = files.policy(&format!(
        "  ops:\n    language: fr\n    slack: {{url_file: {slack}}}\n    webhook: {{url: '{}/hook'}}\n  other: {{email: {{to: [a@b]}}}}\n",
        server.uri()
    ));
    let output = notify(&policy, &["test", "ops"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stdout(&output);
    assert_eq!(
        text,
        "slack       sent    127.0.0.1 answers 200 OK: ok\n\
         webhook     FAILED  127.0.0.1 answers 500 Internal Server Error: out of order\n\
         \u{20}                   a message would be tried again\n"
    );
    let requests = server.received_requests().await.unwrap();
    let body = String::from_utf8_lossy(&requests[0].body);
    assert!(body.contains("Ceci est un essai"), "{body}");

    let output = notify(&policy, &["test", "ops", "--integration=slack", "--json"]).await;
    assert!(output.status.success());
    let result: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(result["ways"][0]["is_sent"], true);

    let output = notify(&policy, &["test", "opps"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("there are `ops`, `other`"),
        "{}",
        stderr(&output)
    );
    let output = notify(&policy, &["test", "ops", "--integration=teams"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("`slack`, `webhook`"),
        "{}",
        stderr(&output)
    );

    let output = notify(&policy, &["list"]).await;
    assert_eq!(
        stdout(&output),
        "ops: slack, webhook; in fr\nother: email\n"
    );
}

#[tokio::test]
async fn check_config_looks_at_the_files_of_receivers() {
    let files = Files::new();
    let open = files.write("open", "https://hooks.example.org/canary9", 0o644);
    let none = files.write("none", "canary9", 0o600);
    let clear = files.write("clear", "http://hooks.example.org/canary9", 0o600);
    let policy = files.policy(&format!(
        "  open: {{slack: {{url_file: {open}}}}}\n  none: {{teams: {{url_file: {none}}}}}\n  \
         clear: {{discord: {{url_file: {clear}}}}}\n  missing: {{mattermost: {{url_file: /nonexistent/url}}}}\n"
    ));
    let output = run(&["check-config", &policy]).await;
    assert!(
        output.status.success(),
        "the files may be on another machine"
    );
    let text = stderr(&output);
    for line in [
        "policy.yml:5:28: everybody on this machine can read or change the secret in",
        "policy.yml:6:28: ",
        "does not hold an address of HTTP",
        "policy.yml:7:31: the address in",
        "policy.yml:8:36: cannot read the secret in /nonexistent/url: No such file",
        "chmod 0640",
    ] {
        assert!(text.contains(line), "no `{line}` in:\n{text}");
    }
    assert!(!text.contains("canary9"), "{text}");

    let template = files.write(
        "body.json",
        "{\"a\": {{ subject }},\n \"b\": {{ lead | nofilter }}}",
        0o644,
    );
    let policy = files.policy(&format!(
        "  hook: {{webhook: {{url: 'https://h.example.org', template_file: {template}}}}}\n"
    ));
    let output = run(&["check-config", &policy]).await;
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(
        text.contains("policy.yml:5:65: ") && text.contains("body.json:2: "),
        "{text}"
    );
}

#[tokio::test]
async fn the_receiver_that_settings_make_is_listed_with_the_others() {
    let files = Files::new();
    let policy = files.policy("  ops: {email: {to: [a@b]}}\n");
    let settings = [
        "list",
        "--email.enabled=True",
        "--smtp.host=localhost",
        "--email.from=prunelle@example.org",
        "--email.to=ops@example.org",
    ];
    let output = notify(&policy, &settings).await;
    assert_eq!(
        stdout(&output),
        "ops: email\nenvironment: email\n",
        "{}",
        stderr(&output)
    );
}
