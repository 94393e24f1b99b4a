//! The commands that speak to a daemon: its control socket over an engine that the test plays, and a real journal.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Clock as _, ManualClock, Now};
use prunelle_foundation::lifecycle::{Lifecycle, Stop};
use prunelle_healer::control::{self, Control, ControlError};
use prunelle_healer::facts::Pause;
use prunelle_healer::intake::Samples;
use prunelle_healer::journal::{AnswerRefused, Answered, Journal, JournalOptions};
use prunelle_healer::policy::load;
use prunelle_healer::reload::PolicyStatus;
use prunelle_healer::remediation::handle::{Command, Handle, Resumed};
use prunelle_healer::target::Target;
use prunelle_healer::view::{ApprovalView, HeartbeatView, QuarantineView, View};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

use super::{run, stderr, stdout};

const POLICY: &str = "
version: 1
host: {label: instance, is: ['test:9750']}
rules:
  - name: disk-full
    matchers: ['alertname = \"DiskFull\"']
    target: {path: /var/tmp, when: same_file_system}
    ladder:
      - {remedy: clean_folder, with: {older_than: 3d, stop_at_free: 60%, max_bytes: 1GiB}, verify: {free_space: {at_least: 50%}}}
";

type Commands = mpsc::Receiver<Command>;

/// A daemon's control socket.
struct Daemon {
    folder: TempDir,
    commands: Commands,
    control: Control,
    clock: Arc<ManualClock>,
    view: watch::Sender<Arc<View>>,
    stop: Stop,
    _lifecycle: Lifecycle,
}

impl Daemon {
    fn new() -> Self {
        let (handle, commands) = Handle::new();
        let wall = Timestamp::from_second(1_800_000_000).unwrap();
        let clock = Arc::new(ManualClock::new(Now {
            wall,
            boot: Duration::from_hours(1),
            boot_id: BootId::new("boot"),
        }));
        let (view, views) = watch::channel(Arc::new(View::starting(wall)));
        let folder = tempfile::tempdir().unwrap();
        let lifecycle = Lifecycle::new();
        let options = JournalOptions {
            reserve_bytes: 0,
            ..JournalOptions::new(folder.path())
        };
        let tasks = lifecycle.tasks();
        let journal = Journal::open(options, clock.clone(), &tasks, Stop::new()).unwrap();
        let policy = load::parse(Path::new("policy.yml"), POLICY).unwrap();
        let (_, policies) = watch::channel(Arc::new(policy));
        let users = folder.path().join("passwd");
        let uid = rustix::process::geteuid().as_raw();
        std::fs::write(&users, format!("ada:x:{uid}:{uid}::/:/bin/sh\n")).unwrap();
        Self {
            commands,
            control: Control {
                handle,
                view: views,
                samples: Samples::default(),
                policy: watch::channel(policy_in_force()).1,
                clock: clock.clone(),
                policies,
                journal,
                users,
                more: Router::new(),
            },
            clock,
            view,
            stop: Stop::new(),
            folder,
            _lifecycle: lifecycle,
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("healer.sock")
    }

    fn show(&self, change: impl FnOnce(&mut View)) {
        self.view.send_modify(|view| change(Arc::make_mut(view)));
    }

    /// Runs a command against the daemon while `engine` answers.
    async fn ask<T>(
        &mut self,
        arguments: &[&str],
        engine: impl AsyncFnOnce(&mut Commands) -> T,
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

    /// The same, for what never gets as far as the engine.
    async fn ask_alone(&mut self, arguments: &[&str]) -> Output {
        self.ask(arguments, async |_| ()).await.0
    }
}

async fn take_pause(commands: &mut Commands) -> (Pause, String) {
    match commands.recv().await {
        Some(Command::Pause { pause, by, reply }) => {
            reply.send(Ok(())).unwrap();
            (pause, by)
        }
        other => panic!("{other:?}"),
    }
}

/// Takes a release, says whether there was a quarantine, and tells of which target and by whom.
async fn take_release(commands: &mut Commands, was_quarantined: bool) -> (Target, String) {
    match commands.recv().await {
        Some(Command::Release { target, by, reply }) => {
            reply.send(Ok(was_quarantined)).unwrap();
            (target, by)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn pause_names_the_target_in_full_and_who_asked() {
    let mut daemon = Daemon::new();
    let arguments = ["pause", "nginx", "--for", "1h30m", "--note", "upgrade"];
    let (output, (pause, by)) = daemon.ask(&arguments, take_pause).await;
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "paused unit:nginx.service for 1h30m, until 2027-01-15T09:30:00Z\n"
    );
    assert_eq!(pause.target, Some("nginx.service".parse().unwrap()));
    assert_eq!(pause.lasts, Duration::from_mins(90));
    assert_eq!((pause.note.as_str(), by.as_str()), ("ada: upgrade", "ada"));
    assert_eq!(pause.since.wall.as_second(), 1_800_000_000);

    let arguments = ["pause", "all", "--for", "5m", "--json"];
    let (output, (pause, _)) = daemon.ask(&arguments, take_pause).await;
    assert_eq!((pause.target, pause.note.as_str()), (None, "ada"));
    let paused: control::Paused = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((paused.target.as_str(), paused.by.as_str()), ("all", "ada"));
}

#[tokio::test]
async fn resume_tells_what_it_ended_and_fails_when_there_was_nothing() {
    let mut daemon = Daemon::new();
    for (pauses, was_quarantined, code, expected) in [
        (1, false, 0, "resumed path:/tmp: 1 pause ended\n"),
        (
            2,
            true,
            0,
            "resumed path:/tmp: 2 pauses ended, released from quarantine\n",
        ),
        (
            0,
            false,
            1,
            "prunelle-healer: path:/tmp was neither paused nor in quarantine\n",
        ),
    ] {
        let resumed = Resumed {
            pauses,
            was_quarantined,
        };
        let (output, target) = daemon
            .ask(&["resume", "/tmp"], async |commands| {
                match commands.recv().await {
                    Some(Command::Resume { target, by, reply }) => {
                        assert_eq!(by, "ada");
                        reply.send(Ok(resumed)).unwrap();
                        target
                    }
                    other => panic!("{other:?}"),
                }
            })
            .await;
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(stdout(&output) + &stderr(&output), expected);
        assert_eq!(target, Some("/tmp".parse().unwrap()));
    }
}

#[tokio::test]
async fn release_ends_a_quarantine_or_says_that_there_is_none() {
    let mut daemon = Daemon::new();
    let (output, (target, by)) = daemon
        .ask(&["release", "nginx"], async |commands| {
            take_release(commands, true).await
        })
        .await;
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        (target.to_string().as_str(), by.as_str()),
        ("unit:nginx.service", "ada")
    );
    assert!(stdout(&output).starts_with("released unit:nginx.service: "));
    let (output, _) = daemon
        .ask(&["release", "nginx"], async |commands| {
            take_release(commands, false).await
        })
        .await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "prunelle-healer: unit:nginx.service was not in quarantine\n"
    );
}

#[tokio::test]
async fn a_short_name_means_what_is_known_by_it_and_two_of_one_name_are_told_apart() {
    let mut daemon = Daemon::new();
    let quarantine = |target: &str| QuarantineView {
        target: target.to_owned(),
        rule: "r".to_owned(),
        since: Timestamp::UNIX_EPOCH,
        until: Timestamp::UNIX_EPOCH,
        release: String::new(),
    };
    daemon.show(|view| view.quarantines.push(quarantine("unit:backup.timer")));
    let (_, (target, _)) = daemon
        .ask(&["release", "backup"], async |commands| {
            take_release(commands, true).await
        })
        .await;
    assert_eq!(target.to_string(), "unit:backup.timer");

    daemon.show(|view| {
        view.quarantines.push(quarantine("mount:/var/tmp"));
        view.quarantines.push(quarantine("process_group:memory"));
    });
    let output = daemon.ask_alone(&["release", "/var/tmp"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "prunelle-healer: 2 things are called `/var/tmp`: write `path:/var/tmp` or `mount:/var/tmp`\n"
    );
    for (name, expected) in [
        ("mount:/var/tmp", "mount:/var/tmp"),
        ("memory", "process_group:memory"),
    ] {
        let (_, (target, _)) = daemon
            .ask(&["release", name], async |commands| {
                take_release(commands, true).await
            })
            .await;
        assert_eq!(target.to_string(), expected);
    }
}

#[tokio::test]
async fn approve_and_deny_give_the_answer_and_say_what_follows_or_why_it_is_late() {
    let mut daemon = Daemon::new();
    let until = "2027-01-15T09:00:00Z".parse().unwrap();
    for (verb, expected) in [("approve", true), ("deny", false)] {
        let (output, ()) = daemon
            .ask(&[verb, "7"], async |commands| match commands.recv().await {
                Some(Command::Answer {
                    number,
                    is_approved,
                    by,
                    reply,
                }) => {
                    assert_eq!((number, is_approved, by.as_str()), (7, expected, "ada"));
                    let answered = Answered {
                        target: Target::Host,
                        message: "reboot this machine".to_owned(),
                        until,
                    };
                    reply.send(Ok(Ok(answered))).unwrap();
                }
                other => panic!("{other:?}"),
            })
            .await;
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).contains("7: reboot this machine\n"));
    }
    for refused in [AnswerRefused::Unknown(7), AnswerRefused::Over(7)] {
        let (output, ()) = daemon
            .ask(&["approve", "7"], async |commands| {
                match commands.recv().await {
                    Some(Command::Answer { reply, .. }) => {
                        reply.send(Ok(Err(refused.clone()))).unwrap();
                    }
                    other => panic!("{other:?}"),
                }
            })
            .await;
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stderr(&output), format!("prunelle-healer: {refused}\n"));
    }
    let output = run(&["approve", "seven"]).await;
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test]
async fn status_is_for_people_and_for_programs() {
    let mut daemon = Daemon::new();
    let output = daemon.ask_alone(&["status"]).await;
    assert!(
        stdout(&output).starts_with("prunelle-healer 0.1.0, not ready at 2027-01-15T08:00:00Z\nmode     observe (starting)\n"),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    let output = daemon.ask_alone(&["status", "--json"]).await;
    let status: control::Status = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!status.view.is_ready);
}

#[tokio::test]
async fn status_shows_what_waits_for_a_person_with_the_command_for_it() {
    let mut daemon = Daemon::new();
    let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
    daemon.show(|view| {
        view.approvals.push(ApprovalView {
            number: 7,
            alert: "MemoryHigh".to_owned(),
            rule: "memory".to_owned(),
            target: "host".to_owned(),
            remedy: "reboot".to_owned(),
            message: "reboot this machine".to_owned(),
            since: at(0),
            until: at(3600),
        });
        view.quarantines.push(QuarantineView {
            target: "unit:web.service".to_owned(),
            rule: "service-down".to_owned(),
            since: at(0),
            until: at(7200),
            release: "prunelle-healer release unit:web.service".to_owned(),
        });
        view.heartbeat = Some(HeartbeatView {
            last: Some(at(-600)),
            is_missing: true,
            missing_after: "3m".to_owned(),
        });
    });
    let text = stdout(&daemon.ask_alone(&["status"]).await);
    for line in [
        "heartbeat MISSING: it came last at 2027-01-15T07:50:00Z, which is longer ago than 3m: Prometheus, Alertmanager or the way to here is broken",
        "  7  reboot this machine (rule memory, reboot on host), until 2027-01-15T09:00:00Z: `prunelle-healer approve 7` or `deny 7`",
        "  unit:web.service by rule service-down, since 2027-01-15T08:00:00Z, until 2027-01-15T10:00:00Z: `prunelle-healer release unit:web.service` ends it",
    ] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in:\n{text}");
    }
}

#[tokio::test]
async fn history_tells_what_was_decided_the_newest_first_and_only_what_is_asked_for() {
    let mut daemon = Daemon::new();
    let journal = daemon.control.journal.clone();
    for (target, second) in [
        ("unit:web.service", 0),
        ("path:/tmp", 60),
        ("unit:web.service", 60),
    ] {
        daemon.clock.advance(Duration::from_secs(second));
        let pause = Pause {
            target: Some(target.parse().unwrap()),
            since: daemon.clock.now(),
            lasts: Duration::from_hours(1),
            note: "ada".to_owned(),
        };
        journal.pause(pause, "ada".to_owned()).await.unwrap();
    }
    let told = async |daemon: &mut Daemon, arguments: &[&str]| {
        let all = [&["history"], arguments].concat();
        stdout(&daemon.ask_alone(&all).await)
    };
    let third = "2027-01-15T08:02:00Z  PAUSED        unit:web.service  ada paused unit:web.service for 1h\n";
    let second = "2027-01-15T08:01:00Z  PAUSED        path:/tmp  ada paused path:/tmp for 1h\n";
    let first = third.replace("08:02", "08:00");
    assert_eq!(
        told(&mut daemon, &[]).await,
        format!("{third}{second}{first}")
    );
    assert_eq!(
        told(&mut daemon, &["--target", "web"]).await,
        format!("{third}{first}")
    );
    assert_eq!(
        told(&mut daemon, &["--since", "90s"]).await,
        format!("{third}{second}")
    );
    let one = told(&mut daemon, &["--limit", "1", "--outcome", "paused"]).await;
    assert_eq!(
        one,
        format!("{third}… there is more: --limit and --since reach further\n")
    );
    assert_eq!(
        told(&mut daemon, &["--outcome", "success"]).await,
        "nothing like that in the last 1w\n"
    );
    let output = daemon.ask_alone(&["history", "--outcome", "fine"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("nothing ends as `fine`"));
    let output = daemon
        .ask_alone(&["history", "--json", "--limit", "2"])
        .await;
    let history: control::History = serde_json::from_slice(&output.stdout).unwrap();
    assert!(history.is_cut);
    assert_eq!(history.events.len(), 2);
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
        let output = daemon.ask_alone(&arguments).await;
        assert_eq!(output.status.code(), Some(2));
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
        vec!["history"],
        vec!["resume", "all"],
        vec!["release", "nginx"],
        vec!["approve", "1"],
        vec!["deny", "1"],
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

fn policy_in_force() -> PolicyStatus {
    PolicyStatus {
        file: "/etc/prunelle/policy.yml".to_owned(),
        revision: "0123456789ab".to_owned(),
        since: "2026-03-01T09:00:00Z".parse().unwrap(),
        refused: Some("policy.yml:3:7: unknown mode `on`\n  hint: one of `off`".to_owned()),
    }
}

#[tokio::test]
async fn status_tells_which_policy_is_in_force_and_why_another_is_not() {
    let mut daemon = Daemon::new();
    let output = daemon.ask_alone(&["status"]).await;
    let text = stdout(&output);
    for line in [
        "policy   revision 0123456789ab of /etc/prunelle/policy.yml, in force since 2026-03-01T09:00:00Z",
        "         the file as it is now was refused; correct it and reload:",
        "         policy.yml:3:7: unknown mode `on`",
    ] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in:\n{text}");
    }
    let output = daemon.ask_alone(&["status", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["policy"]["revision"], "0123456789ab");
}
