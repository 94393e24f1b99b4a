//! `unit_inactive`: the unit is down (how it ended does not matter) and has been so for a while. One that systemd starts
//! again by itself is not.

use std::time::Duration;

use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitState;
use prunelle_systemd::unit::ActiveState;
use serde_json::json;

use super::unit_active::{changed, evidence};
use super::{Checks, Verification};
use crate::reason::{Outcome, Reason};
use crate::remedy::Finding;
use crate::remedy::job::describe;

/// How often the unit is read although no signal tells of a change.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What a look at the unit says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sight {
    /// It is down.
    Holds,
    /// It is on its way.
    NotYet,
    /// It is up, or will be, in words for people.
    Broken(String),
}

pub(super) async fn check(
    checks: &Checks,
    verification: &Verification,
    stable_for: Duration,
) -> Finding {
    let Some(unit) = &verification.unit else {
        return broken("there is no unit to look at".to_owned(), json!({}));
    };
    let mut since: Option<Now> = None;
    let mut table = checks.manager.table();
    loop {
        // Marked before the unit is read, so that a change during the reading is not missed.
        table.borrow_and_update();
        let mut wait = LOOK_AGAIN;
        // An unknown state proves nothing: look again until the attempt's time limit.
        if let Ok(state) = checks.manager.unit(unit).await {
            let now = checks.clock.now();
            match judge(&state) {
                Sight::Holds => {
                    let since = since.get_or_insert_with(|| now.clone());
                    let left = stable_for.saturating_sub(now.since(since));
                    if left.is_zero() {
                        return Finding::good(
                            format!("`{unit}` is {} and stays so", describe(&state)),
                            evidence(&state),
                        );
                    }
                    wait = wait.min(left);
                }
                Sight::NotYet => since = None,
                Sight::Broken(what) => {
                    return broken(format!("`{unit}` {what}"), evidence(&state));
                }
            }
        }
        tokio::select! {
            () = changed(&mut table, unit) => {}
            () = checks.alarm.after(wait) => {}
        }
    }
}

fn judge(state: &UnitState) -> Sight {
    match state.active {
        ActiveState::Inactive | ActiveState::Failed => match &state.job {
            None => Sight::Holds,
            Some(job) if job.kind == "stop" => Sight::NotYet,
            Some(_) => Sight::Broken("is about to be started again".to_owned()),
        },
        ActiveState::Deactivating => Sight::NotYet,
        ActiveState::Active | ActiveState::Reloading if state.job.is_some() => Sight::NotYet,
        ActiveState::Activating if state.sub == "auto-restart" => {
            Sight::Broken("ended and waits for its automatic restart".to_owned())
        }
        ActiveState::Active
        | ActiveState::Reloading
        | ActiveState::Activating
        | ActiveState::Maintenance
        | ActiveState::Other => Sight::Broken(format!("is {}", describe(state))),
    }
}

fn broken(message: String, evidence: serde_json::Value) -> Finding {
    Finding::bad(Outcome::NotVerified, Reason::NotVerified, message, evidence)
}

#[cfg(test)]
mod tests;
