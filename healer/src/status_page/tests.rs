use std::sync::Arc;

use axum::body::to_bytes;
use axum::http::Request;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::*;
use crate::reason::Reason;
use crate::view::{
    ActionView, AlertView, ApprovalView, DecisionView, HeartbeatView, PauseView, QuarantineView,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

async fn rendered(view: View, grafana_url: Option<&str>) -> (Response<()>, String) {
    let (_sender, view) = watch::channel(Arc::new(view));
    let page = StatusPage {
        view,
        hostname: "web1".into(),
        grafana_url: grafana_url.map(str::to_owned),
    };
    let request = Request::get("/").body(axum::body::Body::empty()).unwrap();
    let (parts, body) = router(page).oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    (
        Response::from_parts(parts, ()),
        String::from_utf8(bytes.to_vec()).unwrap(),
    )
}

type Response<T> = axum::http::Response<T>;

fn busy_view() -> View {
    let mut view = View::starting(at(100));
    view.is_ready = true;
    view.mode = "enforce".into();
    view.systemd = SystemdView::Synchronised;
    view.services = vec![
        ServiceView {
            name: "nginx.service".into(),
            up: Some(true),
            loaded: true,
            state: "active (running)".into(),
        },
        ServiceView {
            name: "mysql.service".into(),
            up: Some(false),
            loaded: true,
            state: "failed (signal)".into(),
        },
    ];
    view.alerts_total = 3;
    view.alerts = vec![AlertView {
        name: "ServiceDown".into(),
        severity: "critical".into(),
        summary: "<script>alert(1)</script>".into(),
        since: at(40),
        rule: Some("service-down".into()),
        target: Some("unit:mysql.service".into()),
        decision: Some(DecisionView {
            reason: Reason::Cooldown,
            is_deferred: true,
            since: at(90),
            until: Some(at(120)),
        }),
    }];
    view.actions = vec![ActionView {
        remediation: "r".into(),
        alert: "ServiceDown".into(),
        rule: "service-down".into(),
        target: "unit:nginx.service".into(),
        remedy: "restart_service".into(),
        outcome: Outcome::Success,
        reason: None,
        message: "active again".into(),
        at: at(0),
        took_seconds: 2.17,
    }];
    view.pauses = vec![PauseView {
        target: "all".into(),
        note: "upgrade".into(),
        since: at(0),
        until: Some(at(3700)),
    }];
    view.approvals = vec![ApprovalView {
        number: 7,
        alert: "MemoryHigh".into(),
        rule: "memory".into(),
        target: "host".into(),
        remedy: "reboot".into(),
        message: "reboot <this> machine".into(),
        since: at(0),
        until: at(700),
    }];
    view.quarantines = vec![QuarantineView {
        target: "unit:web.service".into(),
        rule: "service-down".into(),
        since: at(0),
        until: at(10_900),
        release: "prunelle-healer release unit:web.service".into(),
    }];
    view.heartbeat = Some(HeartbeatView {
        last: Some(at(-500)),
        is_missing: true,
        missing_after: "3m".into(),
    });
    view
}

#[tokio::test]
async fn the_page_tells_services_alerts_decisions_actions_and_pauses() {
    let (response, html) = rendered(busy_view(), Some("http://127.0.0.1:3000/")).await;
    assert_eq!(response.status(), StatusCode::OK);
    for expected in [
        "1 of 2 up",
        "▲ nginx.service",
        "▼ mysql.service",
        "cooldown",
        "in 20 s at the latest",
        "2 more are not listed",
        "2.17 s",
        "SUCCESS",
        "upgrade",
        "href=\"http://127.0.0.1:3000/\"",
        "prunelle-healer approve 7",
        "reboot &#60;this&#62; machine",
        "10 min",
        "prunelle-healer release unit:web.service",
        "came last 10 min ago, longer ago than 3m",
        "too soon after the last repair",
        "last update 2027-01-15 08:01:40 UTC",
    ] {
        assert!(
            html.contains(expected),
            "{expected} is missing from:\n{html}"
        );
    }
}

#[tokio::test]
async fn text_from_alerts_is_escaped_and_the_page_may_load_nothing() {
    let (response, html) = rendered(busy_view(), None).await;
    assert!(!html.contains("<script"), "{html}");
    assert!(!html.contains("Grafana"), "no link where no address is set");
    let policy = &response.headers()[header::CONTENT_SECURITY_POLICY];
    assert!(policy.to_str().unwrap().starts_with("default-src 'none'"));
}

#[tokio::test]
async fn before_the_engine_is_ready_the_page_says_so() {
    let (_, html) = rendered(View::starting(at(0)), None).await;
    assert!(html.contains("starting"));
    assert!(html.contains("None is watched"));
}
