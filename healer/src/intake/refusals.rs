//! Whole notifications that are refused: Alertmanager does not send them again, so people have to know.
//!
//! A refusal goes to the journal by the way of a notification, as an alert that is over the limits. Its answer is not
//! waited for: the body is refused in any case. Of many in a row only some are handed on; all are counted.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prunelle_foundation::clock::Now;
use tokio::sync::oneshot;

use super::Intake;
use crate::work::{Delivery, InvalidAlert, Notification};

/// How often one is handed on.
const EVERY: Duration = Duration::from_secs(10);

/// When one was handed on last; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals(Arc<Mutex<Option<Now>>>);

impl Refusals {
    /// Whether one may be handed on now; then the next may not for a while.
    fn take_turn(&self, now: &Now) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.as_ref().is_none_or(|last| now.since(last) >= EVERY);
        if is_due {
            *last = Some(now.clone());
        }
        is_due
    }
}

/// Hands on that a whole notification was refused, and why.
pub(super) fn hand_on(intake: &Intake, problem: &str) {
    let received = intake.clock.now();
    if !intake.refusals.take_turn(&received) {
        return;
    }
    let notification = Notification {
        received,
        receiver: String::new(),
        group_key: String::new(),
        truncated: 0,
        alerts: Vec::new(),
        invalid: vec![InvalidAlert {
            name: String::new(),
            problem: format!("a whole notification: {problem}"),
        }],
    };
    let (ack, _) = oneshot::channel();
    // A full queue: the next one that is refused is handed on.
    let _ = intake.deliveries.try_send(Delivery { notification, ack });
}
