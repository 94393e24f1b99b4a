//! Regular reports, on a clock that begins at ten in the morning of a Sunday.

use prunelle_healer::notify::message::{Content, ReportNotice};
use prunelle_healer::policy::{ReportPeriod, ScheduledReport};

use super::rig::{Answer, Rig, critical, ended};

const HOUR: u64 = 3600;

async fn daily() -> Rig {
    Rig::start_with(&["ops", "web"], |telling| {
        telling.time_zone = Some("Etc/UTC".to_owned());
        telling.report = Some(ScheduledReport {
            every: ReportPeriod::Day,
            receivers: vec!["ops".to_owned()],
        });
    })
    .await
}

fn reports(rig: &Rig) -> Vec<(String, ReportNotice)> {
    rig.messages()
        .into_iter()
        .filter_map(|(to, message)| match message.content {
            Content::Report(notice) => Some((to, notice)),
            _ => None,
        })
        .collect()
}

fn day(number: u8) -> (String, ReportNotice) {
    let midnight = |day| format!("2026-03-{day:02}T00:00:00Z").parse().unwrap();
    let notice = ReportNotice {
        since: midnight(number),
        until: midnight(number + 1),
    };
    ("ops".to_owned(), notice)
}

#[tokio::test]
async fn each_day_is_reported_the_next_morning_to_those_who_want_it() {
    let rig = daily().await;
    rig.hear([critical("ServiceDown", 1)]).await;
    rig.pass(60).await;
    rig.hear([ended(critical("ServiceDown", 1))]).await;
    rig.pass(20 * HOUR).await;
    assert_eq!(reports(&rig), [], "it is six in the morning");
    rig.pass(HOUR).await;
    assert_eq!(reports(&rig), [day(1)]);
    let attached = rig.attached();
    assert_eq!(attached.len(), 1);
    assert_eq!(attached[0].name, "prunelle-2026-03-01.pdf");
    assert!(attached[0].bytes.starts_with(b"%PDF-"));
    rig.pass(24 * HOUR).await;
    assert_eq!(reports(&rig), [day(1), day(2)]);
}

#[tokio::test]
async fn a_day_is_reported_once_over_restarts_and_a_time_away() {
    let mut rig = daily().await;
    rig.answer("ops", Answer::Temporary);
    rig.pass(22 * HOUR).await;
    rig.crash().await;
    rig.answer("ops", Answer::Taken);
    rig.restart().await;
    rig.pass(HOUR).await;
    assert_eq!(reports(&rig), [day(1)]);
    rig.crash().await;
    rig.skip(72 * HOUR);
    rig.restart().await;
    rig.pass(HOUR).await;
    assert_eq!(reports(&rig), [day(1), day(4)], "the last one only");
}
