//! The tracker of everything that runs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{JoinHandle, JoinSet};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{Stop, StopReason};

/// What spawns; clones share one tracker.
#[derive(Clone, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    running: Arc<Running>,
    stop: Stop,
}

#[derive(Debug, Default)]
struct Running {
    next: AtomicU64,
    names: Mutex<BTreeMap<u64, &'static str>>,
}

impl Running {
    fn names(&self) -> MutexGuard<'_, BTreeMap<u64, &'static str>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held by whatever runs; tells of a panic and leaves the register on drop.
pub(super) struct Registration {
    name: &'static str,
    id: u64,
    running: Arc<Running>,
    _token: TaskTrackerToken,
}

impl Drop for Registration {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(task = self.name, "task panicked");
        }
        self.running.names().remove(&self.id);
    }
}

impl Tasks {
    pub(super) fn new(stop: Stop) -> Self {
        Self {
            tracker: TaskTracker::new(),
            running: Arc::default(),
            stop,
        }
    }

    /// Spawns a task. It should end soon after the stop signal.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the tracker that the ban points to"
    )]
    pub fn spawn<F>(&self, name: &'static str, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let registration = self.register(name);
        tokio::spawn(async move {
            let _registration = registration;
            future.await
        })
    }

    /// Spawns a task without which the program is of no use: when it ends before the stop signal, by return or by
    /// panic, the program stops.
    pub fn spawn_essential<F>(&self, name: &'static str, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let guard = Essential {
            name,
            stop: self.stop.clone(),
        };
        self.spawn(name, async move {
            let _guard = guard;
            future.await
        })
    }

    /// Runs `f` on a thread for blocking work. It cannot be cancelled: it must be bounded by itself.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the tracker that the ban points to"
    )]
    pub fn spawn_blocking<F, T>(&self, name: &'static str, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let registration = self.register(name);
        tokio::task::spawn_blocking(move || {
            let _registration = registration;
            f()
        })
    }

    /// Starts a named thread of its own, for work that lasts as long as the program.
    pub fn thread<F, T>(
        &self,
        name: &'static str,
        f: F,
    ) -> std::io::Result<std::thread::JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let registration = self.register(name);
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let _registration = registration;
                f()
            })
    }

    /// The names of what runs, in the order of their start.
    pub fn running(&self) -> Vec<&'static str> {
        self.running.names().values().copied().collect()
    }

    pub(super) fn close(&self) {
        self.tracker.close();
    }

    pub(super) async fn ended(&self) {
        self.tracker.wait().await;
    }

    pub(super) fn register(&self, name: &'static str) -> Registration {
        let id = self.running.next.fetch_add(1, Ordering::Relaxed);
        self.running.names().insert(id, name);
        Registration {
            name,
            id,
            running: Arc::clone(&self.running),
            _token: self.tracker.token(),
        }
    }
}

/// Stops the program when dropped before the stop signal.
struct Essential {
    name: &'static str,
    stop: Stop,
}

impl Drop for Essential {
    fn drop(&mut self) {
        if !self.stop.is_stopping() {
            self.stop.because(StopReason::TaskEnded(self.name));
        }
    }
}

/// A set of short tasks with one owner, who waits for them or drops them: a listener's connections.
#[derive(Debug, Default)]
pub(crate) struct Crew(JoinSet<()>);

impl Crew {
    #[expect(
        clippy::disallowed_methods,
        reason = "the set is owned by its listener and ends with it"
    )]
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(task);
    }

    /// Forgets tasks that have ended.
    pub(crate) fn reap(&mut self) {
        while self.0.try_join_next().is_some() {}
    }

    /// Resolves when all have ended.
    pub(crate) async fn ended(&mut self) {
        while self.0.join_next().await.is_some() {}
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
