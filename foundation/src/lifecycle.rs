//! Start and stop: the one place that spawns tasks, threads and processes, and the one that ends them.
//!
//! Everything a program runs is registered here under a name and told to stop through one token. `run` reports
//! readiness to the service manager, feeds its watchdog while the program says that it is alive, waits for a reason
//! to stop, and then waits for every task, within a grace period. Each program's `main` owns the one `Lifecycle`.

pub mod child;
mod notify;
mod reload;
mod tasks;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use reload::Reloader;
pub use reload::{Reload, ReloadAnswer};
pub(crate) use tasks::Crew;
pub use tasks::Tasks;

/// Why the program stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A person or the service manager asked: `SIGTERM` or `SIGINT`.
    Signal(&'static str),
    /// The program itself asked, and why.
    Requested(String),
    /// A task that must not end has ended.
    TaskEnded(&'static str),
}

impl StopReason {
    /// Whether the process should end with an error.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::TaskEnded(_))
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => write!(f, "{name} received"),
            Self::Requested(why) => f.write_str(why),
            Self::TaskEnded(name) => write!(f, "the task `{name}` ended"),
        }
    }
}

/// The stop signal; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    token: CancellationToken,
    reason: Arc<OnceLock<StopReason>>,
}

impl Stop {
    /// A signal of its own, for tests and for what ends before the program does.
    pub fn new() -> Self {
        Self::default()
    }

    /// Resolves once stopping has begun.
    pub async fn stopped(&self) {
        self.token.cancelled().await;
    }

    /// Whether stopping has begun.
    pub fn is_stopping(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Begins to stop; the first reason counts.
    pub fn request(&self, reason: impl Into<String>) {
        self.because(StopReason::Requested(reason.into()));
    }

    #[must_use]
    /// A signal that also ends with this one, but not the other way round.
    pub fn child(&self) -> Self {
        Self {
            token: self.token.child_token(),
            reason: Arc::default(),
        }
    }

    /// The bare token, for libraries that take one.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    fn because(&self, reason: StopReason) {
        // Set before cancelling: whoever wakes up finds the reason.
        self.reason.get_or_init(|| reason);
        self.token.cancel();
    }
}

type Health = Box<dyn Fn() -> bool + Send + Sync>;

/// The life of one program.
pub struct Lifecycle {
    stop: Stop,
    tasks: Tasks,
    health: Health,
    reloader: Option<Reloader>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifecycle")
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}

impl Lifecycle {
    /// Nothing runs yet.
    pub fn new() -> Self {
        let stop = Stop::new();
        Self {
            tasks: Tasks::new(stop.clone()),
            stop,
            health: Box::new(|| true),
            reloader: None,
        }
    }

    /// The watchdog is fed only while `is_alive` says so. It must not block.
    #[must_use]
    pub fn with_health(mut self, is_alive: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.health = Box::new(is_alive);
        self
    }

    /// Has `action` called on SIGHUP, and whenever the [`Reload`] asks for it, once [`run`](Self::run) has begun.
    pub fn on_reload(&mut self, action: impl FnMut() -> ReloadAnswer + Send + 'static) -> Reload {
        let (reloader, reload) = Reloader::new(&self.stop, action);
        self.reloader = Some(reloader);
        reload
    }

    /// The stop signal of the program.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// What spawns.
    pub fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    /// Runs until there is a reason to stop, then waits up to `grace` for every task; says which ones hang.
    ///
    /// A second SIGTERM or SIGINT cuts the grace short.
    pub async fn run(self, grace: Duration) -> StopReason {
        let mut signals = Signals::new(&self.stop);
        notify::ready();
        if let Some(reloader) = self.reloader {
            let (tasks, stop) = (self.tasks.clone(), self.stop.clone());
            self.tasks.spawn("reloader", reloader.run(tasks, stop));
        }
        let reason = {
            let watchdog = notify::watchdog(&self.health);
            tokio::pin!(watchdog);
            tokio::select! {
                name = signals.next() => StopReason::Signal(name),
                () = self.stop.stopped() => self
                    .stop
                    .reason
                    .get()
                    .cloned()
                    .unwrap_or_else(|| StopReason::Requested("stop requested".to_owned())),
                () = &mut watchdog => StopReason::TaskEnded("watchdog"),
            }
        };
        tracing::info!(%reason, "stopping");
        notify::stopping(&reason);
        self.stop.because(reason.clone());
        self.tasks.close();
        tokio::select! {
            () = self.tasks.ended() => {}
            () = tokio::time::sleep(grace) => {
                for task in self.tasks.running() {
                    tracing::error!(task, ?grace, "task did not end in time");
                }
            }
            name = signals.next() => tracing::warn!(signal = name, "second signal, not waiting any longer"),
        }
        reason
    }
}

/// SIGTERM and SIGINT.
struct Signals(Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>);

impl Signals {
    /// A program that cannot hear its signals does not start to serve.
    fn new(stop: &Stop) -> Self {
        match (
            signal(SignalKind::terminate()),
            signal(SignalKind::interrupt()),
        ) {
            (Ok(terminate), Ok(interrupt)) => Self(Some((terminate, interrupt))),
            (Err(error), _) | (_, Err(error)) => {
                stop.request(format!("cannot listen for signals: {error}"));
                Self(None)
            }
        }
    }

    async fn next(&mut self) -> &'static str {
        match &mut self.0 {
            Some((terminate, interrupt)) => tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            },
            None => std::future::pending().await,
        }
    }
}

/// Runs a program's future on a runtime with `workers` threads; what still hangs after it is abandoned, so that a
/// blocked thread cannot keep the process alive.
pub fn block_on<F: Future>(workers: usize, program: F) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        // Longer than the usual intervals of scrapes: a new thread for each costs as much as all its reading.
        .thread_keep_alive(Duration::from_mins(3))
        .enable_all()
        .build()?;
    let output = runtime.block_on(program);
    runtime.shutdown_background();
    Ok(output)
}

#[cfg(test)]
mod tests;
