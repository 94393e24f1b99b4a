//! Plots and tables of counts.

use jiff::Timestamp;

use super::{Body, Cell, Column, Ink, Section, Table};
use crate::notify::words::{Reader, line, reason, severity};
use crate::report::plot::{Bar, Plot, Shape};
use crate::report::summary::{Fate, Need, Report, Spread, Stretch};
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

pub(super) fn plots(report: &Report, reader: &Reader) -> Option<Section> {
    if report.totals.incidents == 0 {
        return None;
    }
    let mut plots = vec![over_time(report, reader)];
    if report.time_to_repair.count > 0 {
        plots.push(repair_times(report, reader));
    }
    if !report.remedies.is_empty() {
        plots.push(success(report, reader));
    }
    Some(Section {
        title: reader.say("At a glance", "En un coup d’œil").to_owned(),
        note: times(report, reader),
        body: Body::Plots(plots),
    })
}

fn times(report: &Report, reader: &Reader) -> String {
    let spread = |name: &str, spread: &Spread| {
        format!(
            "{name}{}{} {}, {} {}, {} {}.",
            reader.colon(),
            reader.say("median", "médiane"),
            reader.seconds(spread.median_seconds),
            reader.say("nine in ten within", "neuf sur dix en moins de"),
            reader.seconds(spread.p90_seconds),
            reader.say("worst", "au pire"),
            reader.seconds(spread.worst_seconds),
        )
    };
    let mut text = spread(
        reader.say("Time to notice", "Détection"),
        &report.time_to_notice,
    );
    if report.time_to_repair.count > 0 {
        text.push(' ');
        text.push_str(&spread(
            reader.say("Time to repair", "Réparation"),
            &report.time_to_repair,
        ));
    }
    text
}

fn over_time(report: &Report, reader: &Reader) -> Plot {
    let stretches = &report.over_time;
    let is_hourly = stretches
        .get(1)
        .is_some_and(|stretch| stretch.to.duration_since(stretch.from).as_secs() <= 3600);
    let format = if is_hourly { "%H:%M" } else { "%d/%m" };
    let label = |stretch: &Stretch| {
        let local = reader.time_zone.to_datetime(stretch.from);
        let english = if is_hourly { "%H:%M" } else { "%b %-d" };
        let format = reader.say(english, format);
        local.strftime(format).to_string()
    };
    let bars = stretches.iter().map(|stretch| Bar {
        label: label(stretch),
        parts: Fate::ALL
            .map(|fate| (ink(fate), stretch.fates.of(fate)))
            .to_vec(),
        value: String::new(),
    });
    let fates = report.totals.fates;
    let shown = Fate::ALL
        .into_iter()
        .filter(|fate| fates.of(*fate) > 0)
        .map(|fate| (ink(fate), words::fate(reader, fate).to_owned()));
    let most = stretches.iter().max_by_key(|stretch| stretch.fates.total());
    let description = most.map_or_else(String::new, |most| {
        let (number, at) = (most.fates.total(), day_and_minute(most.from, reader));
        reader.pick(
            || format!("Most at once: {number} from {at} on."),
            || format!("Maximum{}{number} à partir du {at}.", reader.colon()),
        )
    });
    Plot {
        title: reader
            .say("Incidents over time", "Incidents au fil du temps")
            .to_owned(),
        description,
        shape: Shape::Columns,
        bars: bars.collect(),
        key: shown.collect(),
    }
}

fn repair_times(report: &Report, reader: &Reader) -> Plot {
    let bars = report.repair_times.iter().map(|band| Bar {
        label: match band.up_to_seconds {
            Some(seconds) => words::short_duration(seconds),
            None => reader.say("more", "plus").to_owned(),
        },
        parts: vec![(Ink::Good, band.repairs)],
        value: match band.repairs {
            0 => String::new(),
            some => some.to_string(),
        },
    });
    let (count, worst) = (
        report.time_to_repair.count,
        reader.seconds(report.time_to_repair.worst_seconds),
    );
    Plot {
        title: reader
            .say(
                "Repairs by the time they took, up to",
                "Réparations selon leur durée, jusqu’à",
            )
            .to_owned(),
        description: reader.pick(
            || format!("{count} repairs, the longest {worst}."),
            || format!("{count} réparations, la plus longue {worst}."),
        ),
        shape: Shape::Columns,
        bars: bars.collect(),
        key: Vec::new(),
    }
}

fn success(report: &Report, reader: &Reader) -> Plot {
    /// More do not fit.
    const MOST: usize = 8;
    let bars = report.remedies.iter().take(MOST).map(|row| Bar {
        label: words::remedy(reader, &row.action_type),
        parts: vec![
            (Ink::Good, row.succeeded),
            (Ink::Bad, row.attempts.saturating_sub(row.succeeded)),
        ],
        value: format!("{} / {}", row.succeeded, row.attempts),
    });
    let totals = &report.totals;
    Plot {
        title: reader
            .say("Success by remedy", "Réussite par remède")
            .to_owned(),
        description: reader.pick(
            || {
                format!(
                    "{} of {} attempts succeeded.",
                    totals.succeeded, totals.attempts
                )
            },
            || {
                format!(
                    "{} tentatives réussies sur {}.",
                    totals.succeeded, totals.attempts
                )
            },
        ),
        shape: Shape::Rows,
        bars: bars.collect(),
        key: vec![
            (Ink::Good, reader.say("succeeded", "réussies").to_owned()),
            (Ink::Bad, reader.say("did not", "sans effet").to_owned()),
        ],
    }
}

pub(super) fn needs_person(report: &Report, reader: &Reader) -> Section {
    let title = reader
        .say("Needs a person", "À traiter par une personne")
        .to_owned();
    if report.needs_person.is_empty() {
        return Section {
            title,
            note: String::new(),
            body: Body::Nothing(
                reader
                    .say(
                        "Nothing, as this report was made.",
                        "Rien, au moment de ce rapport.",
                    )
                    .to_owned(),
            ),
        };
    }
    let rows = report.needs_person.iter().map(|needs| {
        let (ink, why) = match needs.why {
            Need::Quarantined => (Ink::Bad, reader.say("in quarantine", "en quarantaine")),
            Need::NotRepaired => (Ink::Bad, reader.say("not repaired", "non réparé")),
            Need::AwaitingApproval => (
                Ink::Warn,
                reader.say("awaits an answer", "attend un accord"),
            ),
        };
        let until = needs.until.map_or_else(String::new, |until| {
            format!(
                "{} {}",
                reader.say("until", "jusqu’au"),
                day_and_minute(until, reader)
            )
        });
        vec![
            Cell::of(why).marked(ink),
            Cell::of(line(&needs.about)).below(line(&needs.alert)),
            Cell::of(day_and_minute(needs.since, reader)).below(until),
            Cell::of(line(&needs.message)).below(needs.command.clone().unwrap_or_default()),
        ]
    });
    Section {
        title,
        note: reader
            .say(
                "As of the moment that this report was made.",
                "Au moment de l’établissement de ce rapport.",
            )
            .to_owned(),
        body: Body::Table(Table {
            columns: vec![
                column(reader.say("why", "pourquoi"), 16),
                column(reader.say("about", "cible"), 26),
                column(reader.say("since", "depuis"), 20),
                column(reader.say("what happened", "que s’est-il passé"), 38),
            ],
            rows: rows.collect(),
            rest: String::new(),
            is_explained: true,
        }),
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
