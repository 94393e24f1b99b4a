//! Looking into what would be done, and why, without doing it: what `explain` shows.

use std::sync::Arc;

use super::asking::{gather, planned};
use super::{Ports, Subject};
use crate::alert::Alert;
use crate::facts::{Fact, Facts, History};
use crate::guard::{self, Decision, Question, Verdict};
use crate::journal::JournalError;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::remedy::Plan;
use crate::target::Target;

/// What was seen.
#[derive(Debug)]
pub struct Looked {
    /// What each guard says, and what follows.
    pub verdict: Verdict,
    /// What would be done, when nothing or only a person is in the way.
    pub plan: Option<Result<Plan, Reason>>,
    /// What could not be found out, for people.
    pub unknown: Vec<String>,
}

/// Gathers the facts about an alert as if it had just been confirmed, asks all guards, and plans. Without a journal
/// nothing has ever happened.
pub async fn look(
    ports: &Ports,
    alert: &Arc<Alert>,
    policy: &Arc<Policy>,
    rule: usize,
    rung: usize,
    target: &Target,
) -> Looked {
    let now = ports.clock.now();
    let subject = Subject {
        alert: Arc::clone(alert),
        policy: Arc::clone(policy),
        rule,
        rung,
        target: target.clone(),
        remediation: ports.ids.remediation(&now),
    };
    let mut unknown = Vec::new();
    let (facts, history) = gather(ports, &subject, Some(now)).await;
    let facts = match history {
        Ok(history) => Facts { history, ..facts },
        Err(JournalError::Closed) => Facts {
            history: History::default(),
            ..facts
        },
        Err(error) => {
            unknown.push(error.to_string());
            facts
        }
    };
    for (what, why) in [
        ("the unit", why_unknown(&facts.unit)),
        ("the greediest unit", why_unknown(&facts.victim)),
        ("the folder", why_unknown(&facts.folder)),
        ("package managers", why_unknown(&facts.package_manager)),
    ] {
        unknown.extend(why.map(|why| format!("{what}: {why}")));
    }
    let Some((of_rule, of_rung)) = subject.rule_and_rung() else {
        return Looked {
            verdict: Verdict {
                answers: Vec::new(),
                decision: Decision::Suppress(Reason::NoRule),
            },
            plan: None,
            unknown,
        };
    };
    let verdict = guard::ask_all(Question {
        alert: &subject.alert,
        policy: &subject.policy,
        rule: of_rule,
        rung: of_rung,
        target: &subject.target,
        remediation: None,
        facts: &facts,
        now: &ports.clock.now(),
    });
    let is_planned = matches!(
        verdict.decision,
        Decision::Act | Decision::Observe | Decision::Defer(Reason::AwaitingApproval, _)
    );
    let plan = if is_planned {
        Some(planned(ports, &subject, &facts).await)
    } else {
        None
    };
    Looked {
        verdict,
        plan,
        unknown,
    }
}

fn why_unknown<T>(fact: &Fact<T>) -> Option<&str> {
    match fact {
        Fact::Unknown(why) => Some(why),
        Fact::Known { .. } | Fact::NotApplicable => None,
    }
}
