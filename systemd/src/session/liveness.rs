//! Whether systemd answers.
//!
//! A stopped systemd ends no connection and says nothing, just like one that has nothing to say. So when it has not been
//! heard for a while it is asked for the least there is. One question is out at a time: it is answered as soon as
//! systemd goes on.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};
use zbus::message::Sequence;

use crate::bus::Bus;
use crate::client::Limits;
use crate::error::is_answer;

/// Between questions that fail at once.
const PAUSE: Duration = Duration::from_millis(100);

/// What was felt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pulse {
    /// systemd has answered.
    Alive,
    /// It has not, within the limit.
    Missing,
}

/// Asks when systemd was not heard.
pub(super) struct Liveness {
    bus: Bus,
    every: Duration,
    limit: Duration,
    ask_at: Instant,
    question: Option<Question>,
}

struct Question {
    answer: BoxFuture<'static, zbus::Result<Sequence>>,
    /// Until when the answer is in time; none once it was told that it is not.
    in_time: Option<Instant>,
}

impl Liveness {
    pub(super) fn new(bus: Bus, limits: &Limits) -> Self {
        Self {
            bus,
            every: limits.liveness_every,
            limit: limits.liveness_limit,
            ask_at: Instant::now() + limits.liveness_every,
            question: None,
        }
    }

    /// systemd was heard of its own accord: no need to ask for a while, and none to wait for an answer. Only where it was
    /// missing already, the answer is still waited for, which tells that it is back.
    pub(super) fn heard(&mut self) {
        self.question.take_if(|question| question.in_time.is_some());
        self.ask_at = Instant::now() + self.every;
    }

    /// It failed to answer something else: ask at once.
    pub(super) fn doubt(&mut self) {
        self.ask_at = Instant::now();
    }

    /// The next time that something is felt. May be dropped and called again at any time.
    pub(super) async fn next(&mut self) -> Pulse {
        loop {
            let Some(question) = &mut self.question else {
                sleep_until(self.ask_at).await;
                self.question = Some(self.ask());
                continue;
            };
            let in_time = question.in_time;
            tokio::select! {
                answer = &mut question.answer => {
                    self.question = None;
                    // An error that systemd sent is an answer too.
                    if answer.is_ok() || answer.is_err_and(|error| is_answer(&error)) {
                        self.heard();
                        return Pulse::Alive;
                    }
                    self.ask_at = Instant::now() + PAUSE;
                    if in_time.is_some() {
                        return Pulse::Missing;
                    }
                }
                () = wait_until(in_time) => {
                    question.in_time = None;
                    return Pulse::Missing;
                }
            }
        }
    }

    fn ask(&self) -> Question {
        let bus = self.bus.clone();
        Question {
            answer: Box::pin(async move { bus.ping().await }),
            in_time: Some(Instant::now() + self.limit),
        }
    }
}

async fn wait_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
