//! Writing the end of an attempt, of a remediation, or of both.

use std::time::Duration;

use serde_json::Value;
use tracing::warn;

use super::unit_log::Wanted;
use super::{Output, Ports};
use crate::journal::{Entry, JournalError};
use crate::reason::Outcome;
use crate::remediation::RemediationId;
use crate::remediation::state::{End, Failure};
use crate::remedy::merge;

/// What is written when an attempt, a remediation or both end.
#[derive(Clone, Debug)]
pub(in crate::remediation) struct Settlement {
    pub(in crate::remediation) remediation: RemediationId,
    pub(in crate::remediation) attempt: Option<Result<(), Failure>>,
    pub(in crate::remediation) end: Option<End>,
    pub(in crate::remediation) evidence: Value,
    /// The log of the unit that the attempt acted on, to be kept with it.
    pub(in crate::remediation) log: Option<Wanted>,
    pub(in crate::remediation) attempt_message: String,
    pub(in crate::remediation) end_message: String,
}

/// Writes it, again and again until the journal takes it: before that the target's slot is not free.
pub(in crate::remediation) async fn settle(ports: Ports, mut settlement: Settlement) -> Output {
    if let Some(wanted) = settlement.log.take() {
        let log = ports.unit_log.evidence(&wanted).await;
        merge(&mut settlement.evidence, log);
    }
    let mut attempt = settlement
        .attempt
        .map(|result| attempt_entry(&ports, &settlement, result));
    let mut end = settlement
        .end
        .map(|end| end_entry(&ports, &settlement, end));
    let mut wait = Duration::from_millis(100);
    loop {
        // Called in this order and kept in this order, in one commit as a rule.
        (attempt, end) = tokio::join!(kept(&ports, attempt), kept(&ports, end));
        if attempt.is_none() && end.is_none() {
            return Output::Settled;
        }
        ports.alarm.after(wait).await;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}

/// Gives the entry back when the journal could not take it now.
async fn kept(ports: &Ports, entry: Option<Entry>) -> Option<Entry> {
    let entry = entry?;
    match ports.journal.record(entry.clone()).await {
        Ok(()) => None,
        // It contradicts what the journal holds: no repetition mends that.
        Err(error @ JournalError::Refused(_)) => {
            warn!(%error, "the journal refused an entry");
            None
        }
        Err(error) => {
            warn!(%error, "the end of an attempt could not be written yet");
            Some(entry)
        }
    }
}

fn attempt_entry(ports: &Ports, settlement: &Settlement, result: Result<(), Failure>) -> Entry {
    Entry::AttemptEnded {
        remediation: settlement.remediation,
        outcome: result.map_or_else(|failure| failure.outcome, |()| Outcome::Success),
        reason: result.err().map(|failure| failure.reason),
        evidence: settlement.evidence.clone(),
        message: settlement.attempt_message.clone(),
        at: ports.clock.now(),
    }
}

fn end_entry(ports: &Ports, settlement: &Settlement, end: End) -> Entry {
    Entry::Ended {
        remediation: settlement.remediation,
        outcome: end.outcome,
        reason: end.reason,
        quarantine: end.quarantine,
        message: settlement.end_message.clone(),
        at: ports.clock.now(),
    }
}
