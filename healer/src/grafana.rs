//! Annotations in Grafana: one region for each remediation, from the start of the fault to its verified end.
//!
//! A region is written once, when the remediation has ended, and not opened before and closed later: an id that had to be
//! remembered in between could be lost, and Grafana may be away at either time. How far the events have been annotated is
//! kept in the journal, so a crash or an absence of Grafana delays annotations and loses none for a day. After a try whose
//! answer was lost, Grafana is asked whether it has the region. Spawned by `run`; no repair waits for it.

mod annotation;
mod client;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Stop;
use std::sync::Arc;

pub use annotation::Annotation;
pub use client::{Access, AnnotationError, Grafana};

use crate::causes::with_causes;
use crate::journal::{Event, Journal, JournalError};
use crate::metrics::{AnnotationResult, Metrics};
use crate::remediation::alarm::Alarm;

/// How often the journal's last number is looked at, which costs nothing.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Ends of remediations in one turn.
const BATCH: u32 = 20;
/// What is tried for longer is given up, and what is older when the program starts is history.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Between tries: doubled each time, from and to.
const PAUSES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));

/// The task that annotates.
#[derive(Debug)]
pub struct Annotator {
    /// Where ends of remediations come from.
    pub journal: Journal,
    /// Where Grafana is, and how it is asked.
    pub access: Access,
    /// Name of this machine.
    pub hostname: String,
    /// The time.
    pub clock: SharedClock,
    /// What wakes the task.
    pub alarm: Arc<dyn Alarm>,
    /// Where it is counted.
    pub metrics: Metrics,
}

/// How the last try of an annotation went.
#[derive(Default)]
struct Trouble {
    /// Tries in vain.
    tries: u32,
    /// It is not known whether Grafana has it.
    is_uncertain: bool,
}

impl Annotator {
    /// Annotates until `stop`.
    pub async fn run(self, stop: Stop) {
        // What was under way when the program ended may have arrived.
        let mut trouble = Trouble {
            tries: 0,
            is_uncertain: true,
        };
        let mut seen = None;
        loop {
            let wait = match self.turn(&mut seen, &mut trouble).await {
                Ok(wait) => wait,
                Err(JournalError::Closed) => return,
                Err(error) => {
                    let error = with_causes(&error);
                    tracing::warn!(error, "cannot read what is to be annotated, trying again");
                    PAUSES.1
                }
            };
            let alarm = self.alarm.after(wait);
            tokio::select! {
                () = stop.stopped() => return,
                () = alarm => {}
            }
        }
    }

    /// Annotates what has ended since; how long nothing is to be done.
    async fn turn(
        &self,
        seen: &mut Option<u64>,
        trouble: &mut Trouble,
    ) -> Result<Duration, JournalError> {
        let last = self.journal.stats().sequence();
        if *seen == Some(last) {
            return Ok(LOOK_EVERY);
        }
        let cursor = self.journal.annotated().await?;
        let ended = self.journal.outcomes_after(cursor, BATCH).await?;
        let is_all = ended.len() < BATCH as usize;
        for event in &ended {
            if let Err(pause) = self.annotate(event, trouble).await {
                return Ok(pause);
            }
            self.journal.set_annotated(event.seq).await?;
        }
        if is_all {
            *seen = Some(last);
        }
        Ok(LOOK_EVERY)
    }

    /// Annotates one end; how long to wait before it is tried again.
    async fn annotate(&self, event: &Event, trouble: &mut Trouble) -> Result<(), Duration> {
        let Some(annotation) = Annotation::of(event, &self.hostname) else {
            return Ok(());
        };
        if self.is_too_old(event.timestamp) {
            tracing::warn!(
                remediation = annotation.remediation,
                "not annotated in Grafana: it ended more than a day ago"
            );
            self.metrics.annotation(AnnotationResult::GivenUp);
            return Ok(());
        }
        match self.post(&annotation, trouble.is_uncertain).await {
            Ok(()) => {
                *trouble = Trouble::default();
                self.metrics.annotation(AnnotationResult::Written);
                Ok(())
            }
            Err(AnnotationError::Refused(why)) => {
                tracing::warn!(
                    why,
                    remediation = annotation.remediation,
                    "Grafana does not take an annotation; it is left out"
                );
                *trouble = Trouble::default();
                self.metrics.annotation(AnnotationResult::GivenUp);
                Ok(())
            }
            Err(AnnotationError::Later { why, retry_after }) => {
                if trouble.tries == 0 {
                    tracing::warn!(why, "cannot annotate in Grafana, trying again for a day");
                }
                self.metrics.annotation(AnnotationResult::Failed);
                let doubled = PAUSES.0 * 2_u32.pow(trouble.tries.min(10));
                trouble.tries += 1;
                trouble.is_uncertain = true;
                Err(retry_after.unwrap_or(doubled).min(PAUSES.1))
            }
        }
    }

    /// A client for each try, so that a token that was replaced is used at once.
    async fn post(
        &self,
        annotation: &Annotation,
        is_uncertain: bool,
    ) -> Result<(), AnnotationError> {
        let grafana = Grafana::new(&self.access)?;
        if is_uncertain && grafana.has(annotation).await? {
            return Ok(());
        }
        grafana.write(annotation).await
    }

    fn is_too_old(&self, ended: Timestamp) -> bool {
        self.clock.now().wall.duration_since(ended) > GIVE_UP_AFTER
    }
}

#[cfg(test)]
mod tests;
