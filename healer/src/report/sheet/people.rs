//! What a person has to look after, with what ends it.

use super::tables::{column, day_and_minute};
use super::{Body, Cell, Ink, Section, Table};
use crate::notify::words::{Reader, capital, line, reason};
use crate::report::summary::{Need, Report};

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
        let message = match needs.reason {
            // The action log speaks English.
            Some(why) if reader.tag() == "fr" => capital(&reason(reader, why)),
            _ => line(&needs.message),
        };
        vec![
            Cell::of(why).marked(ink),
            Cell::of(line(&needs.about)).below(line(&needs.alert)),
            Cell::of(day_and_minute(needs.since, reader)).below(until),
            Cell::of(message).below(needs.command.clone().unwrap_or_default()),
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
