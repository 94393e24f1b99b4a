//! What the healer makes of an alert, and why, without doing any of it: each rule, each guard's answer in words, the
//! plan. The facts are gathered and the guards asked as for a real alert; nothing is kept and nothing is touched.
//!
//! Through the daemon's socket it is what the daemon would do now. Without one, `cli` explains what a daemon without a
//! past would do.

mod input;
mod text;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use prunelle_foundation::duration::PromDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use crate::alert::Alert;
use crate::control::Problem;
use crate::guard::{Answer, Decision, Verdict};
use crate::policy::{Matcher, Policy};
use crate::reason::Reason;
use crate::remediation::steps::{Looked, Ports, look};
use crate::target::Target;

pub use input::{InputError, alerts};
pub use text::text;

/// What is made of the alerts of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// It is what the running daemon would do; else nothing is known of what happened before.
    pub is_of_daemon: bool,
    /// One for each alert.
    pub alerts: Vec<AlertExplanation>,
}

/// What is made of one alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertExplanation {
    /// `alertname`.
    pub alert: String,
    /// Why no rule is asked at all, when that is so.
    pub reason: Option<Reason>,
    /// The rules, in the order of the policy.
    pub rules: Vec<RuleExplanation>,
}

/// What one rule says to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleExplanation {
    /// Its name.
    pub rule: String,
    /// Whether it is asked, and its matchers fit.
    pub is_matched: bool,
    /// Why it is not matched, for people.
    pub why_not: Option<String>,
    /// What it would act on.
    pub target: Option<String>,
    /// Why it finds no target.
    pub reason: Option<Reason>,
    /// The rungs that are looked at: the first, and the next ones while one is passed over.
    pub rungs: Vec<RungExplanation>,
}

/// What would become of one rung.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RungExplanation {
    /// From 1.
    pub rung: usize,
    /// The remedy.
    pub remedy: String,
    /// Every guard's answer, in the order in which they are asked.
    pub guards: Vec<GuardExplanation>,
    /// `act`, `observe`, `wait` or `leave`.
    pub decision: String,
    /// Why, unless it acts.
    pub reason: Option<Reason>,
    /// How long it would wait at most, as in `1h30m`.
    pub wait: Option<String>,
    /// What would be done, in one sentence.
    pub plan: Option<String>,
    /// The plan in full.
    pub details: Value,
    /// What could not be found out.
    pub unknown: Vec<String>,
}

/// One guard's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardExplanation {
    /// Its name.
    pub guard: String,
    /// `pass`, `wait` or `no`.
    pub answer: String,
    /// Why, unless it passes.
    pub reason: Option<Reason>,
    /// How long, as in `1h30m`.
    pub wait: Option<String>,
}

/// Explains alerts, as if each had just been confirmed to fire.
pub async fn explain(
    ports: &Ports,
    policy: &Arc<Policy>,
    alerts: Vec<Alert>,
    is_of_daemon: bool,
) -> Explanation {
    let mut explained = Vec::new();
    for alert in alerts {
        explained.push(explain_alert(ports, policy, Arc::new(alert)).await);
    }
    Explanation {
        is_of_daemon,
        alerts: explained,
    }
}

async fn explain_alert(ports: &Ports, policy: &Arc<Policy>, alert: Arc<Alert>) -> AlertExplanation {
    let mut explained = AlertExplanation {
        alert: alert.name().to_owned(),
        reason: None,
        rules: Vec::new(),
    };
    if !policy.is_about_this_host(&alert.labels) {
        explained.reason = Some(Reason::OtherHost);
        return explained;
    }
    let matches = policy.matches(&alert.labels);
    if matches.is_empty() {
        explained.reason = Some(Reason::NoRule);
    }
    let mut taken_by: Option<&str> = None;
    for (index, rule) in policy.rules.iter().enumerate() {
        let mut entry = RuleExplanation {
            rule: rule.name.clone(),
            is_matched: false,
            why_not: None,
            target: None,
            reason: None,
            rungs: Vec::new(),
        };
        match matches.iter().find(|found| found.rule.name == rule.name) {
            Some(found) => {
                entry.is_matched = true;
                match &found.target {
                    Ok(target) => {
                        entry.target = Some(target.to_string());
                        entry.rungs = explain_ladder(ports, policy, index, target, &alert).await;
                    }
                    Err(reason) => entry.reason = Some(*reason),
                }
                if !rule.continues {
                    taken_by = Some(&rule.name);
                }
            }
            None => {
                entry.why_not = Some(match taken_by {
                    Some(other) => format!("rule `{other}` has taken it and does not continue"),
                    None => unfit(&rule.matchers, &alert),
                });
            }
        }
        explained.rules.push(entry);
    }
    explained
}

/// Which matchers do not fit, and what the labels are instead.
fn unfit(matchers: &[Matcher], alert: &Alert) -> String {
    let unfit: Vec<String> = matchers
        .iter()
        .filter(|matcher| !matcher.matches(&alert.labels))
        .map(|matcher| match alert.labels.get(&matcher.name) {
            Some(value) => format!("`{matcher}` does not fit, it is {value:?}"),
            None => format!("`{matcher}` does not fit, there is no such label"),
        })
        .collect();
    unfit.join("; ")
}

async fn explain_ladder(
    ports: &Ports,
    policy: &Arc<Policy>,
    rule: usize,
    target: &Target,
    alert: &Arc<Alert>,
) -> Vec<RungExplanation> {
    let ladder = policy.rules.get(rule).map_or(&[][..], |rule| &rule.ladder);
    let mut rungs = Vec::new();
    for (index, rung) in ladder.iter().enumerate() {
        let looked = look(ports, alert, policy, rule, index, target).await;
        let explained = rung_explanation(index, rung.remedy.kind().as_str(), looked);
        let is_passed_over = explained.reason.is_some_and(Reason::is_about_rung);
        rungs.push(explained);
        if !is_passed_over {
            break;
        }
    }
    rungs
}

fn rung_explanation(index: usize, remedy: &str, looked: Looked) -> RungExplanation {
    let Looked {
        verdict: Verdict { answers, decision },
        plan,
        unknown,
    } = looked;
    let guards = answers
        .into_iter()
        .map(|(guard, answer)| guard_explanation(guard, &answer))
        .collect();
    let (decision, reason, wait) = match (decision, &plan) {
        (_, Some(Err(reason))) => ("leave", Some(*reason), None),
        (Decision::Act, _) => ("act", None, None),
        (Decision::Observe, _) => ("observe", Some(Reason::Observed), None),
        (Decision::Defer(reason, wait), _) => ("wait", Some(reason), Some(wait)),
        (Decision::Suppress(reason), _) => ("leave", Some(reason), None),
    };
    let (message, details) = match plan {
        Some(Ok(plan)) => (Some(plan.message), plan.details),
        Some(Err(_)) | None => (None, Value::Null),
    };
    RungExplanation {
        rung: index + 1,
        remedy: remedy.to_owned(),
        guards,
        decision: decision.to_owned(),
        reason,
        wait: wait.map(|wait| PromDuration::from(wait).to_string()),
        plan: message,
        details,
        unknown,
    }
}

fn guard_explanation(guard: &str, answer: &Answer) -> GuardExplanation {
    let (word, reason, wait) = match answer {
        Answer::Pass => ("pass", None, None),
        Answer::Defer(reason, wait) => ("wait", Some(*reason), Some(*wait)),
        Answer::Suppress(reason) => ("no", Some(*reason), None),
    };
    GuardExplanation {
        guard: guard.to_owned(),
        answer: word.to_owned(),
        reason,
        wait: wait.map(|wait| PromDuration::from(wait).to_string()),
    }
}

/// The route `POST /v1/explain` of the control socket: the text of a file in, as a JSON string, an [`Explanation`] out.
pub fn router(ports: Ports, policies: watch::Receiver<Arc<Policy>>) -> Router {
    Router::new()
        .route("/v1/explain", post(handle))
        .layer(DefaultBodyLimit::max(4 * input::MOST_BYTES))
        .with_state((ports, policies))
}

async fn handle(
    State((ports, policies)): State<(Ports, watch::Receiver<Arc<Policy>>)>,
    Json(text): Json<String>,
) -> Response {
    let policy = Arc::clone(&policies.borrow());
    match alerts(&text, ports.clock.now().wall) {
        Ok(alerts) => Json(explain(&ports, &policy, alerts, true).await).into_response(),
        Err(error) => {
            let problem = Problem {
                error: error.to_string(),
            };
            (StatusCode::BAD_REQUEST, Json(problem)).into_response()
        }
    }
}

#[cfg(test)]
mod tests;
