//! Ten thousand alerts at receivers that hang: what telling people holds does not grow with them.

use std::time::Duration;

use prunelle_healer::notify::outbox::Wanted;
use prunelle_healer::policy::MessageLimit;

use super::rig::{Answer, Rig, critical};

const ALERTS: u64 = 10_000;

#[tokio::test]
async fn what_is_held_in_memory_does_not_grow_with_the_incidents() {
    let rig = Rig::start_with(&["ops", "web"], |telling| {
        telling.limit = MessageLimit {
            max: 30,
            per: Duration::from_mins(10),
        };
    })
    .await;
    rig.answer("ops", Answer::Never);
    rig.answer("web", Answer::Never);
    let mut most_held = 0;
    for batch in 0..10 {
        let from = batch * ALERTS / 10;
        let alerts = from..from + ALERTS / 10;
        rig.hear(alerts.map(|number| critical(&format!("Alert{number}"), number)))
            .await;
        rig.pass(5).await;
        let held = rig.status().await.held;
        most_held = most_held.max(held.iter().map(|held| held.waiting).sum());
        let list = rig
            .journal()
            .waiting_list("ops".to_owned(), "burst".to_owned());
        assert!(list.await.unwrap().lines.len() <= 30);
    }
    // It waits in rows: what one turn reads is bounded, and so are the brakes, which the teller keeps.
    assert!(most_held > ALERTS / 2, "{most_held}");
    let status = rig.status().await;
    let waiting: u64 = status.queues.iter().map(|queue| queue.waiting).sum();
    assert!(waiting < 100, "{status:?}");
    assert_eq!(status.unwritten.deliveries, 0);
    let journal = rig.journal();
    for (receiver, brake) in journal.brakes().await.unwrap() {
        let size = serde_json::to_vec(&brake).unwrap().len();
        assert!(size < 16 << 10, "{receiver}: {size} bytes");
    }
    let due = Wanted {
        about: Vec::new(),
        due: Some((jiff::Timestamp::MAX, 200)),
    };
    assert!(journal.incidents(due).await.unwrap().len() <= 200);
}
