//! One queue: the messages of one integration of one receiver, one at a time.

mod register;
mod unwritten;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::lifecycle::Stop;

use super::super::channel::{Channel, Envelope, Receipt, SendError};
use super::super::channels::ChannelKey;
use super::super::live::Live;
use super::super::outbox::{Delivery, Next, Tried};
use super::super::settled::Register as _;
use super::Senders;
use crate::journal::JournalError;

use self::register::Kept;
use self::unwritten::Unwritten;

/// Names a queue.
pub(super) type Key = ChannelKey;

/// One try, words included, may take so long.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// What is under way at the stop may take so long to end.
const LAST_MOMENT: Duration = Duration::from_secs(3);
/// How long to wait when the journal cannot be read or written.
pub(super) const AFTER_FAULT: Duration = Duration::from_secs(5);
/// After a failure, other messages of the queue wait so long.
const PAUSE: Duration = Duration::from_secs(10);
/// The queue.
pub(super) struct Queue {
    key: Key,
    of: Senders,
    unwritten: Unwritten,
}

impl Queue {
    pub(super) fn new(key: Key, of: Senders) -> Self {
        Self {
            key,
            of,
            unwritten: Unwritten::default(),
        }
    }

    /// Works off the outbox until `stop`, or until there is no such way any more.
    pub(super) async fn serve(mut self, stop: Stop) -> Key {
        while !stop.is_stopping() {
            self.of.posted.mark_heard();
            let live = Arc::clone(&self.of.live.borrow_and_update());
            if live.channels.get(&self.key.0, self.key.1).is_none() {
                break;
            }
            self.write_again().await;
            if self.unwritten.is_full() {
                self.pause(AFTER_FAULT, &stop).await;
                continue;
            }
            let now = self.of.clock.now().wall;
            let (receiver, integration) = self.key.clone();
            let skipped = self.unwritten.skipped();
            let journal = &self.of.journal;
            let next = journal.next_delivery(receiver, integration, skipped, now);
            let wait = match next.await {
                Ok(Next::Send(delivery)) => self.deliver(&live, &delivery, &stop).await,
                Ok(Next::Wait(due)) => {
                    let left = Duration::try_from(due.duration_since(now)).unwrap_or_default();
                    // One whose turn has come waits for an earlier one of its thread.
                    self.sleep(Some(left.max(Duration::from_secs(1))), &stop)
                        .await;
                    continue;
                }
                Ok(Next::Nothing) => {
                    self.sleep(None, &stop).await;
                    continue;
                }
                Err(JournalError::Closed) => break,
                Err(error) => {
                    tracing::warn!(%error, "cannot read the outbox, trying again");
                    Some(AFTER_FAULT)
                }
            };
            if let Some(wait) = wait {
                self.pause(wait, &stop).await;
            }
        }
        self.write().await;
        self.forget();
        self.key
    }

    async fn pause(&self, wait: Duration, stop: &Stop) {
        tokio::select! {
            () = stop.stopped() => {}
            () = self.of.alarm.after(wait) => {}
        }
    }

    /// Until something is due, there is something to write, or something happens.
    async fn sleep(&mut self, left: Option<Duration>, stop: &Stop) {
        let writes = self.unwritten.wait(&self.of.clock.now());
        let alarm = match left.into_iter().chain(writes).min() {
            Some(left) => self.of.alarm.after(left),
            None => Box::pin(std::future::pending()),
        };
        tokio::select! {
            () = stop.stopped() => {}
            () = self.of.posted.rung() => {}
            // An error means that the program stops.
            _ = self.of.live.changed() => {}
            () = alarm => {}
        }
    }

    /// Sends one and keeps what came of it; how long the queue pauses then.
    async fn deliver(&mut self, live: &Live, delivery: &Delivery, stop: &Stop) -> Option<Duration> {
        let journal = self.of.journal.clone();
        let register = Kept::of(&journal, delivery);
        let sending = self.send(live, delivery, &register);
        let sent = tokio::select! {
            sent = tokio::time::timeout(TIME_LIMIT, sending) => sent,
            () = last_moment(stop) => return None,
        };
        let sent = sent.unwrap_or_else(|_| {
            Err(SendError::Temporary {
                why: format!("not done within {} s", TIME_LIMIT.as_secs()),
                retry_after: None,
            })
        });
        let tried = self.judge(delivery, sent, register.settled());
        let pause = matches!(tried, Tried::Later { .. }).then_some(PAUSE);
        self.record(delivery.number, tried).await;
        pause
    }

    async fn send(
        &self,
        live: &Live,
        delivery: &Delivery,
        register: &Kept<'_>,
    ) -> Result<Receipt, SendError> {
        let for_now = |why: String| SendError::Temporary {
            why,
            retry_after: None,
        };
        let (name, kind) = &self.key;
        let channel = live
            .channels
            .get(name, kind)
            .ok_or_else(|| for_now("there is no such way any more".to_owned()))?
            .as_ref()
            .map_err(|why| for_now(why.clone()))?;
        let receiver = live
            .receiver(name)
            .ok_or_else(|| for_now("there is no such receiver any more".to_owned()))?;
        let message = &delivery.message;
        let words = &self.of.words;
        let wording = words
            .word(message, receiver, &live.policy.telling)
            .await
            .map_err(for_now)?;
        let (thread, sent_before) = delivery.thread();
        let envelope = Envelope {
            id: &message.id,
            thread,
            sent_before,
            created: message.created,
            severity: message.content.severity(),
            message,
            register,
        };
        Channel::send(&**channel, &wording, &envelope).await
    }
}

/// Resolves a moment after the stop.
async fn last_moment(stop: &Stop) {
    stop.stopped().await;
    tokio::time::sleep(LAST_MOMENT).await;
}
