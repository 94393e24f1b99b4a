//! What follows from how a try went: the message is told, waits for another try, or is given up.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::super::channel::{Receipt, SendError};
use super::super::super::outbox::{Delivery, GivenUp, Tried};
use super::super::super::settled::Settled;
use super::Queue;

/// After the first failure; twice as long after each further one.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// Never longer, whatever the other side asks for.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// A message that could not be sent for so long is given up.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);

impl Queue {
    /// What follows from how a try went.
    pub(super) fn judge(
        &self,
        delivery: &Delivery,
        sent: Result<Receipt, SendError>,
        settled: Settled,
    ) -> Tried {
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
                Tried::Later {
                    after,
                    why,
                    settled,
                }
            }
        }
    }
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
