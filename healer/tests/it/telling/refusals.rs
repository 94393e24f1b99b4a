//! Alerts that were refused or cut off: that they were not heard is told once, and that no more of them come.

use prunelle_healer::notify::message::{Content, News};
use prunelle_healer::work::InvalidAlert;

use super::rig::{Rig, warning};

fn over_the_limits() -> Vec<InvalidAlert> {
    vec![InvalidAlert {
        name: "ServiceDown".to_owned(),
        problem: "more than 64 labels".to_owned(),
    }]
}

/// What was told: the alert's name, the news, the summary.
fn told(rig: &Rig) -> Vec<(String, News, String)> {
    let messages = rig.messages().into_iter();
    messages
        .map(|(_, message)| match message.content {
            Content::Incident(news) => {
                let summary = news.incident.annotations.get("summary").unwrap_or_default();
                (news.incident.alert.clone(), news.news, summary.to_owned())
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn an_alert_over_the_limits_is_told_once_and_when_no_more_come() {
    let rig = Rig::start(&["ops"]).await;
    for _ in 0..90 {
        rig.hear_refused(over_the_limits(), 0).await;
        rig.pass(60).await;
    }
    let (alert, news, summary) = told(&rig).pop().unwrap();
    assert_eq!((alert.as_str(), news), ("AlertsRefused", News::Began));
    assert!(
        summary.contains("ServiceDown: more than 64 labels"),
        "{summary}"
    );
    assert_eq!(told(&rig).len(), 1);
    rig.pass(3700).await;
    rig.hear([warning("DiskSlow", 1)]).await;
    rig.pass(60).await;
    let ended: Vec<_> = told(&rig)
        .into_iter()
        .filter(|(alert, ..)| alert == "AlertsRefused")
        .map(|(_, news, _)| news)
        .collect();
    assert_eq!(ended, [News::Began, News::Ended]);
}

#[tokio::test]
async fn what_alertmanager_cut_off_is_told_beside_it() {
    let rig = Rig::start(&["ops"]).await;
    for _ in 0..3 {
        rig.hear_refused(over_the_limits(), 7).await;
        rig.pass(90).await;
    }
    let told = told(&rig);
    assert_eq!(told.len(), 2, "{told:?}");
    let (_, _, summary) = told
        .iter()
        .find(|(alert, ..)| alert == "AlertsTruncated")
        .unwrap();
    assert!(summary.contains("7 of them"), "{summary}");
}
