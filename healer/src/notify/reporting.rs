//! Regular reports: posts one to its readers when a period is over, once, also over restarts and a time switched off.
//!
//! What is posted says which period it is; the report itself is made when it is sent (`speaker`). Spawned by `run`.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Stop;
use tokio::sync::watch;

use super::bell::Bell;
use super::live::Live;
use super::message::{Content, Message, ReportNotice};
use super::outbox::NewMessage;
use super::speaker::Speaker;
use crate::journal::{Journal, JournalError};
use crate::metrics::Metrics;
use crate::policy::{Integration, ScheduledReport};
use crate::remediation::alarm::Alarm;
use crate::report::Period;
use crate::report::schedule::{Next, Schedule};

/// It looks at the clock this often at least, for that may be set.
const LONGEST: Duration = Duration::from_mins(15);
/// How long it waits when the journal cannot be written.
const AFTER_FAULT: Duration = Duration::from_mins(1);
/// The one way that carries files.
const BY_MAIL: &str = "email";

/// The task that posts regular reports.
#[derive(Debug)]
pub struct Reporting {
    /// Where they are posted.
    pub journal: Journal,
    /// Whether there are any, and for whom.
    pub live: watch::Receiver<Arc<Live>>,
    /// The time.
    pub clock: SharedClock,
    /// What wakes the task.
    pub alarm: Arc<dyn Alarm>,
    /// Where the outbox is counted.
    pub metrics: Metrics,
    /// Is rung when there is something to send.
    pub posted: Bell,
}

impl Reporting {
    /// Posts reports until `stop`.
    pub async fn run(mut self, stop: Stop) {
        loop {
            let live = Arc::clone(&self.live.borrow_and_update());
            let wait = match &live.policy.telling.report {
                None => None,
                Some(scheduled) => match self.turn(&live, scheduled).await {
                    Ok(wait) => Some(wait),
                    Err(JournalError::Closed) => return,
                    Err(error) => {
                        tracing::warn!(%error, "cannot post a regular report, trying again");
                        Some(AFTER_FAULT)
                    }
                },
            };
            let alarm = match wait {
                Some(wait) => self.alarm.after(wait),
                None => Box::pin(std::future::pending()),
            };
            tokio::select! {
                () = stop.stopped() => return,
                () = alarm => {}
                changed = self.live.changed() => if changed.is_err() { return; },
            }
        }
    }

    /// Posts what is due; how long to wait.
    async fn turn(
        &self,
        live: &Live,
        scheduled: &ScheduledReport,
    ) -> Result<Duration, JournalError> {
        let now = self.clock.now();
        let schedule = Schedule {
            every: scheduled.every,
            zone: Speaker::zone(&live.policy.telling),
        };
        let first = schedule
            .last_due(now.wall)
            .map_or(now.wall, |period| period.until);
        let last = self.journal.reported(first).await?;
        match schedule.next(now.wall, last) {
            Next::Now(period) => {
                let messages = messages(live, scheduled, period, now.wall);
                let depth = self
                    .journal
                    .post_report(messages, period.until, now)
                    .await?;
                self.metrics.outbox(depth);
                self.posted.ring();
                Ok(Duration::ZERO)
            }
            Next::At(next) => {
                let left = next.map(|next| next.duration_since(now.wall));
                let left = left.and_then(|left| Duration::try_from(left).ok());
                Ok(left.map_or(LONGEST, |left| left.min(LONGEST)))
            }
        }
    }
}

fn messages(
    live: &Live,
    scheduled: &ScheduledReport,
    period: Period,
    now: Timestamp,
) -> Vec<NewMessage> {
    let Period { since, until } = period;
    // A period is posted once, so its end tells its report from others.
    let number = until.as_second().unsigned_abs();
    scheduled
        .receivers
        .iter()
        .filter_map(|name| live.receiver(name))
        .filter(|receiver| {
            let mut ways = receiver.integrations.iter();
            ways.any(|way| Integration::kind(way) == BY_MAIL)
        })
        .map(|receiver| NewMessage {
            receiver: receiver.name.clone(),
            integrations: vec![BY_MAIL],
            message: Message {
                id: NewMessage::id(&receiver.name, until, number),
                created: now,
                content: Content::Report(ReportNotice { since, until }),
            },
        })
        .collect()
}
