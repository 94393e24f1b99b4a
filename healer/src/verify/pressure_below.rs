//! `pressure_below`: tasks wait little for a resource, by the kernel's own measure (`some avg10` of `/proc/pressure`).

use std::io;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::json;

use super::until::{self, Look};
use super::{Checks, Verification};
use crate::policy::Pressure;
use crate::remedy::Finding;

const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn check(
    checks: &Checks,
    verification: &Verification,
    resource: Pressure,
    below: f64,
) -> Finding {
    let path = checks.roots.proc.join("pressure").join(resource.as_str());
    until::it_holds(checks, verification, LOOK_AGAIN, || {
        async {
            // The kernel answers from memory: no thread is worth it.
            judge(std::fs::read_to_string(&path), resource, below)
        }
        .boxed()
    })
    .await
}

fn judge(content: io::Result<String>, resource: Pressure, below: f64) -> Look {
    let name = resource.as_str();
    let content = match content {
        Ok(content) => content,
        Err(error) => {
            return Look::Never(
                format!(
                    "the kernel does not tell of pressure ({error}): it needs Linux 4.20 or newer with PSI, \
                     on some distributions the boot parameter `psi=1`"
                ),
                json!({}),
            );
        }
    };
    let Some(ratio) = some_avg10(&content) else {
        return Look::Never(
            format!("the kernel's file on {name} pressure is not understood"),
            json!({}),
        );
    };
    let message = format!(
        "tasks waited {:.1}% of the last 10 s for {name}, less than {:.1}% is wanted",
        ratio * 100.0,
        below * 100.0
    );
    let evidence = json!({"pressure_after": ratio, "resource": name});
    if ratio < below {
        Look::Holds(message, evidence)
    } else {
        Look::NotYet(message, evidence)
    }
}

/// The share of time (0–1) of `some avg10=12.34 …`.
fn some_avg10(content: &str) -> Option<f64> {
    let line = content
        .lines()
        .find_map(|line| line.strip_prefix("some "))?;
    let text = line
        .split_ascii_whitespace()
        .find_map(|word| word.strip_prefix("avg10="))?;
    let percent: f64 = text.parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}
