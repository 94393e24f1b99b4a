//! The program as people run it: `check-config`, and the commands that speak to a daemon over its socket.

use axum::Router;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, ManualClock, Now};
use prunelle_foundation::lifecycle::Stop;
use prunelle_healer::control::{self, Control, ControlError};
use prunelle_healer::facts::Pause;
use prunelle_healer::intake::Samples;
use prunelle_healer::remediation::handle::{Command, Handle, Resumed};
use prunelle_healer::view::View;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

#[expect(
    clippy::disallowed_methods,
    reason = "the program itself is what is tested"
)]
async fn run(arguments: &[&str]) -> Output {
    tokio::process::Command::new(env!("CARGO_BIN_EXE_prunelle-healer"))
        .args(arguments)
        .env_clear()
        .env("USER", "ada")
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

/// A daemon's control socket over an engine that the test plays.
struct Daemon {
    folder: TempDir,
    commands: mpsc::Receiver<Command>,
    control: Control,
    stop: Stop,
    _view: watch::Sender<Arc<View>>,
}

impl Daemon {
    fn new() -> Self {
        let (handle, commands) = Handle::new();
        let wall = Timestamp::from_second(1_800_000_000).unwrap();
        let (sender, view) = watch::channel(Arc::new(View::starting(wall)));
        Self {
            folder: tempfile::tempdir().unwrap(),
            commands,
            control: Control {
                handle,
                view,
                samples: Samples::default(),
                more: Router::new(),
                clock: Arc::new(ManualClock::new(Now {
                    wall,
                    boot: Duration::from_hours(1),
                    boot_id: BootId::new("boot"),
                })),
            },
            stop: Stop::new(),
            _view: sender,
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("healer.sock")
    }

    /// Runs a command against the daemon while `engine` answers.
    async fn ask<T>(
        &mut self,
        arguments: &[&str],
        engine: impl AsyncFnOnce(&mut mpsc::Receiver<Command>) -> T,
    ) -> (Output, T) {
        let listener = control::bind(&self.socket()).unwrap();
        let stop = self.stop.child();
        let folder = format!("--runtime.path={}", self.folder.path().display());
        let mut all = vec![folder.as_str()];
        all.extend(arguments);
        let (served, (output, answer)) = tokio::join!(
            control::serve(listener, self.control.clone(), stop.clone()),
            async {
                let both = tokio::join!(run(&all), engine(&mut self.commands));
                stop.request("asked");
                both
            }
        );
        served.unwrap();
        (output, answer)
    }
}

async fn take_pause(commands: &mut mpsc::Receiver<Command>) -> Pause {
    match commands.recv().await {
        Some(Command::Pause { pause, reply }) => {
            reply.send(Ok(())).unwrap();
            pause
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn pause_names_the_target_in_full_and_who_asked() {
    let mut daemon = Daemon::new();
    let arguments = ["pause", "nginx", "--for", "1h30m", "--note", "upgrade"];
    let (output, pause) = daemon.ask(&arguments, take_pause).await;
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "paused unit:nginx.service for 1h30m, until 2027-01-15T09:30:00Z\n"
    );
    assert_eq!(pause.target, Some("nginx.service".parse().unwrap()));
    assert_eq!(pause.lasts, Duration::from_mins(90));
    assert_eq!(pause.note, "ada: upgrade");
    assert_eq!(pause.since.wall.as_second(), 1_800_000_000);

    let (output, pause) = daemon
        .ask(&["pause", "all", "--for", "5m"], take_pause)
        .await;
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(pause.target, None);
}

#[tokio::test]
async fn resume_tells_what_it_ended() {
    let mut daemon = Daemon::new();
    for (pauses, was_quarantined, expected) in [
        (1, false, "resumed path:/tmp: 1 pause ended\n"),
        (
            2,
            true,
            "resumed path:/tmp: 2 pauses ended, released from quarantine\n",
        ),
        (0, false, "path:/tmp was neither paused nor in quarantine\n"),
    ] {
        let resumed = Resumed {
            pauses,
            was_quarantined,
        };
        let (output, target) = daemon
            .ask(&["resume", "/tmp"], async |commands| {
                match commands.recv().await {
                    Some(Command::Resume { target, reply }) => {
                        reply.send(Ok(resumed)).unwrap();
                        target
                    }
                    other => panic!("{other:?}"),
                }
            })
            .await;
        assert_eq!(stdout(&output), expected, "{}", stderr(&output));
        assert_eq!(target, Some("/tmp".parse().unwrap()));
    }
}

#[tokio::test]
async fn status_is_for_people_and_for_programs() {
    let mut daemon = Daemon::new();
    let (output, ()) = daemon.ask(&["status"], async |_| ()).await;
    assert!(
        stdout(&output).starts_with("prunelle-healer 0.1.0, not ready at 2027-01-15T08:00:00Z\nmode     observe (starting)\n"),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    let (output, ()) = daemon.ask(&["status", "--json"], async |_| ()).await;
    let status: control::Status = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!status.view.is_ready);
}

#[tokio::test]
async fn what_the_daemon_refuses_is_told() {
    let mut daemon = Daemon::new();
    for (arguments, expected) in [
        (["pause", "a b", "--for", "1h"], "is not a unit name"),
        (
            ["pause", "all", "--for", "0s"],
            "a pause lasts longer than nothing",
        ),
        (["pause", "all", "--for", "91d"], "at most 90d"),
    ] {
        let (output, ()) = daemon.ask(&arguments, async |_| ()).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    let (output, ()) = daemon
        .ask(&["pause", "all", "--for", "1h"], async |commands| {
            // The engine ends without an answer.
            drop(commands.recv().await);
        })
        .await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("the journal is closed"),
        "{}",
        stderr(&output)
    );
}

#[tokio::test]
async fn a_daemon_that_does_not_run_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = format!("--runtime.path={}", folder.path().display());
    for arguments in [
        vec!["status"],
        vec!["resume", "all"],
        vec!["pause", "all", "--for", "1h"],
    ] {
        let output = run(&[&[path.as_str()], &arguments[..]].concat()).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(
            stderr(&output).contains("is not running"),
            "{}",
            stderr(&output)
        );
    }
    // The socket of one that died is there, and nobody behind it.
    drop(control::bind(&folder.path().join("healer.sock")).unwrap());
    let output = run(&[&path, "status"]).await;
    assert!(
        stderr(&output).contains("is not running"),
        "{}",
        stderr(&output)
    );
}

#[tokio::test]
async fn the_socket_is_for_its_owner_and_for_one_daemon() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("healer.sock");
    let first = control::bind(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let refused = control::bind(&path).unwrap_err();
    assert!(
        matches!(refused, ControlError::AlreadyRunning(_)),
        "{refused}"
    );
    drop(first);
    drop(control::bind(&path).unwrap());

    let file = folder.path().join("file");
    std::fs::write(&file, "keep me").unwrap();
    let refused = control::bind(&file).unwrap_err();
    assert!(matches!(refused, ControlError::NotASocket(_)), "{refused}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "keep me");
    let refused = control::bind(Path::new("/nonexistent/healer.sock")).unwrap_err();
    assert!(matches!(refused, ControlError::Bind { .. }), "{refused}");
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
