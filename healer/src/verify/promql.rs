//! `promql`: an expression yields something at the configured Prometheus, as it does when an alerting rule fires.
//!
//! What a comparison lets through counts, whatever its value: `errors == 0` holds when there is such a series. A scalar
//! must not be zero, nor any sample of an expression with the modifier `bool`, which lets everything through.
//! A Prometheus that cannot be asked proves nothing.

use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::json;

use super::until::{self, Look};
use super::{Checks, Verification};
use crate::alert::Labels;
use crate::causes::with_causes;
use crate::prometheus::{PrometheusError, Sample, Value};
use crate::remedy::Finding;
use crate::target::Target;

const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Samples that are kept as evidence.
const KEPT_SAMPLES: usize = 5;

pub(super) async fn check(checks: &Checks, verification: &Verification, expr: &str) -> Finding {
    let expression = expr.replace("$target", &escaped(&name(verification)));
    until::it_holds(checks, verification, LOOK_AGAIN, || {
        async {
            let answer = checks.prometheus.query(&expression, None).await;
            judge(&expression, answer)
        }
        .boxed()
    })
    .await
}

fn judge(expression: &str, answer: Result<Value, PrometheusError>) -> Look {
    let value = match answer {
        Ok(value) => value,
        Err(error) => {
            let message = with_causes(&error);
            let evidence = json!({"expr": expression, "error": message});
            let is_wrong =
                matches!(&error, PrometheusError::Refused { kind, .. } if kind == "bad_data");
            return if is_wrong {
                Look::Never(message, evidence)
            } else {
                Look::NotYet(message, evidence)
            };
        }
    };
    match value {
        Value::Scalar(value) => {
            let evidence = json!({"expr": expression, "value": value.to_string()});
            let message = format!("`{expression}` is {value}");
            if is_true(value) {
                Look::Holds(message, evidence)
            } else {
                Look::NotYet(message, evidence)
            }
        }
        Value::Vector(samples) => judge_samples(expression, &samples),
        Value::Matrix(_) => Look::Never(
            format!("`{expression}` yields ranges, not samples"),
            json!({"expr": expression}),
        ),
    }
}

fn judge_samples(expression: &str, samples: &[Sample]) -> Look {
    let kept: Vec<_> = samples
        .iter()
        .take(KEPT_SAMPLES)
        .map(|sample| json!({"labels": sample.labels, "value": sample.value.to_string()}))
        .collect();
    let evidence = json!({"expr": expression, "samples": samples.len(), "first": kept});
    let is_bool = has_bool(expression);
    let against = samples
        .iter()
        .find(|sample| is_bool && !is_true(sample.value));
    match (samples.first(), against) {
        (None, _) => Look::NotYet(format!("`{expression}` yields nothing"), evidence),
        (Some(_), Some(sample)) => Look::NotYet(
            format!(
                "`{expression}` is {} for {}",
                sample.value,
                shown(&sample.labels)
            ),
            evidence,
        ),
        (Some(first), None) => Look::Holds(
            format!(
                "`{expression}` yields {} for {}{}",
                first.value,
                shown(&first.labels),
                match samples.len() {
                    1 => String::new(),
                    more => format!(" and {} more", more - 1),
                }
            ),
            evidence,
        ),
    }
}

fn is_true(value: f64) -> bool {
    value != 0.0 && !value.is_nan()
}

/// Whether the modifier `bool` stands in the expression, outside of its texts.
fn has_bool(expression: &str) -> bool {
    let mut word = String::new();
    let mut quote = None;
    let mut is_escaped = false;
    for c in expression.chars().chain([' ']) {
        match quote {
            Some(open) => {
                if !is_escaped && c == open {
                    quote = None;
                }
                is_escaped = !is_escaped && c == '\\' && open != '`';
            }
            None if c.is_alphanumeric() || c == '_' || c == ':' => word.push(c),
            None => {
                if word.eq_ignore_ascii_case("bool") {
                    return true;
                }
                word.clear();
                if matches!(c, '"' | '\'' | '`') {
                    quote = Some(c);
                }
            }
        }
    }
    false
}

fn shown(labels: &Labels) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .take(KEPT_SAMPLES)
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    format!("{{{}}}", pairs.join(", "))
}

/// What `$target` stands for.
fn name(verification: &Verification) -> String {
    if let Some(unit) = &verification.unit {
        return unit.to_string();
    }
    match &verification.target {
        Target::Unit(unit) => unit.to_string(),
        Target::Path(path) | Target::Mount(path) => path.display().to_string(),
        Target::ProcessGroup(resource) => resource.as_str().to_owned(),
        Target::Host => "host".to_owned(),
    }
}

/// For inside a text in quotes of either kind.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\x22"),
            '\'' => text.push_str("\\x27"),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests;
