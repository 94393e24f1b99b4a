//! Tables of counts.

use jiff::Timestamp;

use super::{Body, Cell, Column, Ink, Section, Table};
use crate::notify::words::{Reader, line, reason, severity};
use crate::report::summary::{Fate, Report};
use crate::report::words;

/// How a fate is drawn.
pub(in crate::report) const fn ink(fate: Fate) -> Ink {
    match fate {
        Fate::Repaired => Ink::Good,
        Fate::NotRepaired => Ink::Bad,
        Fate::Observed => Ink::Accent,
        Fate::EndedByItself => Ink::Soft,
        Fate::Open => Ink::Warn,
    }
}

/// `2026-11-24 07:00`, by the reader's clock.
pub(in crate::report) fn day_and_minute(at: Timestamp, reader: &Reader) -> String {
    reader
        .time_zone
        .to_datetime(at)
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

pub(super) fn column(title: &str, share: u16) -> Column {
    Column {
        title: title.to_owned(),
        share,
        is_number: false,
    }
}

fn number(title: &str, share: u16) -> Column {
    Column {
        is_number: true,
        ..column(title, share)
    }
}

pub(super) fn remedies(report: &Report, reader: &Reader) -> Section {
    let rows = report.remedies.iter().map(|row| {
        let percent = row.succeeded * 100 / row.attempts.max(1);
        vec![
            Cell::of(words::remedy(reader, &row.action_type)).below(line(&row.action_type)),
            Cell::of(row.attempts.to_string()),
            Cell::of(row.succeeded.to_string()),
            Cell::of(reader.percent(percent)),
            Cell::of(reader.seconds(row.median_seconds)),
        ]
    });
    Section {
        title: reader.say("What was done", "Ce qui a été fait").to_owned(),
        note: String::new(),
        body: or_nothing(
            Table {
                columns: vec![
                    column(reader.say("remedy", "remède"), 44),
                    number(reader.say("attempts", "tentatives"), 14),
                    number(reader.say("succeeded", "réussies"), 14),
                    number(reader.say("success", "réussite"), 12),
                    number(reader.say("takes (median)", "durée médiane"), 16),
                ],
                rows: rows.collect(),
                rest: String::new(),
                is_explained: false,
            },
            reader.say("Nothing was done.", "Rien n’a été fait."),
        ),
    }
}

pub(super) fn alerts(report: &Report, reader: &Reader) -> Section {
    let rows = report.alerts.iter().map(|row| {
        let fates = row.fates;
        let open = fates.open;
        vec![
            Cell::of(line(&row.alert))
                .below(severity(reader, row.severity))
                .marked(words::severity_ink(row.severity)),
            Cell::of(row.incidents.to_string()),
            Cell::of(fates.repaired.to_string()),
            Cell::of(fates.not_repaired.to_string()),
            Cell::of(fates.observed.to_string()),
            Cell::of(fates.ended_by_itself.to_string()),
            Cell::of(open.to_string()),
        ]
    });
    let fate = |fate, share| number(words::fate(reader, fate), share);
    Section {
        title: reader.say("By alert", "Par alerte").to_owned(),
        note: String::new(),
        body: or_nothing(
            Table {
                columns: vec![
                    column(reader.say("alert", "alerte"), 30),
                    number(reader.say("incidents", "incidents"), 12),
                    fate(Fate::Repaired, 11),
                    fate(Fate::NotRepaired, 13),
                    fate(Fate::Observed, 12),
                    fate(Fate::EndedByItself, 12),
                    fate(Fate::Open, 10),
                ],
                rows: rows.collect(),
                rest: String::new(),
                is_explained: false,
            },
            reader.say(
                "No incident in this period.",
                "Aucun incident sur cette période.",
            ),
        ),
    }
}

pub(super) fn reasons(report: &Report, reader: &Reader) -> Option<Section> {
    let rows = report.reasons.iter().map(|row| {
        vec![
            Cell::of(row.reason.as_str()).below(reason(reader, row.reason)),
            Cell::of(row.incidents.to_string()),
            Cell::of(row.repaired.to_string()),
        ]
    });
    some(Section {
        title: reader
            .say(
                "Why nothing was done, or not at once",
                "Pourquoi rien n’a été fait, ou pas tout de suite",
            )
            .to_owned(),
        note: String::new(),
        body: Body::Table(Table {
            columns: vec![
                column(reader.say("reason", "raison"), 68),
                number(reader.say("incidents", "incidents"), 14),
                number(reader.say("repaired later", "réparés ensuite"), 18),
            ],
            rows: rows.collect(),
            rest: String::new(),
            is_explained: true,
        }),
    })
}

pub(super) fn noisy(report: &Report, reader: &Reader) -> Option<Section> {
    let rows = report.noisy.iter().map(|row| {
        vec![
            Cell::of(line(&row.alert)),
            Cell::of(row.service.as_deref().map_or_else(|| "–".to_owned(), line)),
            Cell::of(row.firings.to_string()),
            Cell::of(row.relapses.to_string()),
            Cell::of(row.flapping.to_string()),
        ]
    });
    some(Section {
        title: reader.say("Noisy alerts", "Alertes bruyantes").to_owned(),
        note: reader
            .say(
                "Fired five times or more, came again within ten minutes of their end, or were left alone because the target flaps.",
                "Déclenchées au moins cinq fois, revenues dans les dix minutes après leur fin, ou laissées de côté car la cible est instable.",
            )
            .to_owned(),
        body: Body::Table(Table {
            columns: vec![
                column(reader.say("alert", "alerte"), 32),
                column(reader.say("service", "service"), 32),
                number(reader.say("fired", "déclenchées"), 12),
                number(reader.say("came again", "revenues"), 12),
                number(reader.say("flapping", "instables"), 12),
            ],
            rows: rows.collect(),
            rest: String::new(),
            is_explained: false,
        }),
    })
}

pub(super) fn budgets(report: &Report, reader: &Reader) -> Option<Section> {
    let rows = report.budgets.iter().map(|row| {
        vec![
            Cell::of(row.reason.as_str()),
            Cell::of(line(&row.rule)),
            Cell::of(row.incidents.to_string()),
            Cell::of(day_and_minute(row.last, reader)),
        ]
    });
    some(Section {
        title: reader
            .say("Budgets that were used up", "Budgets épuisés")
            .to_owned(),
        note: String::new(),
        body: Body::Table(Table {
            columns: vec![
                column(reader.say("budget", "budget"), 26),
                column(reader.say("rule", "règle"), 36),
                number(reader.say("incidents", "incidents"), 14),
                column(reader.say("last", "dernière fois"), 24),
            ],
            rows: rows.collect(),
            rest: String::new(),
            is_explained: false,
        }),
    })
}

/// A part that is left out when its table is empty.
pub(super) fn some(section: Section) -> Option<Section> {
    match &section.body {
        Body::Table(table) if table.rows.is_empty() => None,
        _ => Some(section),
    }
}

fn or_nothing(table: Table, nothing: &str) -> Body {
    if table.rows.is_empty() {
        Body::Nothing(nothing.to_owned())
    } else {
        Body::Table(table)
    }
}
