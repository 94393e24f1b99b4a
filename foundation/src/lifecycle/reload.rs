//! Reloading: one at a time, asked for by SIGHUP or through a [`Reload`].
//!
//! What is reloaded is the program's business: it hands in an action that is all or nothing and says in words what came
//! of it. The service manager is told that it has begun and that it is over, whether it succeeded or not: the program
//! goes on in either case.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use super::{Stop, Tasks, notify};

/// What came of a reload, in words for people: done, or refused and why.
pub type ReloadAnswer = Result<String, String>;

type Action = dyn FnMut() -> ReloadAnswer + Send;

/// More than wait for one reload at once need no answer of their own.
const QUEUE: usize = 16;

/// Asks for a reload; clones share one queue.
#[derive(Clone, Debug)]
pub struct Reload(mpsc::Sender<oneshot::Sender<ReloadAnswer>>);

impl Reload {
    /// Reloads, after those that were asked for before.
    pub async fn request(&self) -> ReloadAnswer {
        let (answer, answered) = oneshot::channel();
        let stopping = || "the program is stopping".to_owned();
        self.0.send(answer).await.map_err(|_| stopping())?;
        answered.await.unwrap_or_else(|_| Err(stopping()))
    }
}

/// The one who reloads.
pub(super) struct Reloader {
    action: Arc<Mutex<Action>>,
    requests: mpsc::Receiver<oneshot::Sender<ReloadAnswer>>,
    hangup: Option<Signal>,
}

impl fmt::Debug for Reloader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloader").finish_non_exhaustive()
    }
}

impl Reloader {
    /// From now on SIGHUP does not end the program any more.
    pub(super) fn new(
        stop: &Stop,
        action: impl FnMut() -> ReloadAnswer + Send + 'static,
    ) -> (Self, Reload) {
        let (sender, requests) = mpsc::channel(QUEUE);
        let hangup = signal(SignalKind::hangup())
            .map_err(|error| stop.request(format!("cannot listen for SIGHUP: {error}")));
        let reloader = Self {
            action: Arc::new(Mutex::new(action)),
            requests,
            hangup: hangup.ok(),
        };
        (reloader, Reload(sender))
    }

    /// Reloads whenever asked, until `stop`.
    pub(super) async fn run(mut self, tasks: Tasks, stop: Stop) {
        loop {
            let answer_to = tokio::select! {
                () = stop.stopped() => return,
                () = next(&mut self.hangup) => None,
                Some(answer) = self.requests.recv() => Some(answer),
            };
            notify::reloading();
            let action = Arc::clone(&self.action);
            // It reads files, and files may hang.
            let answer = tasks
                .spawn_blocking("reload", move || {
                    let mut action = action.lock().unwrap_or_else(PoisonError::into_inner);
                    action()
                })
                .await
                .unwrap_or_else(|_| Err("the reload panicked".to_owned()));
            notify::reloaded(&answer);
            if let Some(answer_to) = answer_to {
                // Whoever asked may have gone away.
                let _ = answer_to.send(answer);
            }
        }
    }
}

/// Resolves at the next signal; never when there is none to come.
async fn next(signal: &mut Option<Signal>) {
    let received = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending::<()>().await;
    }
}
