//! A full disk: people are told what can be told, repairs keep the last space, and nothing is lost.

use std::collections::BTreeSet;
use std::fs::File;

use prunelle_healer::notify::message::Content;
use prunelle_healer::notify::outbox::Unwritten;

use super::rig::{Answer, Rig, critical};
use crate::child;

const RESERVE: u64 = 1 << 20;

#[test]
fn on_a_small_file_system() {
    child::passes_on_small_disk("telling::full_disk::tells_what_it_can_and_the_rest_later");
}

/// The other process, for which the folder is a tmpfs of 8 MiB.
#[tokio::test]
async fn tells_what_it_can_and_the_rest_later() {
    let Some(folder) = child::folder() else {
        return;
    };
    let rig = Rig::start_in(&folder, RESERVE, &["ops", "web"], |_| {}).await;
    rig.answer("ops", Answer::Temporary);
    rig.answer("web", Answer::Temporary);
    rig.hear([critical("Early", 0), critical("Earlier", 1)])
        .await;
    rig.pass(10).await;
    assert!(rig.messages().is_empty());

    let mut ballast = File::create(folder.join("ballast")).unwrap();
    child::fill(&mut ballast);
    // Telling stops while alerts are still heard of, and repairs could be written.
    let mut heard = 2;
    while !rig.status().await.unwritten.is_stalled {
        rig.hear([critical("Late", heard)]).await;
        heard += 1;
        rig.pass(1).await;
        assert!(heard < 5000, "telling never stopped");
    }
    for _ in 0..20 {
        rig.hear([critical("Late", heard)]).await;
        heard += 1;
    }
    // What was decided on before goes out, once.
    rig.answer("ops", Answer::Taken);
    rig.answer("web", Answer::Permanent);
    rig.pass(120).await;
    let early = |rig: &Rig| {
        let is_early = |content: &Content| match content {
            Content::Incident(news) => news.incident.alert.starts_with("Earl"),
            _ => false,
        };
        let messages = rig.messages();
        let early = messages.iter().filter(|(_, it)| is_early(&it.content));
        early.map(|(to, _)| to.clone()).collect::<Vec<_>>()
    };
    assert_eq!(early(&rig), ["ops", "ops"]);
    let unwritten = rig.status().await.unwritten;
    assert!(
        unwritten.is_stalled && unwritten.deliveries >= 4,
        "{unwritten:?}"
    );
    // Until nothing can be written at all.
    while rig.try_to_hear([critical("Late", heard)]).await.is_ok() {
        heard += 1;
        assert!(heard < 20_000, "the disk never got full");
    }
    rig.pass(60).await;

    ballast.set_len(0).unwrap();
    rig.answer("web", Answer::Taken);
    rig.pass(900).await;
    let status = rig.status().await;
    assert_eq!(status.unwritten, Unwritten::default());
    assert!(
        status.queues.iter().all(|queue| queue.waiting == 0),
        "{status:?}"
    );
    assert_eq!(early(&rig), ["ops", "ops"]);
    let told: u64 = rig
        .messages()
        .iter()
        .filter(|(to, _)| to == "ops")
        .map(|(_, message)| match &message.content {
            Content::Incident(_) => 1,
            Content::Gathered(gathered) => gathered.total,
            Content::Digest(digest) => digest.total,
            other => panic!("{other:?}"),
        })
        .sum();
    assert_eq!(told, heard, "{status:?}");
    let messages = rig.messages();
    let ids: BTreeSet<_> = messages.iter().map(|(_, message)| &message.id).collect();
    assert_eq!(ids.len(), messages.len(), "something was sent twice");
}
