//! The plots: incidents over time, how long repairs took, how well remedies help. What they show is in the tables, too.

use super::tables::{day_and_minute, ink};
use super::{Body, Ink, Section};
use crate::notify::words::Reader;
use crate::report::plot::{Bar, Plot, Shape};
use crate::report::summary::{Fate, Report, Spread, Stretch};
use crate::report::words;

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
    // The first and the last may be shorter.
    let longest = stretches
        .iter()
        .map(|stretch| stretch.to.duration_since(stretch.from).as_hours())
        .max();
    let is_hourly = longest.is_some_and(|hours| hours <= 1);
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
        title: match longest {
            Some(..=1) => reader.say("Incidents per hour", "Incidents par heure"),
            Some(..=30) => reader.say("Incidents per day", "Incidents par jour"),
            _ => reader.say("Incidents per week", "Incidents par semaine"),
        }
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
                "Repairs by the time they took (up to)",
                "Réparations selon leur durée (jusqu’à)",
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
