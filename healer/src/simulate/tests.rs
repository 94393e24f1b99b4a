//! Rehearsals over episodes that are made up, through policies as people write them.

mod course;
mod reading;
mod shown;

use super::*;
use crate::alert::Labels;
use crate::policy::load;

/// A Wednesday, at midnight in UTC.
pub(super) const BEGIN: i64 = 1_767_744_000_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;

pub(super) fn policy(more: &str) -> Policy {
    let text = format!("version: 1\nhost: {{label: instance, is: ['web1:9750']}}\n{more}");
    load::parse(std::path::Path::new("policy.yml"), &text)
        .unwrap_or_else(|errors| panic!("{errors}"))
}

pub(super) fn episode(labels: &[(&str, &str)], from: i64, minutes: i64) -> Recorded {
    let all: Labels = [("instance", "web1:9750")]
        .iter()
        .chain(labels)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect::<std::collections::BTreeMap<_, _>>()
        .into();
    Recorded {
        labels: all,
        from: BEGIN + from,
        to: BEGIN + from + minutes * MINUTE,
    }
}

pub(super) fn down(unit: &str, from: i64, minutes: i64) -> Recorded {
    let labels = [
        ("alertname", "ServiceDown"),
        ("name", unit),
        ("severity", "critical"),
    ];
    episode(&labels, from, minutes)
}

pub(super) fn read(episodes: Vec<Recorded>) -> Reading {
    let mut episodes = episodes;
    episodes.sort_by_key(|episode| episode.from);
    let from = super::reading::timestamp(BEGIN);
    let to = super::reading::timestamp(BEGIN + 30 * 24 * HOUR);
    Reading {
        span: Span {
            from,
            to,
            step: None,
        },
        episodes,
        coverage: Coverage {
            first: Some(from),
            last: Some(to),
            gaps: Vec::new(),
            ratio: 1.0,
        },
        step: Duration::from_secs(15),
        prometheus: "2.42.0".to_owned(),
    }
}

pub(super) fn rehearsed(more: &str, episodes: Vec<Recorded>, assume: Assume) -> Report {
    run(&policy(more), read(episodes), assume)
}
