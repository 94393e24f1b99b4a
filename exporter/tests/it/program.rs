//! The real program, started and stopped.

use std::fs::File;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use prunelle_sandbox::{Kept, Manager, wait_until};
use rustix::process::{Pid, Signal, kill_process};

pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// The program built by cargo.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_prunelle-exporter");

/// A command for it with an environment of nothing but PATH.
#[expect(
    clippy::disallowed_methods,
    reason = "a test may start the program it tests"
)]
pub(crate) fn command() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().env("PATH", "/usr/bin:/bin");
    command
}

/// A running exporter; killed on drop.
pub(crate) struct Exporter {
    process: Process,
    log: tempfile::NamedTempFile,
    address: String,
    scheme: &'static str,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

enum Process {
    Here(Child),
    InSandbox(Kept),
}

const LISTEN: &str = "--web.listen-address=127.0.0.1:0";

impl Exporter {
    /// Starts it on this host, on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = command();
        command.args(arguments);
        Self::spawn(command)
    }

    /// Starts it inside a sandbox.
    pub(crate) fn start_in(manager: &Manager, arguments: &[&str]) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let arguments = [arguments, &[LISTEN]].concat();
        let kept = manager.keep(PROGRAM, &arguments, log.path()).unwrap();
        Self::wait_until_it_listens(Process::InSandbox(kept), log)
    }

    /// Starts it by a command of one's own.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let child = command
            .arg(LISTEN)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log.path()).unwrap())
            .spawn()
            .unwrap();
        Self::wait_until_it_listens(Process::Here(child), log)
    }

    fn wait_until_it_listens(process: Process, log: tempfile::NamedTempFile) -> Self {
        let mut exporter = Self {
            process,
            log,
            address: String::new(),
            scheme: "http",
            client: reqwest::Client::builder().timeout(LIMIT).build().unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        };
        exporter.address = wait_until("the exporter listens", LIMIT, || {
            let log = exporter.log();
            let line = log
                .lines()
                .find(|line| line.contains("message=listening"))?;
            Some(line.split_once("address=")?.1.to_owned())
        })
        .unwrap_or_else(|error| panic!("{error}: {}", exporter.log()));
        exporter
    }

    /// The first address that it listens at.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Status and body of a GET.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.get_as(path, "*/*")
    }

    /// Status and body of a GET with this `Accept`.
    pub(crate) fn get_as(&self, path: &str, accept: &str) -> (u16, String) {
        let request = self.client.get(self.url(path));
        self.send(request.header("Accept", accept))
    }

    /// As a user with a password.
    pub(crate) fn get_as_user(&self, path: &str, user: &str, password: &str) -> (u16, String) {
        let request = self.client.get(self.url(path));
        self.send(request.basic_auth(user, Some(password)))
    }

    /// What another server says; none when it cannot be reached.
    pub(crate) fn fetch(&self, url: &str, query: &[(&str, &str)]) -> Option<String> {
        self.runtime.block_on(async {
            let response = self.client.get(url).query(query).send().await.ok()?;
            response.text().await.ok()
        })
    }

    /// Goes on with TLS, and certificates that this authority signed.
    pub(crate) fn trust(&mut self, authority: &[u8]) {
        let authority = reqwest::Certificate::from_pem(authority).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([authority]);
        self.client = client.timeout(LIMIT).build().unwrap();
        self.scheme = "https";
    }

    fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    fn send(&self, request: reqwest::RequestBuilder) -> (u16, String) {
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        })
    }

    /// Status and answer of a POST without a body.
    pub(crate) fn post(&self, path: &str) -> (u16, String) {
        self.runtime.block_on(async {
            let url = format!("http://{}{path}", self.address);
            let response = self.client.post(url).send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        })
    }

    /// Sends it a signal; only for one on this host.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Process::Here(child) = &self.process {
            kill_process(Pid::from_child(child), signal).unwrap();
        }
    }

    /// As a Prometheus that waits so long.
    pub(crate) fn get_within(&self, path: &str, timeout: Duration) -> (u16, String) {
        self.runtime.block_on(async {
            let request = self
                .client
                .get(format!("http://{}{path}", self.address))
                .header(
                    "X-Prometheus-Scrape-Timeout-Seconds",
                    timeout.as_secs_f64().to_string(),
                )
                .timeout(timeout);
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        })
    }

    /// The value of a series, written as in the text format.
    pub(crate) fn value(&self, path: &str, series: &str) -> Option<f64> {
        let (status, metrics) = self.get(path);
        assert_eq!(status, 200, "{metrics}");
        value(&metrics, series)
    }

    /// Waits until a series of `path` exists, and returns its value.
    pub(crate) fn wait_for(&self, path: &str, series: &str) -> f64 {
        wait_until(series, LIMIT, || self.value(path, series))
            .unwrap_or_else(|error| panic!("{error}: {}", self.get(path).1))
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        match &mut self.process {
            Process::InSandbox(kept) => kept.stop(LIMIT).unwrap(),
            Process::Here(child) => {
                kill_process(Pid::from_child(child), Signal::TERM).unwrap();
                wait_until("the exporter ends", LIMIT, || child.try_wait().unwrap()).unwrap()
            }
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // What is in a sandbox is ended by its keeper.
        if let Process::Here(child) = &mut self.process {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The value of a series in a text of metrics.
pub(crate) fn value(metrics: &str, series: &str) -> Option<f64> {
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(value.parse().unwrap())
}
