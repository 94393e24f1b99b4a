//! `all` and `any`: several checks at once.

use serde_json::Value;
use tokio::net::TcpListener;

use super::*;

/// Open, closed, and one that never answers.
struct Ports {
    _open: TcpListener,
    open: Verify,
    closed: Verify,
}

async fn ports() -> Ports {
    let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tcp = |address: String| Verify::Tcp { address };
    Ports {
        open: tcp(open.local_addr().unwrap().to_string()),
        closed: tcp("127.0.0.1:1".to_owned()),
        _open: open,
    }
}

/// Ends at once: this kernel file is never there.
fn hopeless() -> Verify {
    Verify::PressureBelow {
        resource: prunelle_healer::policy::Pressure::Cpu,
        ratio: 0.5,
    }
}

fn bench(root: &tempfile::TempDir) -> Bench {
    Bench::new(NOBODY).with_root(root.path())
}

fn seen(evidence: &Value) -> Vec<(&str, bool)> {
    let checks = evidence["checks"].as_array().unwrap();
    checks
        .iter()
        .map(|check| {
            (
                check["check"].as_str().unwrap(),
                check["holds"].as_bool().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn all_holds_when_each_does() {
    let root = tempfile::TempDir::new().unwrap();
    let ports = ports().await;
    let all = Verify::All(vec![ports.open.clone(), ports.open.clone()]);
    let finding = bench(&root).check(all).await;
    assert_holds(&finding, "takes connections; 127.0.0.1");
    assert_eq!(seen(&finding.evidence), [("tcp", true), ("tcp", true)]);
}

#[tokio::test]
async fn the_first_that_cannot_hold_ends_all() {
    let root = tempfile::TempDir::new().unwrap();
    let ports = ports().await;
    // `closed` alone would be tried for 20 s.
    let all = Verify::All(vec![ports.closed.clone(), hopeless()]);
    let limit = Duration::from_secs(10);
    let finding = tokio::time::timeout(limit, bench(&root).check(all)).await;
    let finding = finding.unwrap();
    assert_not(&finding, "does not tell of pressure");
    assert_eq!(seen(&finding.evidence), [("pressure_below", false)]);
}

#[tokio::test]
async fn the_first_that_holds_ends_any() {
    let root = tempfile::TempDir::new().unwrap();
    let ports = ports().await;
    let any = Verify::Any(vec![ports.closed.clone(), hopeless(), ports.open.clone()]);
    let limit = Duration::from_secs(10);
    let finding = tokio::time::timeout(limit, bench(&root).check(any)).await;
    let finding = finding.unwrap();
    assert_holds(&finding, "takes connections");
    assert!(seen(&finding.evidence).contains(&("tcp", true)));
}

#[tokio::test]
async fn any_does_not_hold_when_none_does_and_tells_what_each_saw() {
    let root = tempfile::TempDir::new().unwrap();
    let ports = ports().await;
    let any = Verify::Any(vec![ports.closed.clone(), hopeless()]);
    let finding = bench(&root).within(SHORT).check(any).await;
    assert_not(&finding, "takes no connection");
    assert_not(&finding, "does not tell of pressure");
    let seen = seen(&finding.evidence);
    assert_eq!(seen, [("tcp", false), ("pressure_below", false)]);
}

#[tokio::test]
async fn they_stand_in_one_another() {
    let root = tempfile::TempDir::new().unwrap();
    let ports = ports().await;
    let inner = Verify::Any(vec![hopeless(), ports.open.clone()]);
    let all = Verify::All(vec![inner, ports.open.clone()]);
    let finding = bench(&root).check(all).await;
    assert_holds(&finding, "takes connections");
    assert_eq!(seen(&finding.evidence), [("any", true), ("tcp", true)]);
    let any_part = &finding.evidence["checks"][0]["evidence"];
    assert_eq!(seen(any_part).last(), Some(&("tcp", true)));
}

#[tokio::test]
async fn nothing_to_check_proves_nothing() {
    let root = tempfile::TempDir::new().unwrap();
    for empty in [Verify::All(Vec::new()), Verify::Any(Vec::new())] {
        assert_not(&bench(&root).check(empty).await, "nothing to check");
    }
}
