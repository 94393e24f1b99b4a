//! `end_process` on a journal of its own, processes of the tests' own, and this program started once more inside
//! namespaces.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::lifecycle::{Lifecycle, Stop};
use prunelle_healer::alert::Episode;
use prunelle_healer::boundary::Boundary;
use prunelle_healer::journal::{Committed, Entry, Intent, Journal, JournalOptions, Started};
use prunelle_healer::processes::identity::Identity;
use prunelle_healer::processes::{Folder, Looking, Place};
use prunelle_healer::reason::Outcome;
use prunelle_healer::remediation::alarm::TokioAlarm;
use prunelle_healer::remediation::ids::{Ids as _, UuidV7};
use prunelle_healer::remediation::steps::Roots;
use prunelle_healer::remedy::end_process::{Details, EndProcess, Used};
use prunelle_healer::remedy::{Finding, Remedy as _};
use prunelle_healer::target::{Resource, Target};

/// Set for this program when it runs inside: the folder of its cgroups.
const GROUP: &str = "PRUNELLE_ATTACKERS_GROUP";

/// Makes cgroups of its own, and then a pid namespace, whose first process is a shell.
const OUTSIDE: &str = r#"
mount -t cgroup2 cgroup2 "$0"
PRUNELLE_ATTACKERS_GROUP="$0/prunelle-attackers-$$"
export PRUNELLE_ATTACKERS_GROUP
mkdir "$PRUNELLE_ATTACKERS_GROUP" "$PRUNELLE_ATTACKERS_GROUP/init.scope"
code=0
unshare --pid --fork --mount-proc --kill-child sh -euc '
    echo 0 >"$PRUNELLE_ATTACKERS_GROUP/init.scope/cgroup.procs"
    "$@" || exit $?
' inside "$@" || code=$?
find "$PRUNELLE_ATTACKERS_GROUP" -depth -type d -exec rmdir {} ";"
exit $code
"#;

/// True inside, where pids and cgroups are the test's own. Outside it runs the test inside, and false is the answer.
pub(super) fn is_inside(test: &str) -> bool {
    if std::env::var_os(GROUP).is_some() {
        return true;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = command("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-euc", OUTSIDE])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("attackers::{test}")])
        .args(["--nocapture", "--test-threads=1"])
        .output()
        .unwrap_or_else(|error| panic!("unshare (Debian package util-linux): {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    // Figures of a long run.
    print!("{said}");
    false
}

/// What a test is about that runs once more as an ordinary user.
pub(super) const SUBJECT: &str = "PRUNELLE_ATTACKERS_SUBJECT";

/// Runs the test once more, as somebody without rights.
pub(super) fn again_as_ordinary_user(test: &str, subject: &str) {
    let output = command("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("attackers::{test}"), "--nocapture"])
        .env(SUBJECT, subject)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

/// The folder of a unit's cgroup, made when missing.
pub(super) fn unit_folder(unit: &str) -> PathBuf {
    let folder = PathBuf::from(std::env::var_os(GROUP).unwrap()).join(unit);
    if !folder.exists() {
        std::fs::create_dir(&folder).unwrap();
    }
    folder
}

/// Puts a process into the cgroup of a unit.
pub(super) fn put(pid: u32, unit: &str) {
    std::fs::write(unit_folder(unit).join("cgroup.procs"), pid.to_string()).unwrap();
}

/// How often something is tried: few times as a rule, and as often as `PRUNELLE_ATTACKS` says for the full run.
pub(super) fn tries(few: usize) -> usize {
    let told = std::env::var("PRUNELLE_ATTACKS").ok();
    told.map_or(few, |told| told.parse().unwrap())
}

/// The remedy, and the journal that lets it act.
pub(super) struct Killer {
    pub(super) remedy: EndProcess,
    /// What finds the greediest unit.
    pub(super) looking: Looking,
    journal: Journal,
    clock: SharedClock,
    _folder: tempfile::TempDir,
    _lifecycle: Lifecycle,
}

impl Killer {
    pub(super) fn new() -> Self {
        let clock: SharedClock = Arc::new(SystemClock::new().unwrap());
        let lifecycle = Lifecycle::new();
        let folder = tempfile::tempdir().unwrap();
        let options = JournalOptions {
            reserve_bytes: 0,
            ..JournalOptions::new(folder.path())
        };
        let journal =
            Journal::open(options, Arc::clone(&clock), &lifecycle.tasks(), Stop::new()).unwrap();
        let alarm = Arc::new(TokioAlarm);
        let roots = Roots {
            root: small_machine(folder.path()),
            boundary: Boundary::Cgroup,
            ..Roots::default()
        };
        let looking = Looking {
            clock: Arc::clone(&clock),
            alarm: Arc::clone(&alarm) as _,
            tasks: lifecycle.tasks(),
            roots: roots.clone(),
        };
        let remedy = EndProcess::new(lifecycle.tasks(), Arc::clone(&clock), alarm, roots);
        Self {
            remedy,
            looking,
            journal,
            clock,
            _folder: folder,
            _lifecycle: lifecycle,
        }
    }

    pub(super) fn intent(&self, details: &Details) -> Intent {
        Intent {
            remediation: UuidV7.remediation(&self.clock.now()),
            episode: Episode {
                fingerprint: "00000000000000aa".to_owned().try_into().unwrap(),
                starts_at: self.clock.now().wall,
            },
            alert_name: "MemoryHigh".to_owned(),
            rule: "memory".to_owned(),
            target: Target::ProcessGroup(Resource::Memory),
            victim: Some(details.unit.unit.clone()),
            rung: 0,
            attempt: 1,
            remedy: "end_process".to_owned(),
            plan: serde_json::to_value(details).unwrap(),
            policy_revision: "r".to_owned(),
            at: self.clock.now(),
            within: Duration::from_mins(1),
        }
    }

    async fn start(&self, details: &Details) -> Committed<Started> {
        let intent = self.intent(details);
        let admitted = self.journal.admit(intent, Box::new(|_| Ok(()))).await;
        let plan = serde_json::to_value(details).unwrap();
        let started = self
            .journal
            .start(admitted.unwrap().unwrap(), plan, self.clock.now());
        started.await.unwrap()
    }

    /// Carries a plan out as the engine does: announced, and ended, in the journal.
    pub(super) async fn apply(&self, details: &Details) -> Finding {
        self.apply_beside(details, || ()).await
    }

    /// The same, and lets an attacker loose in the moment when the remedy begins.
    pub(super) async fn apply_beside(
        &self,
        details: &Details,
        attack: impl FnOnce() + Send,
    ) -> Finding {
        let started = self.start(details).await;
        attack();
        let remediation = started.get().intent.remediation;
        let finding = self.remedy.apply(started).await;
        let at = self.clock.now();
        let (outcome, reason) = match finding.result {
            Ok(()) => (Outcome::Success, None),
            Err(failure) => (failure.outcome, Some(failure.reason)),
        };
        let message = finding.message.clone();
        let attempt = Entry::AttemptEnded {
            remediation,
            outcome,
            reason,
            evidence: finding.evidence.clone(),
            message: message.clone(),
            at: at.clone(),
        };
        self.journal.record(attempt).await.unwrap();
        let end = Entry::Ended {
            remediation,
            outcome,
            reason,
            quarantine: Duration::ZERO,
            message,
            at,
        };
        self.journal.record(end).await.unwrap();
        finding
    }
}

/// The plan to end a process, as it is now.
pub(super) fn details(pid: u32, grace: Duration) -> Details {
    let folder = Folder::open(Path::new("/proc"))
        .unwrap()
        .process(pid)
        .unwrap();
    let (process, _) = Identity::read(&folder.unwrap()).unwrap().unwrap();
    Details {
        unit: Place {
            unit: "victim.service".parse().unwrap(),
            control_group: process.control_group.clone(),
        },
        process,
        used: Used::Memory(1),
        command_line: String::new(),
        grace_seconds: grace.as_secs_f64(),
    }
}

/// Not here any more, or only its number.
pub(super) fn has_ended(pid: u32) -> bool {
    let Some(folder) = Folder::open(Path::new("/proc"))
        .unwrap()
        .process(pid)
        .unwrap()
    else {
        return true;
    };
    Identity::read(&folder).unwrap().is_none()
}

/// A process of the test's own, killed with it.
pub(super) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// Runs a script of the shell in the cgroup of the victim, and waits until it says `ready`.
    pub(super) fn script(text: &str) -> Self {
        Self::script_in("victim.service", text)
    }

    /// The same, in the cgroup of a unit.
    pub(super) fn script_in(unit: &str, text: &str) -> Self {
        let procs = unit_folder(unit).join("cgroup.procs");
        let text = format!("echo 0 >{} && {text}", procs.display());
        Self::start(command("sh").args(["-c", &text]), true)
    }

    /// Runs a program that says nothing, and puts it into the cgroup of the victim.
    pub(super) fn program(program: &str, arguments: &[&str]) -> Self {
        let process = Self::start(command(program).args(arguments), false);
        put(process.pid(), "victim.service");
        process
    }

    fn start(command: &mut Command, says_ready: bool) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut process = Self {
            input: child.stdin.take(),
            output: child.stdout.take().map(BufReader::new),
            child,
        };
        if says_ready {
            assert_eq!(process.line(), "ready");
        }
        process
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it says.
    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.as_mut().unwrap().read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Lets a script that waits for a line go on, and waits until it has said that it did.
    pub(super) fn go_on(&mut self) {
        self.input.as_mut().unwrap().write_all(b"\n").unwrap();
        assert_eq!(self.line(), "done");
    }

    /// Whether it still runs.
    pub(super) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Kills it, and frees its number.
    pub(super) fn end(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests need processes that they may end"
)]
pub(super) fn command(program: &str) -> Command {
    Command::new(program)
}

/// The limits of a machine of 64 MiB, so that small processes stand out: wherever this one has its cgroups mounted.
fn small_machine(folder: &std::path::Path) -> std::path::PathBuf {
    let root = folder.join("root");
    for (place, limit, used) in [
        ("sys/fs/cgroup", "memory.max", "memory.current"),
        ("sys/fs/cgroup/unified", "memory.max", "memory.current"),
        (
            "sys/fs/cgroup/memory",
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
        ),
    ] {
        let place = root.join(place);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join(limit), "67108864\n").unwrap();
        std::fs::write(place.join(used), "1048576\n").unwrap();
    }
    root
}
