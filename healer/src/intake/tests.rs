//! What the tests of the intake share: an intake over temporary token files, and requests to it.

use std::path::Path;

use axum::body::Body;
use axum::http::{Request, header};
use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, ManualClock, Now};
use prunelle_foundation::lifecycle::Lifecycle;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::policy::load;

pub(super) const TOKEN: &str = "correct horse battery staple";

pub(super) struct Fixture {
    pub(super) intake: Intake,
    pub(super) work: LocalWork,
    pub(super) readiness: watch::Sender<Readiness>,
    _folder: TempDir,
    _policy: watch::Sender<Arc<Policy>>,
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::with_queue(4)
    }

    pub(super) fn with_queue(capacity: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token_file = folder.path().join("token");
        std::fs::write(&token_file, format!("{TOKEN}\n")).unwrap();
        let policy = load::parse(
            Path::new("policy.yml"),
            "version: 1\nhost: {label: instance, is: ['web1:9750']}\nrules: []\n",
        )
        .unwrap();
        let (policy_sender, policy) = watch::channel(Arc::new(policy));
        let (readiness_sender, readiness) = watch::channel(Readiness::Ready);
        let (deliveries, work) = queue(capacity);
        let now = Now {
            wall: Timestamp::from_second(1_800_000_000).unwrap(),
            boot: Duration::from_hours(1),
            boot_id: BootId::new("boot"),
        };
        let intake = Intake::new(Parts {
            tokens: Arc::new(Tokens::read(&[token_file]).unwrap()),
            policy,
            readiness,
            deliveries,
            clock: Arc::new(ManualClock::new(now)),
            metrics: Metrics::unregistered(),
            tasks: Lifecycle::new().tasks(),
        });
        Self {
            intake,
            work,
            readiness: readiness_sender,
            _folder: folder,
            _policy: policy_sender,
        }
    }
}

/// A request as Alertmanager makes it.
pub(super) fn post(body: impl Into<Body>) -> Request<Body> {
    Request::post("/api/v1/alerts")
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
}

/// A notification around alerts.
pub(super) fn payload(alerts: &[Value]) -> Value {
    json!({
        "version": "4",
        "groupKey": "{}:{alertname=\"ServiceDown\"}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "web\\.hook",
        "groupLabels": {"alertname": "ServiceDown"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://evil.example",
        "notification_reason": "new field of 0.32",
        "alerts": alerts,
    })
}

/// A firing alert with these labels.
pub(super) fn alert(labels: &Value) -> Value {
    json!({
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": "nginx is down"},
        "startsAt": "2026-11-24T05:00:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "0123456789abcdef",
    })
}

/// A firing alert about this host.
pub(super) fn our_alert() -> Value {
    alert(&json!({"alertname": "ServiceDown", "instance": "web1:9750", "name": "nginx.service"}))
}
