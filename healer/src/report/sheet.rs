//! The report in words and tables, once for a terminal, a page and a PDF: what is told, in which order, and where the plots
//! stand. Pure, in the reader's language and time zone; text out of alerts is on one line, and each way escapes for itself.

mod incidents;
mod people;
mod plots;
mod tables;

use super::plot::Plot;
use super::summary::{Report, Spread};
use crate::notify::words::{Reader, line};

pub(super) use tables::day_and_minute;

/// The whole report.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// `en`, `fr`
    pub language: &'static str,
    /// `Incident report of web1`
    pub title: String,
    /// Which time, in which zone, made when.
    pub subtitle: String,
    /// The figures that are read first.
    pub figures: Vec<Figure>,
    /// What must be known to read the rest right.
    pub notices: Vec<String>,
    /// In the order in which they are read.
    pub sections: Vec<Section>,
    /// Which program, and what the figures mean.
    pub footer: String,
}

/// A figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// With its unit.
    pub value: String,
    /// What it is.
    pub label: String,
    /// Its colour.
    pub ink: Ink,
}

/// A part with a title.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// How it is to be read; empty for nothing.
    pub note: String,
    /// What is in it.
    pub body: Body,
}

/// What is in a part.
#[derive(Clone, Debug)]
pub enum Body {
    /// Drawings.
    Plots(Vec<Plot>),
    /// Rows.
    Table(Table),
    /// There is nothing, in words.
    Nothing(String),
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell a column.
    pub rows: Vec<Vec<Cell>>,
    /// What is left out, in words; empty for nothing.
    pub rest: String,
    /// What stands in small letters belongs to the point, so that a terminal shows it, too.
    pub is_explained: bool,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// Its share of the width, in hundredths of what a page has.
    pub share: u16,
    /// Numbers stand on the right.
    pub is_number: bool,
}

/// A cell.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// What it says in small letters below; empty for nothing.
    pub small: String,
    /// The colour of its mark; none has no mark.
    pub mark: Option<Ink>,
}

impl Cell {
    fn of(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    fn below(mut self, small: impl Into<String>) -> Self {
        self.small = small.into();
        self
    }

    fn marked(mut self, ink: Ink) -> Self {
        self.mark = Some(ink);
        self
    }
}

/// A colour by what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Repaired.
    Good,
    /// Not repaired, critical.
    Bad,
    /// A warning, or still open.
    Warn,
    /// Neither good nor bad.
    Soft,
    /// Observed, and whatever stands out.
    Accent,
    /// Text.
    Plain,
}

/// Lays a report out.
pub fn of(report: &Report, reader: &Reader) -> Sheet {
    let sections = vec![
        plots::plots(report, reader),
        Some(people::needs_person(report, reader)),
        Some(tables::remedies(report, reader)),
        Some(tables::alerts(report, reader)),
        tables::reasons(report, reader),
        tables::noisy(report, reader),
        tables::budgets(report, reader),
        incidents::longest(report, reader),
        incidents::newest(report, reader),
    ];
    Sheet {
        language: reader.tag(),
        title: format!(
            "{} {}",
            reader.say("Incident report of", "Rapport d’incidents de"),
            line(&report.host)
        ),
        subtitle: subtitle(report, reader),
        figures: figures(report, reader),
        notices: notices(report, reader),
        sections: sections.into_iter().flatten().collect(),
        footer: footer(report, reader),
    }
}

fn subtitle(report: &Report, reader: &Reader) -> String {
    let moment = |at| day_and_minute(at, reader);
    format!(
        "{}{} {} {} ({}), {} {}",
        reader.say("", "Du "),
        moment(report.period.since),
        reader.say("to", "au"),
        moment(report.period.until),
        reader.zone_name(),
        reader.say("made", "établi le"),
        moment(report.made),
    )
}

fn figures(report: &Report, reader: &Reader) -> Vec<Figure> {
    let totals = &report.totals;
    let fates = totals.fates;
    let figure = |value: String, english: &str, french: &str, ink| Figure {
        value,
        label: reader.say(english, french).to_owned(),
        ink,
    };
    let count = |number: u64, ink| if number == 0 { Ink::Plain } else { ink };
    let needs = report.needs_person.len() as u64;
    vec![
        figure(
            totals.incidents.to_string(),
            "incidents",
            "incidents",
            Ink::Plain,
        ),
        figure(
            fates.repaired.to_string(),
            "repaired by the healer",
            "réparés automatiquement",
            count(fates.repaired, Ink::Good),
        ),
        figure(
            fates.not_repaired.to_string(),
            "tried in vain",
            "réparations sans effet",
            count(fates.not_repaired, Ink::Bad),
        ),
        figure(
            needs.to_string(),
            "need a person now",
            "à traiter par une personne",
            count(needs, Ink::Bad),
        ),
        figure(
            middle(&report.time_to_notice, reader),
            "to notice (median)",
            "de détection (médiane)",
            Ink::Plain,
        ),
        figure(
            middle(&report.time_to_repair, reader),
            "to repair (median)",
            "de réparation (médiane)",
            Ink::Plain,
        ),
    ]
}

fn middle(spread: &Spread, reader: &Reader) -> String {
    reader.seconds(spread.median_seconds)
}

fn notices(report: &Report, reader: &Reader) -> Vec<String> {
    let mut notices = Vec::new();
    let history = &report.history;
    let days = history.kept_seconds / 86_400;
    if !history.is_covered {
        let first = history.first.map_or_else(
            || reader.say("nothing at all", "rien").to_owned(),
            |first| day_and_minute(first, reader),
        );
        notices.push(reader.pick(
            || format!("Part of this period has been forgotten: the journal keeps events for {days} days and begins at {first}. What is older is not counted."),
            || format!("Une partie de cette période a été oubliée : le journal garde les événements {days} jours et commence le {first}. Ce qui précède n’est pas compté."),
        ));
    }
    let before = report.totals.open_before;
    if before > 0 {
        notices.push(reader.pick(
            || format!("{before} more incidents began before this period and lasted into it; they are not counted here."),
            || format!("{before} autres incidents ont commencé avant cette période et s’y sont prolongés ; ils ne sont pas comptés ici."),
        ));
    }
    notices
}

fn footer(report: &Report, reader: &Reader) -> String {
    let (version, days, events) = (
        &report.healer,
        report.history.kept_seconds / 86_400,
        report.history.events,
    );
    reader.pick(
        || format!("Made by prunelle-healer {version} from {events} events of its journal, which keeps {days} days. Times to notice run from the begin of the alert to its arrival; times to repair from there to the repair, checked."),
        || format!("Établi par prunelle-healer {version} à partir de {events} événements de son journal, qui garde {days} jours. La détection se mesure du début de l’alerte à sa réception, la réparation du début de l’alerte à la réparation vérifiée."),
    )
}
