//! One queue: the messages of one integration of one receiver, one at a time.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prunelle_foundation::lifecycle::Stop;

use super::super::channel::{Channel, Envelope, Receipt, SendError};
use super::super::channels::ChannelKey;
use super::super::live::Live;
use super::super::outbox::{Delivery, GivenUp, Next, Tried};
use super::Senders;
use crate::journal::JournalError;

/// Names a queue.
pub(super) type Key = ChannelKey;

/// One try, words included, may take so long.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// What is under way at the stop may take so long to end.
const LAST_MOMENT: Duration = Duration::from_secs(3);
/// How long to wait when the journal cannot be read or written.
pub(super) const AFTER_FAULT: Duration = Duration::from_secs(5);
/// After the first failure; twice as long after each further one.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// Never longer, whatever the other side asks for.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// After a failure, other messages of the queue wait so long.
const PAUSE: Duration = Duration::from_secs(10);
/// A message that could not be sent for so long is given up.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// The queue.
pub(super) struct Queue {
    key: Key,
    of: Senders,
}

impl Queue {
    pub(super) fn new(key: Key, of: Senders) -> Self {
        Self { key, of }
    }

    /// Works off the outbox until `stop`, or until there is no such way any more.
    pub(super) async fn serve(mut self, stop: Stop) -> Key {
        while !stop.is_stopping() {
            self.of.posted.mark_heard();
            let live = Arc::clone(&self.of.live.borrow_and_update());
            if live.channels.get(&self.key.0, self.key.1).is_none() {
                break;
            }
            let now = self.of.clock.now().wall;
            let (receiver, integration) = self.key.clone();
            let next = self.of.journal.next_delivery(receiver, integration, now);
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
                tokio::select! {
                    () = stop.stopped() => {}
                    () = self.of.alarm.after(wait) => {}
                }
            }
        }
        self.key
    }

    async fn sleep(&mut self, left: Option<Duration>, stop: &Stop) {
        let alarm = match left {
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
    async fn deliver(&self, live: &Live, delivery: &Delivery, stop: &Stop) -> Option<Duration> {
        let sent = tokio::select! {
            sent = tokio::time::timeout(TIME_LIMIT, self.send(live, delivery)) => sent,
            () = last_moment(stop) => return None,
        };
        let sent = sent.unwrap_or_else(|_| {
            Err(SendError::Temporary {
                why: format!("not done within {} s", TIME_LIMIT.as_secs()),
                retry_after: None,
            })
        });
        let tried = self.judge(delivery, sent);
        let pause = matches!(tried, Tried::Later { .. }).then_some(PAUSE);
        self.record(delivery, tried, stop).await;
        pause
    }

    async fn send(&self, live: &Live, delivery: &Delivery) -> Result<Receipt, SendError> {
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
        };
        Channel::send(&**channel, &wording, &envelope).await
    }

    /// What follows from how a try went.
    fn judge(&self, delivery: &Delivery, sent: Result<Receipt, SendError>) -> Tried {
        let (receiver, integration) = &self.key;
        let metrics = &self.of.metrics;
        let id = &delivery.message.id.0;
        match sent {
            Ok(Receipt(answer)) => {
                metrics.message_sent(integration);
                tracing::info!(receiver, integration, id, answer, "told");
                Tried::Sent
            }
            Err(SendError::Permanent { why }) => {
                metrics.message_failed(integration);
                tracing::error!(receiver, integration, id, why, "cannot tell, given up");
                Tried::GivenUp(GivenUp::Refused, why)
            }
            Err(SendError::Temporary { why, .. })
                if is_too_old(delivery.message.created, self.of.clock.now().wall) =>
            {
                metrics.message_failed(integration);
                tracing::error!(
                    receiver,
                    integration,
                    id,
                    why,
                    "could not tell for a day, given up"
                );
                Tried::GivenUp(GivenUp::TooOld, why)
            }
            Err(SendError::Temporary { why, retry_after }) => {
                metrics.message_failed(integration);
                let after = retry_after
                    .unwrap_or_default()
                    .max(wait_after(delivery.tries))
                    .min(LONGEST_WAIT);
                tracing::warn!(
                    receiver,
                    integration,
                    id,
                    why,
                    ?after,
                    "cannot tell, trying again"
                );
                Tried::Later { after, why }
            }
        }
    }

    /// Insists: what was sent and is not recorded would be sent again.
    async fn record(&self, delivery: &Delivery, tried: Tried, stop: &Stop) {
        let given_up = match &tried {
            Tried::GivenUp(reason, _) => Some(*reason),
            Tried::Sent | Tried::Later { .. } => None,
        };
        loop {
            let (number, now) = (delivery.number, self.of.clock.now());
            let recorded = self.of.journal.record_delivery(number, tried.clone(), now);
            match recorded.await {
                Ok(depth) => {
                    self.of.metrics.outbox(depth);
                    break;
                }
                Err(JournalError::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "cannot keep that a message was sent, trying again");
                }
            }
            tokio::select! {
                () = last_moment(stop) => return,
                () = self.of.alarm.after(AFTER_FAULT) => {}
            }
        }
        if let Some(reason) = given_up {
            self.of.metrics.messages_given_up(self.key.1, reason, 1);
            self.of.given_up.ring();
        }
    }
}

/// Resolves a moment after the stop.
async fn last_moment(stop: &Stop) {
    stop.stopped().await;
    tokio::time::sleep(LAST_MOMENT).await;
}

/// How long a message waits after so many tries before this one.
fn wait_after(tries: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(2_u32.saturating_pow(tries))
        .min(LONGEST_WAIT)
}

fn is_too_old(created: Timestamp, now: Timestamp) -> bool {
    now.duration_since(created) >= GIVE_UP_AFTER
}
