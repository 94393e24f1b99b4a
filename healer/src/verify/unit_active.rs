//! `unit_active`: the unit is active and has been so for a while without being restarted by systemd; in another
//! invocation than before, when the remedy was to start it anew (its plan has `invocation_before` then). A job that ended
//! as `done` proves none of this.

use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::Now;
use prunelle_systemd::unit::{ActiveState, QueuedJob};
use prunelle_systemd::{UnitName, UnitState, UnitTable};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{Checks, Verification};
use crate::reason::{Outcome, Reason};
use crate::remedy::Finding;
use crate::remedy::job::describe;

/// How often the unit is read although no signal tells of a change: the second way, for a unit that is not watched
/// and for a lost signal.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How much later than the answer to a call a signal may come that was sent before it.
const SIGNAL_LAG: Duration = Duration::from_millis(50);

/// What a look at the unit says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sight {
    /// It is as it should be.
    Holds,
    /// It is on its way, one way or the other.
    NotYet,
    /// It will not be, in words for people.
    Broken(String),
}

/// What is remembered between two looks.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// The remedy was to make another invocation than this one.
    is_started_anew: bool,
    invocation_before: Option<String>,
    our_job: Option<u32>,
    /// The last job that ended before the unit was seen active: it stopped nothing.
    harmless_job: Option<u32>,
    /// Since when, in which invocation and after how many automatic restarts it holds.
    held: Option<(Now, Option<String>, u32)>,
    /// Somebody else's stop was seen, or somebody else's job took the place of ours: what then leaves the unit down
    /// was no fault of the unit.
    was_stop_seen: bool,
}

pub(super) async fn check(
    checks: &Checks,
    verification: &Verification,
    stable_for: Duration,
) -> Finding {
    let Some(unit) = &verification.unit else {
        return broken("there is no unit to look at".to_owned(), json!({}));
    };
    let mut memory = Memory {
        is_started_anew: verification.evidence.get("invocation_before").is_some(),
        invocation_before: text(&verification.evidence, "invocation_before"),
        was_stop_seen: text(&verification.evidence, "job_result").as_deref() == Some("canceled"),
        our_job: number(&verification.evidence, "job")
            .or_else(|| checks.manager.last_ended_job(unit)),
        ..Memory::default()
    };
    let mut is_second_look = false;
    let mut table = checks.manager.table();
    loop {
        // Marked before the unit is read, so that a change during the reading is not missed.
        let watched = watched(&mut table, unit);
        if let Some(state) = watched {
            memory.notice(&state);
        }
        let mut wait = LOOK_AGAIN;
        // Asked for before the unit is read: of this job the reading shows what it left behind.
        let ended_before = checks.manager.last_ended_job(unit);
        // An unknown state proves nothing: look again until the attempt's time limit.
        if let Ok(state) = checks.manager.unit(unit).await {
            let now = checks.clock.now();
            memory.notice(&state);
            match memory.judge(&state, &now) {
                Sight::Holds => {
                    memory.harmless_job = ended_before;
                    let since = memory.held.as_ref().map_or(&now, |(since, ..)| since);
                    let left = stable_for.saturating_sub(now.since(since));
                    if left.is_zero() {
                        return Finding::good(
                            format!("`{unit}` is {} and stays so", describe(&state)),
                            evidence(&state),
                        );
                    }
                    wait = wait.min(left);
                }
                Sight::NotYet => {}
                // A signal that tells of a person's stop may still be on its way.
                Sight::Broken(_) if !is_second_look && state.active == ActiveState::Inactive => {
                    is_second_look = true;
                    wait = SIGNAL_LAG;
                }
                Sight::Broken(_)
                    if memory.was_stopped(&state, checks.manager.last_ended_job(&state.id)) =>
                {
                    return Finding::bad(
                        Outcome::Cancelled,
                        Reason::StoppedByPerson,
                        format!("`{unit}` was stopped while it was being repaired"),
                        evidence(&state),
                    );
                }
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

impl Memory {
    /// Remembers a stop that is not part of our own job.
    fn notice(&mut self, state: &UnitState) {
        let Some(QueuedJob { id, kind }) = &state.job else {
            return;
        };
        let is_ours = self.our_job == Some(*id);
        let is_stop =
            kind == "stop" || (kind.is_empty() && state.active == ActiveState::Deactivating);
        self.was_stop_seen |= is_stop && !is_ours;
    }

    /// A unit that is down after a stop was stopped by somebody, and so was one that is down after somebody else's job,
    /// unless it was seen active since: a person's start is no stop.
    fn was_stopped(&self, state: &UnitState, last_job: Option<u32>) -> bool {
        match state.active {
            ActiveState::Inactive => {
                self.was_stop_seen || last_job > self.our_job.max(self.harmless_job)
            }
            ActiveState::Failed => self.was_stop_seen,
            _ => false,
        }
    }

    fn judge(&mut self, state: &UnitState, now: &Now) -> Sight {
        let restarts = state.service.as_ref().map_or(0, |service| service.restarts);
        match state.active {
            ActiveState::Active | ActiveState::Reloading => {
                if self.is_started_anew && state.invocation_id == self.invocation_before {
                    return Sight::Broken("still runs in the invocation from before".to_owned());
                }
                match &self.held {
                    None => {
                        self.held = Some((now.clone(), state.invocation_id.clone(), restarts));
                        Sight::Holds
                    }
                    Some((_, invocation, before))
                        if *invocation == state.invocation_id && *before == restarts =>
                    {
                        Sight::Holds
                    }
                    Some(_) => Sight::Broken(
                        "ended and was started again while it was being checked".to_owned(),
                    ),
                }
            }
            ActiveState::Activating if state.sub == "auto-restart" => {
                Sight::Broken("ended and waits for its automatic restart".to_owned())
            }
            ActiveState::Activating
            | ActiveState::Deactivating
            | ActiveState::Maintenance
            | ActiveState::Other => Sight::NotYet,
            ActiveState::Inactive | ActiveState::Failed if state.job.is_some() => Sight::NotYet,
            ActiveState::Inactive | ActiveState::Failed => {
                Sight::Broken(format!("is {}", describe(state)))
            }
        }
    }
}

/// The unit as the table has it, marking the table as seen.
fn watched(table: &mut watch::Receiver<Arc<UnitTable>>, unit: &UnitName) -> Option<Arc<UnitState>> {
    table.borrow_and_update().units.get(unit).cloned()
}

/// Resolves when the table shows another state of the unit than it did; never when the table has ended.
pub(super) async fn changed(table: &mut watch::Receiver<Arc<UnitTable>>, unit: &UnitName) {
    let before = table.borrow().units.get(unit).cloned();
    let outcome = table
        .wait_for(|table| table.units.get(unit) != before.as_ref())
        .await
        .is_err();
    if outcome {
        std::future::pending::<()>().await;
    }
}

fn number(evidence: &Value, key: &str) -> Option<u32> {
    evidence.get(key)?.as_u64()?.try_into().ok()
}

fn text(evidence: &Value, key: &str) -> Option<String> {
    evidence.get(key)?.as_str().map(str::to_owned)
}

pub(super) fn evidence(state: &UnitState) -> Value {
    json!({
        "state_after": describe(state),
        "invocation_after": state.invocation_id,
        "restarts_after": state.service.as_ref().map(|service| service.restarts),
    })
}

fn broken(message: String, evidence: Value) -> Finding {
    Finding::bad(Outcome::NotVerified, Reason::NotVerified, message, evidence)
}

#[cfg(test)]
mod tests;
