//! Undoing what was done for a while only: limits of units, when their alert is over, their time is up, their rule is
//! gone, or the machine was booted since.
//!
//! What must hold: what is open in the journal is tried again until it is undone, with growing waits, by this run of the
//! program or by a later one; no remedy limits a unit while that unit's limits are being undone; what somebody else has
//! set since is left alone. It is done in every mode and under every pause: it only takes back what we did.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitName;
use tokio::sync::watch;
use tracing::{info, warn};

use super::Engine;
use crate::journal::{Intent, Undo};
use crate::policy::RemedySpec;
use crate::remediation::case::Case;
use crate::remediation::state::Stage;
use crate::remediation::steps::{Ports, Tried, UndoStep, Why, undo};
use crate::view::ThrottleView;

/// The first wait after a try that failed.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// The longest one.
const RETRY_LAST: Duration = Duration::from_mins(5);

/// What is to be undone, and the tries under way.
pub(super) struct Undoing {
    open: BTreeMap<i64, Open>,
    steps: FuturesUnordered<BoxFuture<'static, Tried>>,
    /// Units whose limits are being taken back at this moment.
    busy: watch::Sender<BTreeSet<UnitName>>,
}

#[derive(Debug)]
struct Open {
    undo: Undo,
    is_under_way: bool,
    /// Its attempt failed: there may be nothing to undo.
    is_doubtful: bool,
    /// Not before this time since boot.
    not_before: Duration,
    failures: u32,
    /// Why the last try failed.
    problem: Option<String>,
}

impl Undoing {
    pub(super) fn new() -> Self {
        Self {
            open: BTreeMap::new(),
            steps: FuturesUnordered::new(),
            busy: watch::Sender::new(BTreeSet::new()),
        }
    }

    /// Takes up what is open in the journal. As there, the others on its unit will find its values, and know them for ours.
    pub(super) fn add(&mut self, undo: Undo) {
        for other in self.open.values_mut().map(|open| &mut open.undo) {
            if other.unit != undo.unit {
                continue;
            }
            for (property, values) in &undo.ours {
                if other.before.get(*property).is_some() {
                    other.ours.entry(*property).or_default().extend(values);
                }
            }
        }
        let open = Open {
            undo,
            is_under_way: false,
            is_doubtful: false,
            not_before: Duration::ZERO,
            failures: 0,
            problem: None,
        };
        self.open.insert(open.undo.number, open);
    }

    /// systemd can be reached again: what could not be undone is tried at once.
    pub(super) fn hurry(&mut self) {
        for open in self.open.values_mut() {
            open.not_before = Duration::ZERO;
        }
    }

    /// The attempt that announced it failed.
    pub(super) fn doubt(&mut self, intent: &Intent) {
        for open in self.open.values_mut() {
            if open.undo.remediation == intent.remediation && !open.is_under_way {
                open.is_doubtful = true;
            }
        }
    }

    /// Resolves once nothing is being undone on the unit.
    pub(super) fn idle(&self, unit: &UnitName) -> impl Future<Output = ()> + use<> {
        let mut busy = self.busy.subscribe();
        let unit = unit.clone();
        async move {
            // It fails only when the engine has gone, and then nobody waits.
            let _ = busy.wait_for(|busy| !busy.contains(&unit)).await;
        }
    }

    /// Resolves when a try has ended; never when none is under way.
    pub(super) async fn tried(&mut self) -> Tried {
        match self.steps.next().await {
            Some(tried) => tried,
            None => std::future::pending().await,
        }
    }

    /// When something may have to be undone by itself, since boot.
    pub(super) fn next(&self, now: &Now) -> Option<Duration> {
        let waiting = self.open.values().filter(|open| !open.is_under_way);
        waiting
            .map(|open| {
                if open.not_before > now.boot {
                    return open.not_before;
                }
                now.boot + open.undo.lasts.saturating_sub(now.since(&open.undo.since))
            })
            // What waits for its remediation is looked at again after each step.
            .filter(|due| *due > now.boot)
            .min()
    }

    /// What is limited, for people.
    pub(super) fn views(&self) -> Vec<ThrottleView> {
        self.open
            .values()
            .map(|open| ThrottleView {
                unit: open.undo.unit.to_string(),
                limits: open.undo.limits.to_string(),
                alert: open.undo.alert_name.clone(),
                since: open.undo.since.wall,
                until: open.undo.since.wall.checked_add(open.undo.lasts).ok(),
                problem: open.problem.clone(),
            })
            .collect()
    }

    /// The step that undoes one; what others on its unit hold stays.
    fn begin(&mut self, number: i64, why: Why, ports: &Ports) {
        let Some(open) = self.open.get(&number) else {
            return;
        };
        let others = self
            .open
            .values()
            .filter(|other| other.undo.number != number && other.undo.unit == open.undo.unit);
        let step = UndoStep {
            undo: open.undo.clone(),
            kept: others
                .flat_map(|other| other.undo.before.properties())
                .collect(),
            why,
        };
        self.busy.send_modify(|busy| {
            busy.insert(step.undo.unit.clone());
        });
        if let Some(open) = self.open.get_mut(&number) {
            open.is_under_way = true;
        }
        self.steps.push(Box::pin(undo(ports.clone(), step)));
    }
}

impl Engine {
    /// Begins to undo what is due.
    pub(super) fn undo_due(&mut self) {
        if self.undoing.open.is_empty() {
            return;
        }
        let now = self.ports.clock.now();
        let busy = self.undoing.busy.borrow().clone();
        let waiting: Vec<&Open> = self
            .undoing
            .open
            .values()
            .filter(|open| !open.is_under_way && open.not_before <= now.boot)
            .collect();
        let mut due: Vec<(i64, Why)> = Vec::new();
        let mut taken = busy;
        for open in waiting {
            // One at a time on a unit, so that each knows what the others hold.
            if let Some(why) = self.why_over(open, &now)
                && taken.insert(open.undo.unit.clone())
            {
                due.push((open.undo.number, why));
            }
        }
        for (number, why) in due {
            self.undoing.begin(number, why, &self.ports);
        }
    }

    /// Why it is to be undone now; none while it is to stay.
    fn why_over(&self, open: &Open, now: &Now) -> Option<Why> {
        let undo = &open.undo;
        if undo.since.boot_id != now.boot_id {
            return Some(Why::Booted);
        }
        let is_being_worked_on = self
            .book
            .cases
            .values()
            .any(|case| is_at_work_on(case, &undo.unit));
        if is_being_worked_on {
            return None;
        }
        let is_firing = self
            .book
            .alerts
            .get(&undo.episode.fingerprint)
            .is_some_and(|active| active.alert.episode == undo.episode);
        let has_rule = self.policy.rules.iter().any(|rule| {
            rule.name == undo.rule
                && rule
                    .ladder
                    .iter()
                    .any(|rung| matches!(rung.remedy, RemedySpec::ThrottleService(_)))
        });
        if !is_firing {
            Some(Why::AlertOver)
        } else if !has_rule {
            Some(Why::RuleGone)
        } else if now.since(&undo.since) >= undo.lasts {
            Some(Why::TimeUp)
        } else {
            open.is_doubtful.then_some(Why::Doubt)
        }
    }

    /// A try has ended.
    pub(super) fn undo_tried(&mut self, tried: Tried) {
        let now = self.ports.clock.now();
        self.undoing.busy.send_modify(|busy| {
            busy.remove(&tried.unit);
        });
        self.publisher.touch();
        let Some(open) = self.undoing.open.get_mut(&tried.number) else {
            return;
        };
        open.is_under_way = false;
        open.is_doubtful = false;
        match tried.result {
            Ok(true) => {
                info!(unit = %tried.unit, "limits of a unit were taken back");
                self.undoing.open.remove(&tried.number);
            }
            Ok(false) => {}
            Err(problem) => {
                if open.problem.as_ref() != Some(&problem) {
                    warn!(unit = %tried.unit, problem, "limits of a unit could not be taken back yet");
                }
                let wait = RETRY_FIRST
                    .saturating_mul(2_u32.saturating_pow(open.failures))
                    .min(RETRY_LAST);
                open.failures = open.failures.saturating_add(1);
                open.not_before = now.boot + wait;
                open.problem = Some(problem);
            }
        }
    }
}

/// Whether a remediation acts, or may act, on the unit at this moment.
fn is_at_work_on(case: &Case, unit: &UnitName) -> bool {
    case.is_running()
        && case.intent.as_ref().and_then(Intent::unit) == Some(unit)
        && !matches!(
            case.state.stage,
            Stage::Guarding { .. } | Stage::Deferred { .. }
        )
}
