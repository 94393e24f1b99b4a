//! Child processes: the one place that starts them.
//!
//! A child inherits nothing but what it is given: its environment is empty but for that, its folder is `/`, its standard
//! input is a pipe that says when it may go on. What it prints is kept up to a limit and counted beyond it, so that it
//! never waits for us. It is killed when its owner lets go of it, and always reaped.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child as Process, ChildStderr, ChildStdin, ChildStdout, Command};

use super::Tasks;
use super::tasks::Registration;

/// A program to be started.
#[derive(Clone, Debug)]
pub struct Program {
    /// The file.
    pub path: PathBuf,
    /// Its arguments, without its own name.
    pub arguments: Vec<OsString>,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
}

/// Which part of an output is kept, and how much of it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The beginning.
    First(usize),
    /// The end.
    Last(usize),
}

/// What a child printed on one of its outputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// What was kept.
    pub kept: Vec<u8>,
    /// How many bytes there were in all.
    pub bytes: u64,
}

/// What came of a child.
#[derive(Clone, Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Printed,
    /// Its standard error.
    pub stderr: Printed,
}

/// A child that runs.
pub struct Child {
    process: Process,
    stdin: Option<ChildStdin>,
    stdout: Stream<ChildStdout>,
    stderr: Stream<ChildStderr>,
    _registration: Registration,
}

impl std::fmt::Debug for Child {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Child")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

impl Tasks {
    /// Starts a child in a process group of its own; each of its outputs is kept as `keep` says.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module that the ban points to"
    )]
    pub fn spawn_child(
        &self,
        name: &'static str,
        program: &Program,
        keep: Keep,
    ) -> io::Result<Child> {
        let mut process = Command::new(&program.path)
            .args(&program.arguments)
            .env_clear()
            .envs(
                program
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Child {
            stdin: process.stdin.take(),
            stdout: Stream::new(process.stdout.take(), keep),
            stderr: Stream::new(process.stderr.take(), keep),
            process,
            _registration: self.register(name),
        })
    }

    /// Runs a child to its end, which has to come within `limit`; it is killed when it does not.
    pub async fn output(
        &self,
        name: &'static str,
        program: &Program,
        keep: Keep,
        limit: Duration,
    ) -> io::Result<Output> {
        let mut child = self.spawn_child(name, program, keep)?;
        child.stdin = None;
        let ended = async {
            let status = child.wait().await?;
            Ok(child.rest(status, limit).await)
        };
        tokio::time::timeout(limit, ended)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Child {
    /// Its process id; none once it has been reaped.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Lets it go on: one byte on its standard input, and the end of that.
    pub async fn let_go(&mut self) -> io::Result<()> {
        match self.stdin.take() {
            Some(mut stdin) => stdin.write_all(b"\n").await,
            None => Ok(()),
        }
    }

    /// Waits for its end, and takes in what it prints meanwhile. May be called again after it was dropped half-way.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        loop {
            tokio::select! {
                status = self.process.wait() => return status,
                () = self.stdout.take_in() => {}
                () = self.stderr.take_in() => {}
            }
        }
    }

    /// What it printed, after its end. Processes that it left behind may still hold its outputs: they are waited for no
    /// longer than `limit`.
    pub async fn rest(&mut self, status: ExitStatus, limit: Duration) -> Output {
        let rest = async {
            while !(self.stdout.is_over() && self.stderr.is_over()) {
                tokio::select! {
                    () = self.stdout.take_in() => {}
                    () = self.stderr.take_in() => {}
                }
            }
        };
        // What has not come by then is left.
        let _ = tokio::time::timeout(limit, rest).await;
        Output {
            status,
            stdout: std::mem::take(&mut self.stdout.printed),
            stderr: std::mem::take(&mut self.stderr.printed),
        }
    }
}

/// An output that is taken in.
struct Stream<R> {
    source: Option<R>,
    keep: Keep,
    printed: Printed,
    buffer: Box<[u8]>,
}

impl<R: AsyncRead + Unpin> Stream<R> {
    fn new(source: Option<R>, keep: Keep) -> Self {
        Self {
            source,
            keep,
            printed: Printed::default(),
            buffer: vec![0; 8192].into(),
        }
    }

    fn is_over(&self) -> bool {
        self.source.is_none()
    }

    /// Takes in what has come; resolves never once it is over.
    async fn take_in(&mut self) {
        let Some(source) = &mut self.source else {
            return std::future::pending().await;
        };
        match source.read(&mut self.buffer).await {
            Ok(0) | Err(_) => self.source = None,
            Ok(length) => {
                let new = self.buffer.get(..length).unwrap_or_default();
                self.printed.add(new, self.keep);
            }
        }
    }
}

impl Printed {
    fn add(&mut self, new: &[u8], keep: Keep) {
        self.bytes += new.len() as u64;
        match keep {
            Keep::First(limit) => {
                let room = limit.saturating_sub(self.kept.len());
                self.kept.extend(new.iter().take(room));
            }
            Keep::Last(limit) => {
                self.kept.extend_from_slice(new);
                let surplus = self.kept.len().saturating_sub(limit);
                self.kept.drain(..surplus);
            }
        }
    }
}

/// Waits for the byte of [`Child::let_go`], then becomes another program, which can gain no privileges and has no input.
/// Returns only when that fails: also when whoever was to send the byte is gone.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the module that the ban points to"
)]
pub fn wait_and_become(argv: &[OsString]) -> io::Error {
    let Some((program, arguments)) = argv.split_first() else {
        return io::Error::new(io::ErrorKind::InvalidInput, "no program was named");
    };
    let mut byte = [0; 1];
    if let Err(error) = io::Read::read_exact(&mut io::stdin(), &mut byte) {
        return io::Error::new(error.kind(), "was never let go");
    }
    if let Err(error) = rustix::thread::set_no_new_privs(true) {
        return error.into();
    }
    std::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .exec()
}

#[cfg(test)]
mod tests;
