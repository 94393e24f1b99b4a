//! Incidents, one a row.

use super::tables::{self, column, day_and_minute, ink};
use super::{Body, Cell, Column, Section, Table};
use crate::notify::words::{Reader, line, severity};
use crate::reason::Reason;
use crate::report::summary::{IncidentRow, Report};
use crate::report::words;

pub(super) fn longest(report: &Report, reader: &Reader) -> Option<Section> {
    // All of them follow.
    if report.incidents.len() <= report.longest.len() {
        return None;
    }
    let title = reader.say("The longest", "Les plus longs");
    section(title, &report.longest, String::new(), report, reader)
}

pub(super) fn newest(report: &Report, reader: &Reader) -> Option<Section> {
    let title = reader.say(
        "All incidents, the newest first",
        "Tous les incidents, du plus récent au plus ancien",
    );
    let left = report
        .totals
        .incidents
        .saturating_sub(report.incidents.len() as u64);
    let rest = match left {
        0 => String::new(),
        left => reader.pick(
            || format!("{left} older incidents of this period are counted, and not listed."),
            || {
                format!(
                    "{left} incidents plus anciens de cette période sont comptés, mais non listés."
                )
            },
        ),
    };
    section(title, &report.incidents, rest, report, reader)
}

fn section(
    title: &str,
    rows: &[IncidentRow],
    rest: String,
    report: &Report,
    reader: &Reader,
) -> Option<Section> {
    tables::some(Section {
        title: title.to_owned(),
        note: String::new(),
        body: Body::Table(Table {
            columns: columns(reader),
            rows: rows.iter().map(|row| cells(row, report, reader)).collect(),
            rest,
            is_explained: false,
        }),
    })
}

fn columns(reader: &Reader) -> Vec<Column> {
    vec![
        column(reader.say("began", "début"), 18),
        column(reader.say("what", "quoi"), 34),
        column(reader.say("how it stands", "état"), 30),
        Column {
            is_number: true,
            ..column(reader.say("lasted", "durée"), 18)
        },
    ]
}

fn cells(row: &IncidentRow, report: &Report, reader: &Reader) -> Vec<Cell> {
    let what = match &row.service {
        Some(service) => format!("{}{}{}", line(&row.alert), reader.colon(), line(service)),
        None => line(&row.alert),
    };
    let tried: Vec<String> = row
        .tried
        .iter()
        .map(|kind| words::remedy(reader, kind))
        .collect();
    let mut how = tried.join(", ");
    // What is only observed has that for its reason, too.
    let reason = row.reason.filter(|reason| *reason != Reason::Observed);
    if let Some(reason) = reason {
        if !how.is_empty() {
            how.push_str(reader.say("; ", "\u{a0}; "));
        }
        how.push_str(reason.as_str());
    }
    let repaired = match (row.relapses, row.repaired) {
        (0, Some(repaired)) => {
            let took = repaired.duration_since(row.began).as_secs_f64().max(0.0);
            format!(
                "{} {}",
                reader.say("repaired after", "réparé après"),
                reader.seconds(Some(took))
            )
        }
        (0, None) => String::new(),
        (relapses, _) => reader.pick(
            || format!("came again {relapses}×"),
            || format!("revenu {relapses} fois"),
        ),
    };
    vec![
        Cell::of(day_and_minute(row.began, reader))
            .below(severity(reader, row.severity))
            .marked(words::severity_ink(row.severity)),
        Cell::of(what).below(line(&row.summary)),
        Cell::of(words::fate_of_one(reader, row.fate))
            .below(how)
            .marked(ink(row.fate)),
        Cell::of(reader.seconds(Some(row.seconds(report.made)))).below(repaired),
    ]
}
