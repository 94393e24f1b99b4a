//! The checks against servers and kernel files of the tests' own: what holds, what does not, and that no answer is never
//! taken for a good one.

mod kernel;
mod network;
mod together;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Clock, ManualClock, Now, SharedClock};
use prunelle_foundation::lifecycle::Lifecycle;
use prunelle_healer::alert::{Alert, AlertStatus, Episode};
use prunelle_healer::boundary::Boundary;
use prunelle_healer::intake::reconcile::ActiveAlerts;
use prunelle_healer::policy::Verify;
use prunelle_healer::prometheus::Prometheus;
use prunelle_healer::reason::{Outcome, Reason};
use prunelle_healer::remediation::alarm::TokioAlarm;
use prunelle_healer::remediation::state::Failure;
use prunelle_healer::remediation::steps::Roots;
use prunelle_healer::remedy::Finding;
use prunelle_healer::target::Target;
use prunelle_healer::verify::{Checks, Verification};
use serde_json::json;

use crate::engine::fake_manager::FakeManager;

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:1";

/// Tells the runtime's time, which a test may have stopped.
#[derive(Debug)]
struct RuntimeClock(tokio::time::Instant);

impl Clock for RuntimeClock {
    fn now(&self) -> Now {
        let boot = self.0.elapsed();
        Now {
            wall: Timestamp::UNIX_EPOCH + boot,
            boot,
            boot_id: BootId::new("a"),
        }
    }
}

/// Checks that ask `server` for everything, and look at `roots`.
struct Bench {
    checks: Checks,
    patience: Duration,
    alert: Arc<Alert>,
}

impl Bench {
    fn new(server: &str) -> Self {
        let clock = RuntimeClock(tokio::time::Instant::now());
        let manual = ManualClock::new(clock.now());
        let alert = Arc::new(alert(clock.now().wall));
        let clock: SharedClock = Arc::new(clock);
        let url = server.parse().unwrap();
        Self {
            checks: Checks {
                manager: Arc::new(FakeManager::new(Arc::new(manual))),
                clock,
                alarm: Arc::new(TokioAlarm),
                tasks: Lifecycle::new().tasks(),
                prometheus: Prometheus::new(&url).unwrap(),
                alertmanager: ActiveAlerts::new(&url).unwrap(),
                roots: Roots::default(),
            },
            patience: Duration::from_secs(20),
            alert,
        }
    }

    fn with_root(mut self, root: &std::path::Path) -> Self {
        self.checks.roots = Roots {
            proc: root.join("proc"),
            root: root.to_owned(),
            boundary: Boundary::Machine,
        };
        self
    }

    fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    async fn check(&self, expected: Verify) -> Finding {
        self.check_on(Target::Path(PathBuf::from("/srv/a\"b")), expected)
            .await
    }

    async fn check_on(&self, target: Target, expected: Verify) -> Finding {
        let verification = Verification {
            unit: target.unit().cloned(),
            target,
            alert: Arc::clone(&self.alert),
            expected,
            evidence: json!({}),
            patience: self.patience,
        };
        self.checks.check(&verification).await
    }
}

fn alert(starts_at: Timestamp) -> Alert {
    Alert {
        episode: Episode {
            fingerprint: "0123456789abcdef".to_owned().try_into().unwrap(),
            starts_at,
        },
        status: AlertStatus::Firing,
        labels: [("alertname", "ServiceDown"), ("instance", "web1:9750")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        annotations: prunelle_healer::alert::Labels::new(),
        ends_at: None,
    }
}

#[track_caller]
fn assert_holds(finding: &Finding, says: &str) {
    assert_eq!(finding.result, Ok(()), "{}", finding.message);
    assert!(finding.message.contains(says), "{}", finding.message);
}

#[track_caller]
fn assert_not(finding: &Finding, says: &str) {
    let failure = Failure {
        outcome: Outcome::NotVerified,
        reason: Reason::NotVerified,
    };
    assert_eq!(finding.result, Err(failure), "{}", finding.message);
    assert!(finding.message.contains(says), "{}", finding.message);
}

/// For checks that do not hold: as short as may be.
const SHORT: Duration = Duration::from_millis(100);
