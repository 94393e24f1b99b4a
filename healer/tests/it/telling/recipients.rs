//! Several recipients of one mail: who has it gets it once, however often the rest is tried, and whoever is killed meanwhile.

use prunelle_healer::notify::message::News;

use super::rig::{Answer, Rig, critical};

#[tokio::test]
async fn after_a_crash_nobody_gets_again_what_he_has() {
    let began = ("ops", News::Began);
    for dies in [Answer::TakenByOne, Answer::TakenByOneThenHangs] {
        let mut rig = Rig::start(&["ops"]).await;
        rig.answer("ops", dies);
        rig.hear([critical("ServiceDown", 1)]).await;
        rig.pass(10).await;
        assert_eq!(rig.sent(), [began], "{dies:?}");
        rig.crash().await;
        rig.answer("ops", Answer::TakenByOne);
        rig.restart().await;
        rig.pass(300).await;
        assert_eq!(rig.sent(), [began], "{dies:?}");
        assert_eq!(rig.status().await.queues[0].waiting, 1, "{dies:?}");
        rig.answer("ops", Answer::Taken);
        rig.pass(900).await;
        assert_eq!(rig.sent(), [began, began], "{dies:?}");
        assert_eq!(rig.status().await.queues[0].waiting, 0, "{dies:?}");
    }
}
