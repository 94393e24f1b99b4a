//! Telling people, on a real journal: from an alert that is heard of to a message that a channel has sent.

mod flood;
mod full_disk;
mod newcomers;
mod recipients;
mod refusals;
mod reports;
mod rig;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use prunelle_healer::notify::message::{Content, HeldWhy, News};
use prunelle_healer::policy::MessageLimit;

use self::rig::{Answer, Rig, critical, ended, warning};

#[tokio::test]
async fn an_alert_that_no_rule_knows_is_told_and_its_end_as_well() {
    let rig = Rig::start(&["ops"]).await;
    rig.hear([warning("DiskSlow", 1)]).await;
    rig.pass(20).await;
    assert_eq!(rig.sent(), []);
    rig.pass(15).await;
    assert_eq!(rig.sent(), [("ops", News::Began)]);
    rig.hear([ended(warning("DiskSlow", 1))]).await;
    rig.pass(40).await;
    assert_eq!(rig.sent(), [("ops", News::Began), ("ops", News::Ended)]);
    let messages = rig.messages();
    let thread = |index: usize| match &messages[index].1.content {
        Content::Incident(news) => (news.incident.id.clone(), news.sent_before),
        other => panic!("{other:?}"),
    };
    assert_eq!(thread(0).0, thread(1).0);
    assert_eq!((thread(0).1, thread(1).1), (0, 1));
    assert_ne!(messages[0].1.id, messages[1].1.id);
}

#[tokio::test]
async fn a_thousand_alerts_of_one_name_are_a_few_messages_that_account_for_all() {
    let rig = Rig::start(&["ops"]).await;
    for second in 0..50 {
        rig.hear((0..20).map(|number| critical("ServiceDown", second * 20 + number)))
            .await;
        rig.pass(1).await;
    }
    rig.pass(120).await;
    let told = told(&rig);
    assert_eq!(told.values().sum::<u64>(), 1000, "{told:?}");
    assert!(rig.messages().len() <= 6, "{}", rig.messages().len());
}

#[tokio::test]
async fn a_thousand_alerts_of_a_thousand_names_are_a_few_messages_that_account_for_all() {
    let rig = Rig::start(&["ops"]).await;
    for second in 0..50 {
        rig.hear((0..20).map(|number| {
            let number = second * 20 + number;
            if number % 2 == 0 {
                critical(&format!("Alert{number}"), number)
            } else {
                warning(&format!("Alert{number}"), number)
            }
        }))
        .await;
        rig.pass(1).await;
    }
    rig.pass(3 * 60).await;
    rig.pass(3700).await;
    let told = told(&rig);
    assert_eq!(told.values().sum::<u64>(), 1000, "{told:?}");
    assert!(rig.messages().len() <= 20, "{}", rig.messages().len());
}

/// How many news the messages account for, by what kind of message.
fn told(rig: &Rig) -> BTreeMap<&'static str, u64> {
    let mut told = BTreeMap::new();
    let mut singles = BTreeSet::new();
    for (_, message) in rig.messages() {
        let (kind, count) = match &message.content {
            Content::Incident(news) => {
                assert!(singles.insert(news.incident.id.clone()));
                ("incident", 1)
            }
            Content::Gathered(gathered) => {
                assert!(gathered.lines.len() <= 30);
                ("gathered", gathered.total)
            }
            Content::Digest(digest) => {
                let held: u64 = digest.held.iter().map(|(_, count)| count).sum();
                assert_eq!(held, digest.total);
                ("digest", digest.total)
            }
            other => panic!("{other:?}"),
        };
        *told.entry(kind).or_default() += count;
    }
    told
}

#[tokio::test]
async fn what_could_not_be_sent_for_now_is_sent_later_and_holds_up_nobody() {
    let rig = Rig::start(&["ops", "web"]).await;
    rig.answer("ops", Answer::Temporary);
    rig.hear([critical("ServiceDown", 1)]).await;
    rig.pass(10).await;
    assert_eq!(rig.sent(), [("web", News::Began)]);
    let status = rig.status().await;
    let ops = &status.queues[0];
    assert_eq!((ops.receiver.as_str(), ops.waiting), ("ops", 1));
    assert_eq!(ops.problem.as_deref(), Some("not now"));
    rig.answer("ops", Answer::Taken);
    rig.pass(60).await;
    assert_eq!(rig.sent(), [("web", News::Began), ("ops", News::Began)]);
    assert_eq!(rig.status().await.queues[0].waiting, 0);
}

#[tokio::test]
async fn a_channel_that_hangs_delays_no_other() {
    let rig = Rig::start(&["ops", "web"]).await;
    rig.answer("ops", Answer::Never);
    for number in 0..3 {
        rig.hear([critical(&format!("Alert{number}"), number)])
            .await;
        rig.pass(10).await;
    }
    let begun = ("web", News::Began);
    assert_eq!(rig.sent(), [begun, begun, begun]);
}

#[tokio::test]
async fn what_is_refused_is_given_up_and_told_to_the_others() {
    let rig = Rig::start(&["ops", "web"]).await;
    rig.answer("ops", Answer::Permanent);
    rig.hear([critical("ServiceDown", 1)]).await;
    rig.pass(120).await;
    let status = rig.status().await;
    assert_eq!(
        (status.queues[0].given_up, status.queues[0].waiting),
        (1, 0)
    );
    let digests: Vec<_> = rig
        .messages()
        .into_iter()
        .filter_map(|(to, message)| match message.content {
            Content::Digest(digest) => Some((to, digest)),
            _ => None,
        })
        .collect();
    assert_eq!(digests.len(), 1);
    let (to, digest) = &digests[0];
    assert_eq!(*to, "web");
    let undelivered = &digest.undelivered[0];
    assert_eq!(
        (
            undelivered.receiver.as_str(),
            undelivered.total,
            undelivered.why.as_str()
        ),
        ("ops", 1, "never")
    );
    // Nobody is told that again.
    rig.pass(7200).await;
    assert_eq!(rig.messages().len(), 2);
}

#[tokio::test]
async fn what_is_given_up_after_a_day_is_counted() {
    let rig = Rig::start(&["ops"]).await;
    rig.answer("ops", Answer::Temporary);
    rig.hear([critical("ServiceDown", 1)]).await;
    rig.pass(10).await;
    rig.pass(25 * 3600).await;
    let status = rig.status().await;
    assert_eq!(
        (status.queues[0].given_up, status.queues[0].waiting),
        (1, 0)
    );
}

#[tokio::test]
async fn a_crash_between_sending_and_recording_sends_the_same_message_once_more() {
    let mut rig = Rig::start(&["ops"]).await;
    rig.answer("ops", Answer::TakenThenHangs);
    rig.hear([critical("ServiceDown", 1)]).await;
    rig.pass(10).await;
    assert_eq!(rig.sent(), [("ops", News::Began)]);
    rig.crash().await;
    rig.answer("ops", Answer::Taken);
    rig.restart().await;
    rig.pass(10).await;
    let messages = rig.messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].1, messages[1].1);
    rig.pass(7200).await;
    assert_eq!(rig.messages().len(), 2);
}

#[tokio::test]
async fn a_crash_of_the_teller_at_any_moment_loses_and_doubles_nothing() {
    let mut rig = Rig::start(&["ops"]).await;
    for round in 0..12 {
        rig.hear([critical(&format!("Alert{round}"), round)]).await;
        // Between none and all of the teller's turns about it.
        rig.let_run(usize::try_from(round).unwrap() * 3).await;
        rig.crash().await;
        rig.restart().await;
        rig.pass(70).await;
    }
    assert_eq!(rig.sent().len(), 12);
    let ids: BTreeSet<_> = rig.messages().into_iter().map(|(_, one)| one.id).collect();
    assert_eq!(ids.len(), 12);
}

#[tokio::test]
async fn a_receiver_that_the_policy_names_no_longer_gets_nothing_more() {
    let rig = Rig::start(&["ops", "web"]).await;
    rig.answer("ops", Answer::Temporary);
    rig.hear([critical("ServiceDown", 1)]).await;
    rig.pass(10).await;
    rig.reload(&["web"]).await;
    rig.pass(60).await;
    let status = rig.status().await;
    assert_eq!(
        (status.queues[0].given_up, status.queues[0].waiting),
        (1, 0)
    );
    assert!(
        status.queues[0]
            .problem
            .as_ref()
            .unwrap()
            .contains("policy")
    );
    rig.hear([critical("Other", 2)]).await;
    rig.pass(10).await;
    assert_eq!(rig.sent(), [("web", News::Began), ("web", News::Began)]);
}

#[tokio::test]
async fn the_limits_of_the_policy_are_kept_and_the_digest_tells_the_rest() {
    let rig = Rig::start_with(&["ops"], |telling| {
        telling.limit = MessageLimit {
            max: 2,
            per: Duration::from_hours(2),
        };
    })
    .await;
    for number in 0..5 {
        rig.hear([warning(&format!("Alert{number}"), number)]).await;
        rig.pass(60).await;
    }
    let begun = ("ops", News::Began);
    assert_eq!(rig.sent(), [begun, begun]);
    assert_eq!(rig.status().await.held[0].waiting, 3);
    rig.pass(3700).await;
    let (_, last) = rig.messages().pop().unwrap();
    let Content::Digest(digest) = last.content else {
        panic!("{last:?}");
    };
    assert_eq!(digest.held, [(HeldWhy::ReceiverLimit, 3)]);
    assert_eq!(digest.by_alert.len(), 3);
    assert!(rig.status().await.held.is_empty());
}
