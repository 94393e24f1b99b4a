//! `memory_below` and `cpu_below`: how much of its memory or processor time the machine uses, counted as the exporter
//! counts it, so that an alert and its check speak of the same figure.
//!
//! Memory: 1 − `MemAvailable` / `MemTotal`. CPU: the share of time that was neither idle nor waiting for a disk, over
//! five seconds. With the boundary `cgroup` both are measured against the limits of the container that plays a host.

mod cpu;
mod memory;

use std::path::PathBuf;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::json;

use super::until::{self, Look};
use super::{Checks, Verification};
use crate::boundary::cgroup::Cgroups;
use crate::remediation::steps::Roots;
use crate::remedy::Finding;
use crate::target::Resource;

const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Over how long processor time is measured.
const CPU_INTERVAL: Duration = Duration::from_secs(5);

/// Why usage could not be read.
#[derive(Debug, thiserror::Error)]
enum UsageError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not as the kernel writes it.
    #[error("{} is not understood", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
    },
}

fn read(path: PathBuf) -> Result<String, UsageError> {
    std::fs::read_to_string(&path).map_err(|source| UsageError::Read { path, source })
}

/// The cgroups of the container that plays a host, if one does.
fn container(roots: &Roots) -> Result<Option<Cgroups<'_>>, UsageError> {
    Cgroups::that_count(roots).map_err(|source| UsageError::Read {
        path: roots.proc.join("self/mountinfo"),
        source,
    })
}

pub(super) async fn check(
    checks: &Checks,
    verification: &Verification,
    resource: Resource,
    below: f64,
) -> Finding {
    until::it_holds(checks, verification, LOOK_AGAIN, || {
        async {
            let ratio = match resource {
                Resource::Memory => memory::used_ratio(&checks.roots).map(Some),
                Resource::Cpu => cpu_used(checks).await,
            };
            judge(ratio, resource, below)
        }
        .boxed()
    })
    .await
}

async fn cpu_used(checks: &Checks) -> Result<Option<f64>, UsageError> {
    let count = || cpu::count(&checks.roots, checks.clock.now());
    let earlier = count()?;
    checks.alarm.after(CPU_INTERVAL).await;
    Ok(count()?.since(&earlier))
}

fn judge(ratio: Result<Option<f64>, UsageError>, resource: Resource, below: f64) -> Look {
    let name = match resource {
        Resource::Cpu => "the processor time",
        Resource::Memory => "the memory",
    };
    match ratio {
        Err(error) => Look::Never(error.to_string(), json!({})),
        Ok(None) => Look::NotYet(
            format!("the kernel counted no time: {name} cannot be told"),
            json!({}),
        ),
        Ok(Some(ratio)) => {
            let message = format!(
                "{:.1}% of {name} is used, less than {:.1}% is wanted",
                ratio * 100.0,
                below * 100.0
            );
            let evidence = json!({"used_ratio_after": ratio, "resource": resource.as_str()});
            if ratio < below {
                Look::Holds(message, evidence)
            } else {
                Look::NotYet(message, evidence)
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio needs no more than 53 bits"
)]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
