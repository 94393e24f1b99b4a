//! Looking again and again: what several checks share, so that each says only how one look goes.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Checks, Verification, not_verified};
use crate::remedy::Finding;

/// What one look says, with words for people and evidence.
#[derive(Debug)]
pub(super) enum Look {
    /// It holds.
    Holds(String, Value),
    /// Not yet, or it cannot be told at the moment.
    NotYet(String, Value),
    /// It cannot be told, however long one waits.
    Never(String, Value),
}

/// Looks every `interval` until it holds, until it never will, or until the verification's patience is over; a look
/// that is under way then counts as none.
pub(super) async fn it_holds<'l>(
    checks: &Checks,
    verification: &Verification,
    interval: Duration,
    mut look: impl FnMut() -> BoxFuture<'l, Look> + Send,
) -> Finding {
    let begun = checks.clock.now();
    let left = || {
        verification
            .patience
            .saturating_sub(checks.clock.now().since(&begun))
    };
    let mut last = None;
    loop {
        let seen = tokio::select! {
            biased;
            seen = look() => seen,
            () = over(checks, &left) => break,
        };
        match seen {
            Look::Holds(message, evidence) => return Finding::good(message, evidence),
            Look::Never(message, evidence) => return not_verified(message, evidence),
            Look::NotYet(message, evidence) => last = Some((message, evidence)),
        }
        let left = left();
        if left.is_zero() {
            break;
        }
        checks.alarm.after(interval.min(left)).await;
    }
    let (message, evidence) =
        last.unwrap_or_else(|| ("there was no time to look".to_owned(), Value::Null));
    not_verified(message, evidence)
}

/// Resolves when nothing is left. Alarms may ring early.
async fn over(checks: &Checks, left: &(impl Fn() -> Duration + Sync)) {
    loop {
        let left = left();
        if left.is_zero() {
            return;
        }
        checks.alarm.after(left).await;
    }
}
