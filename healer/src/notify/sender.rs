//! The senders: one queue for each integration of each receiver, worked off from the outbox.
//!
//! A message is worded, sent and recorded; a crash between the last two sends it once more, under the same id. What fails
//! for now is tried again, ever more rarely, for a day; what is refused is given up at once. Each queue waits for itself
//! only. All queues live in one task and hold one message each, however much is in the outbox. Spawned by `run`.

mod queue;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Stop;
use tokio::sync::watch;

use super::bell::Bell;
use super::live::Live;
use super::message::Message;
use super::outbox::GivenUp;
use super::wording::Wording;
use crate::journal::{Journal, JournalError};
use crate::metrics::Metrics;
use crate::policy::{Receiver, Telling};
use crate::remediation::alarm::Alarm;

use self::queue::{Key, Queue};

/// Puts messages into a receiver's words.
pub trait Words: Send + Sync + fmt::Debug {
    /// The words; or why there are none for now, in a sentence.
    fn word<'a>(
        &'a self,
        message: &'a Message,
        receiver: &'a Receiver,
        telling: &'a Telling,
    ) -> BoxFuture<'a, Result<Wording, String>>;
}

/// The task that sends.
#[derive(Clone, Debug)]
pub struct Senders {
    /// The outbox.
    pub journal: Journal,
    /// The ways to everybody.
    pub live: watch::Receiver<Arc<Live>>,
    /// What words messages.
    pub words: Arc<dyn Words>,
    /// The time.
    pub clock: SharedClock,
    /// What wakes the queues.
    pub alarm: Arc<dyn Alarm>,
    /// Where it is counted.
    pub metrics: Metrics,
    /// Rings when there is something to send.
    pub posted: Bell,
    /// Is rung when something was given up.
    pub given_up: Bell,
}

impl Senders {
    /// Sends until `stop`; what is under way then has a moment to end.
    pub async fn run(mut self, stop: Stop) {
        let mut queues = FuturesUnordered::new();
        let mut running = BTreeSet::new();
        let mut is_rerouted = false;
        loop {
            if !is_rerouted {
                let live = Arc::clone(&self.live.borrow_and_update());
                is_rerouted = self.reroute(&live).await;
                for (key, _) in live.channels.iter() {
                    if running.insert(key.clone()) {
                        let queue = Queue::new(key.clone(), self.clone());
                        let stop = stop.clone();
                        let served: BoxFuture<'static, Key> = Box::pin(queue.serve(stop));
                        queues.push(served);
                    }
                }
                self.posted.ring();
            }
            let again = if is_rerouted {
                Box::pin(std::future::pending()) as BoxFuture<'static, ()>
            } else {
                self.alarm.after(queue::AFTER_FAULT)
            };
            tokio::select! {
                () = stop.stopped() => break,
                changed = self.live.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    is_rerouted = false;
                }
                () = again => {}
                Some(key) = queues.next(), if !queues.is_empty() => {
                    running.remove(&key);
                }
            }
        }
        while queues.next().await.is_some() {}
    }

    /// Tells the outbox which ways there are; whether it knows.
    async fn reroute(&self, live: &Live) -> bool {
        let known = live.channels.iter().map(|(key, _)| key.clone()).collect();
        match self.journal.reroute(known, self.clock.now()).await {
            Ok(given_up) => {
                for (integration, count) in given_up {
                    self.metrics
                        .messages_given_up(&integration, GivenUp::NoReceiver, count);
                }
                true
            }
            // Nothing is sent any more.
            Err(JournalError::Closed) => true,
            Err(error) => {
                tracing::warn!(%error, "cannot look through the outbox for another policy, trying again");
                false
            }
        }
    }
}
