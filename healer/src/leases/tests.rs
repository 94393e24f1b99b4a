use std::sync::Arc;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Clock as _, ManualClock};

use super::*;

#[tokio::test]
async fn a_lease_holds_for_its_time_and_every_later_one_has_a_higher_token() {
    let clock = Arc::new(ManualClock::new(Now {
        wall: Timestamp::from_second(1_800_000_000).unwrap(),
        boot: Duration::from_secs(5),
        boot_id: BootId::new("a"),
    }));
    let ttl = Duration::from_secs(30);
    let target: Target = "web.service".parse().unwrap();
    let leases = LocalLeases::new(Arc::clone(&clock) as SharedClock);
    let first = leases.acquire(&target, ttl).await.unwrap();
    let second = leases.acquire(&target, ttl).await.unwrap();
    assert!(second.fencing_token > first.fencing_token);
    assert!(first.holds(&clock.now()));
    clock.advance(ttl);
    assert!(!first.holds(&clock.now()));
    // Another run of the program, a moment later.
    let later = LocalLeases::new(Arc::clone(&clock) as SharedClock);
    let third = later.acquire(&target, ttl).await.unwrap();
    assert!(third.fencing_token > second.fencing_token);
}
