//! `all` and `any`: several checks at once. The first that is decisive ends it; what each that ended has seen is kept.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::{Value, json};

use super::{Checks, Verification, not_verified};
use crate::policy::Verify;
use crate::remedy::Finding;

/// Holds when every part does; the first that does not ends it, and is its answer.
pub(super) async fn all(checks: &Checks, verification: &Verification, parts: &[Verify]) -> Finding {
    combine(checks, verification, parts, |part| part.result.is_err()).await
}

/// Holds when one part does; the first that does ends it, and is its answer.
pub(super) async fn any(checks: &Checks, verification: &Verification, parts: &[Verify]) -> Finding {
    combine(checks, verification, parts, |part| part.result.is_ok()).await
}

async fn combine(
    checks: &Checks,
    verification: &Verification,
    parts: &[Verify],
    is_decisive: impl Fn(&Finding) -> bool,
) -> Finding {
    let parts: Vec<Verification> = parts
        .iter()
        .map(|part| Verification {
            expected: part.clone(),
            ..verification.clone()
        })
        .collect();
    let mut running: FuturesUnordered<_> = parts
        .iter()
        .enumerate()
        .map(async |(place, part)| (place, checks.check(part).await))
        .collect();
    let mut ended: Vec<(usize, Finding)> = Vec::new();
    let mut decisive = None;
    while let Some((place, finding)) = running.next().await {
        let is_over = is_decisive(&finding);
        if is_over {
            decisive = Some(finding.clone());
        }
        ended.push((place, finding));
        if is_over {
            break;
        }
    }
    drop(running);
    ended.sort_by_key(|(place, _)| *place);
    let seen: Vec<Value> = ended
        .iter()
        .map(|(place, part)| seen(&parts, *place, part))
        .collect();
    let evidence = json!({"checks": seen});
    if let Some(finding) = decisive {
        return Finding {
            evidence,
            ..finding
        };
    }
    let message = ended
        .iter()
        .map(|(_, part)| part.message.as_str())
        .collect::<Vec<_>>()
        .join("; ");
    // None was decisive: all are alike.
    match ended.into_iter().next() {
        Some((_, first)) => Finding {
            evidence,
            message,
            ..first
        },
        None => not_verified("there is nothing to check", evidence),
    }
}

fn seen(parts: &[Verification], place: usize, part: &Finding) -> Value {
    let name = parts.get(place).map_or("", |part| part.expected.name());
    json!({
        "check": name,
        "holds": part.result.is_ok(),
        "message": part.message,
        "evidence": part.evidence,
    })
}
