//! A sandbox with systemd and the daemon in it, and a hand to play Alertmanager.

use std::path::{Path, PathBuf};
use std::time::Duration;

use prunelle_sandbox::stack::Action;
use prunelle_sandbox::{Kept, Manager, Options, http, wait_until};
use rustix::process::Signal;

/// Longer than anything here takes on a busy machine.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

const PROGRAM: &str = env!("CARGO_BIN_EXE_prunelle-healer");
const TOKEN: &str = "a-token-of-the-tests-that-is-long-enough";

pub(super) const POLICY: &str = "
version: 1
host: {label: instance, is: ['test:9750']}
mode: enforce
defaults:
  boot_grace: 0s
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: ['victim.service']}}
    ladder:
      - remedy: restart_service
        attempts: 2
        verify: {unit_active: {stable_for: 1s}}
        within: 20s
  - name: disk-full
    matchers: ['alertname = \"DiskFull\"']
    target: {path: FOLDER, when: same_file_system}
    ladder:
      - remedy: clean_folder
        with: {older_than: 3s, stop_at_free: 60%, max_bytes: 1GiB}
        verify: {free_space: {at_least: 50%}}
        within: 20s
";

pub(super) struct Daemon {
    healer: Option<Kept>,
    pub(super) manager: Manager,
    port: u16,
    dir: PathBuf,
    reserve: String,
    more: Vec<String>,
    environment: Vec<String>,
}

impl Daemon {
    pub(super) fn start(options: Options) -> Self {
        Self::with_reserve(options, "1MiB")
    }

    /// With so much space held back for a full disk.
    pub(super) fn with_reserve(options: Options, reserve: &str) -> Self {
        Self::with(options, reserve, POLICY)
    }

    /// With a policy of its own.
    pub(super) fn with_policy(options: Options, policy: &str) -> Self {
        Self::with(options, "1MiB", policy)
    }

    /// With a policy of its own, more flags, and variables as `NAME=value`.
    pub(super) fn with_more(
        options: Options,
        policy: &str,
        more: Vec<String>,
        environment: Vec<String>,
    ) -> Self {
        let mut daemon = Self::prepared(options, "1MiB", policy);
        daemon.more = more;
        daemon.environment = environment;
        daemon.start_again();
        daemon
    }

    fn with(options: Options, reserve: &str, policy: &str) -> Self {
        let mut daemon = Self::prepared(options, reserve, policy);
        daemon.start_again();
        daemon
    }

    fn prepared(options: Options, reserve: &str, policy: &str) -> Self {
        let manager = Manager::start(options).unwrap();
        let dir = manager.dir().to_owned();
        for folder in ["state", "log", "run"] {
            std::fs::create_dir_all(dir.join(folder)).unwrap();
        }
        let folder = dir.join("disk/scratch").display().to_string();
        std::fs::write(dir.join("policy.yml"), policy.replace("FOLDER", &folder)).unwrap();
        std::fs::write(dir.join("token"), TOKEN).unwrap();
        let port = prunelle_sandbox::free_port().unwrap();
        Self {
            healer: None,
            manager,
            port,
            dir,
            reserve: reserve.to_owned(),
            more: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Starts the daemon and waits until it takes work.
    pub(super) fn start_again(&mut self) {
        let log = self.dir.join("healer.log");
        let healer = self.keep(self.port, &log);
        self.healer = Some(healer);
        wait_until("the daemon is ready", LIMIT, || {
            let answer = http::get(self.port, "/-/ready").ok()?;
            (answer.status == 200).then_some(())
        })
        .unwrap_or_else(|error| panic!("{error}\n{}", self.log()));
    }

    /// Starts another one beside it, on any port, that cannot go on; what it said.
    pub(super) fn start_another(&self) -> String {
        let log = self.dir.join("another.log");
        let mut another = self.keep(0, &log);
        wait_until("the other one ends", LIMIT, || {
            (!another.is_running()).then_some(())
        })
        .unwrap();
        let status = another.kill().unwrap();
        let said = std::fs::read_to_string(&log).unwrap();
        assert!(!status.success(), "{status}: {said}");
        said
    }

    fn keep(&self, port: u16, log: &Path) -> Kept {
        let listen = format!("127.0.0.1:{port}");
        let path = |name: &str| self.dir.join(name).display().to_string();
        let (policy, token) = (path("policy.yml"), path("token"));
        let (state, actions, run) = (path("state"), path("log/actions.jsonl"), path("run"));
        // Nothing listens on the discard port: the daemon must do without the API.
        let flags = [
            "--web.listen-address",
            listen.as_str(),
            "--web.token-file",
            &token,
            "--policy.file",
            &policy,
            "--storage.path",
            &state,
            "--storage.reserve",
            &self.reserve,
            "--actions.file",
            &actions,
            "--runtime.path",
            &run,
            "--alertmanager.url",
            "http://127.0.0.1:9",
        ];
        // `env` becomes the program.
        let environment = self.environment.iter().map(String::as_str);
        let arguments: Vec<&str> = environment
            .chain([PROGRAM])
            .chain(flags)
            .chain(self.more.iter().map(String::as_str))
            .collect();
        self.manager.keep("/usr/bin/env", &arguments, log).unwrap()
    }

    /// Changes the policy's file; it is in force after a reload.
    pub(super) fn change_policy(&self, change: impl FnOnce(String) -> String) {
        let file = self.dir.join("policy.yml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, change(text)).unwrap();
    }

    /// Does something while there is no policy file.
    pub(super) fn with_policy_away<T>(&self, act: impl FnOnce(&Self) -> T) -> T {
        let (file, away) = (self.dir.join("policy.yml"), self.dir.join("away.yml"));
        std::fs::rename(&file, &away).unwrap();
        let result = act(self);
        std::fs::rename(&away, &file).unwrap();
        result
    }

    /// Where it listens.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// SIGHUP.
    pub(super) fn hang_up(&mut self) {
        let healer = self.healer.as_mut().unwrap();
        healer.signal(Signal::HUP).unwrap();
    }

    /// `POST /-/reload` with these headers.
    pub(super) fn reload_with(&self, headers: &[(&str, &str)]) -> http::Answer {
        http::post(self.port, "/-/reload", headers, "").unwrap()
    }

    /// `POST /-/reload` with the token.
    pub(super) fn reload(&self) -> http::Answer {
        let bearer = format!("Bearer {TOKEN}");
        self.reload_with(&[("Authorization", bearer.as_str())])
    }

    /// The value of a sample in `/metrics`.
    pub(super) fn metric(&self, sample: &str) -> Option<String> {
        let answer = http::get(self.port, "/metrics").unwrap();
        let value = answer
            .body
            .lines()
            .find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        value.map(ToOwned::to_owned)
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        self.healer.take().unwrap().kill().unwrap();
    }

    /// SIGTERM; it must end well.
    pub(super) fn stop(&mut self) {
        let status = self.healer.take().unwrap().stop(LIMIT).unwrap();
        println!("{}", self.log());
        assert!(status.success(), "{status}\n{}", self.log());
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("healer.log")).unwrap_or_default()
    }

    /// Posts that a service is down; returns the status of the answer.
    pub(super) fn fire(&self, unit: &str, episode: &str) -> u16 {
        self.post(unit, episode, "firing")
    }

    /// Posts that it is up again.
    pub(super) fn resolve(&self, unit: &str, episode: &str) -> u16 {
        self.post(unit, episode, "resolved")
    }

    /// Posts that another alert fires about a unit.
    pub(super) fn fire_named(&self, alert: &str, unit: &str, episode: &str) -> u16 {
        self.post_named(alert, unit, episode, "firing")
    }

    /// Posts that it has resolved.
    pub(super) fn resolve_named(&self, alert: &str, unit: &str, episode: &str) -> u16 {
        self.post_named(alert, unit, episode, "resolved")
    }

    fn post(&self, unit: &str, episode: &str, status: &str) -> u16 {
        self.post_named("ServiceDown", unit, episode, status)
    }

    fn post_named(&self, alert: &str, unit: &str, episode: &str, status: &str) -> u16 {
        let labels = serde_json::json!({
            "alertname": alert, "name": unit, "instance": "test:9750", "severity": "critical"
        });
        self.post_alert(&labels, episode, status)
    }

    /// Posts that the disk is full; returns the status of the answer.
    pub(super) fn fire_disk_full(&self) -> u16 {
        let labels = serde_json::json!({
            "alertname": "DiskFull", "mountpoint": self.dir.join("disk"), "instance": "test:9750"
        });
        self.post_alert(&labels, "1", "firing")
    }

    fn post_alert(&self, labels: &serde_json::Value, episode: &str, status: &str) -> u16 {
        let starts_at = format!("2026-01-01T00:00:0{episode}Z");
        let ends_at = if status == "firing" {
            "0001-01-01T00:00:00Z"
        } else {
            "2026-01-01T01:00:00Z"
        };
        let body = serde_json::json!({
            "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": status,
            "receiver": "healer", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
            "externalURL": "http://nowhere.example",
            "alerts": [{
                "status": status,
                "labels": labels,
                "annotations": {"summary": "something is wrong"},
                "startsAt": starts_at, "endsAt": ends_at,
                "generatorURL": "", "fingerprint": "00000000000000aa"
            }]
        });
        let bearer = format!("Bearer {TOKEN}");
        let headers = [("Authorization", bearer.as_str())];
        http::post(self.port, "/api/v1/alerts", &headers, &body.to_string())
            .unwrap()
            .status
    }

    /// Runs the command line against the daemon.
    pub(super) fn cli(&self, arguments: &[&str]) -> String {
        let mut command = self.manager.command(env!("CARGO_BIN_EXE_prunelle-healer"));
        command
            .args(arguments)
            .env("PRUNELLE_HEALER_RUNTIME_PATH", self.dir.join("run"));
        self.manager.output(&mut command).unwrap()
    }

    /// The same with all that it said, also when it failed.
    pub(super) fn cli_whole(&self, arguments: &[&str]) -> String {
        let mut command = self.manager.command(env!("CARGO_BIN_EXE_prunelle-healer"));
        command
            .args(arguments)
            .env("PRUNELLE_HEALER_RUNTIME_PATH", self.dir.join("run"))
            .env("PRUNELLE_HEALER_POLICY_FILE", self.dir.join("policy.yml"));
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&said).into_owned()
    }

    /// The folder with all that belongs to it.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The action log.
    pub(super) fn actions(&self) -> Vec<Action> {
        std::fs::read_to_string(self.dir.join("log/actions.jsonl"))
            .unwrap_or_default()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Its lines of one event type.
    pub(super) fn lines(&self, event_type: &str) -> Vec<Action> {
        let mut lines = self.actions();
        lines.retain(|line| line.event_type == event_type);
        lines
    }

    /// Waits for a line and returns it.
    pub(super) fn wait_for_line(&self, event_type: &str, status: &str) -> Action {
        wait_until(&format!("a line {event_type} {status}"), LIMIT, || {
            self.actions()
                .into_iter()
                .find(|line| line.is(event_type, status))
        })
        .unwrap_or_else(|error| panic!("{error}\n{:#?}\n{}", self.actions(), self.log()))
    }

    /// Waits until so many remediations have ended.
    pub(super) fn outcomes(&self, count: usize) {
        wait_until(&format!("{count} outcomes"), LIMIT, || {
            (self.lines("outcome").len() >= count).then_some(())
        })
        .unwrap_or_else(|error| panic!("{error}\n{:#?}\n{}", self.actions(), self.log()));
    }

    /// Waits for the end of the first remediation.
    pub(super) fn outcome(&self) -> Action {
        wait_until("a remediation has ended", LIMIT, || {
            self.lines("outcome").into_iter().next()
        })
        .unwrap_or_else(|error| panic!("{error}\n{:#?}\n{}", self.actions(), self.log()))
    }
}
