//! Nobody could be told, and now somebody can: what is still wrong is told, what is long over is not.

use prunelle_healer::notify::message::{Content, News};

use super::rig::{Rig, critical, ended, warning};

#[tokio::test]
async fn the_first_receiver_is_told_what_is_still_wrong_and_nothing_of_the_past() {
    let rig = Rig::start(&[]).await;
    rig.hear([critical("StillDown", 1), critical("LongOver", 2)])
        .await;
    rig.pass(120).await;
    rig.hear([ended(critical("LongOver", 2))]).await;
    rig.pass(36_000).await;
    assert!(rig.messages().is_empty());
    rig.reload(&["ops"]).await;
    rig.pass(60).await;
    assert_eq!(rig.sent(), [("ops", News::Began)]);
    let Content::Incident(news) = &rig.messages()[0].1.content else {
        panic!("{:?}", rig.messages());
    };
    assert_eq!(news.incident.alert, "StillDown");
    // Its end belongs to it, and nothing else comes.
    rig.hear([ended(critical("StillDown", 1))]).await;
    rig.pass(7200).await;
    assert_eq!(rig.sent(), [("ops", News::Began), ("ops", News::Ended)]);
    assert_eq!(rig.messages().len(), 2);
}

#[tokio::test]
async fn it_is_told_once_also_when_the_program_is_killed_meanwhile() {
    for turns in 0..12 {
        let mut rig = Rig::start(&[]).await;
        rig.hear((0..300).map(|number| warning("DiskSlow", number)))
            .await;
        rig.pass(90).await;
        rig.set_receivers(&["ops"]);
        rig.let_run(turns * 2).await;
        rig.crash().await;
        rig.restart().await;
        rig.pass(120).await;
        let told: u64 = rig
            .messages()
            .iter()
            .map(|(_, message)| match &message.content {
                Content::Incident(_) => 1,
                Content::Gathered(gathered) => gathered.total,
                other => panic!("{other:?}"),
            })
            .sum();
        assert_eq!(told, 300, "killed after {turns}");
    }
}
