//! Whether systemd answers.
//!
//! A stopped systemd ends no connection and says nothing, just like one that has nothing to say. So when it has not been
//! heard for a while it is asked for the least there is. One question is out at a time: it is answered as soon as
//! systemd goes on.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use crate::bus::Bus;
use crate::client::Limits;
use crate::error::is_answer;

/// What was felt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pulse {
    /// systemd has answered.
    Alive,
    /// It has not, within the limit.
    Missing,
}

/// Asks now and then.
pub(super) struct Liveness {
    bus: Bus,
    tick: Interval,
    limit: Duration,
    question: Option<Question>,
    was_heard: bool,
    /// It is not known to be alive: ask without a pause.
    is_doubtful: bool,
}

struct Question {
    answer: BoxFuture<'static, zbus::Result<()>>,
    /// Until when the answer is in time; none once that has been told.
    in_time: Option<Instant>,
}

impl Liveness {
    pub(super) fn new(bus: Bus, limits: &Limits) -> Self {
        let mut tick = interval(limits.liveness_every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            bus,
            tick,
            limit: limits.liveness_limit,
            question: None,
            was_heard: true,
            is_doubtful: false,
        }
    }

    /// systemd was heard of its own accord: no need to ask this time.
    pub(super) fn heard(&mut self) {
        self.was_heard = true;
    }

    /// It is alive again.
    pub(super) fn revive(&mut self) {
        self.is_doubtful = false;
    }

    /// It failed to answer something else: ask at once, and go on asking.
    pub(super) fn doubt(&mut self) {
        self.is_doubtful = true;
    }

    /// The next time that something is felt. May be dropped and called again at any time.
    pub(super) async fn next(&mut self) -> Pulse {
        loop {
            if self.question.is_none() && self.is_doubtful {
                self.question = Some(self.ask(None));
            }
            let Some(question) = &mut self.question else {
                self.tick.tick().await;
                if !std::mem::take(&mut self.was_heard) {
                    self.question = Some(self.ask(Some(self.limit)));
                }
                continue;
            };
            let in_time = question.in_time;
            tokio::select! {
                answer = &mut question.answer => {
                    self.question = None;
                    match answer {
                        Err(error) if !is_answer(&error) => {
                            // No answer at all, or the connection ended, which others see too.
                            self.is_doubtful = true;
                            self.tick.tick().await;
                        }
                        // An error is an answer.
                        _ => return Pulse::Alive,
                    }
                }
                () = sleep_until(in_time.unwrap_or_else(Instant::now)), if in_time.is_some() => {
                    question.in_time = None;
                    self.is_doubtful = true;
                    return Pulse::Missing;
                }
            }
        }
    }

    fn ask(&self, limit: Option<Duration>) -> Question {
        let bus = self.bus.clone();
        Question {
            answer: Box::pin(async move { bus.ping().await }),
            in_time: limit.map(|limit| Instant::now() + limit),
        }
    }
}
