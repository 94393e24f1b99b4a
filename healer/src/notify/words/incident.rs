//! News of one incident in words: subject and lead. What is known and what was done have files of their own.

mod facts;
mod steps;

use std::time::Duration;

use self::facts::facts;
use self::steps::steps;
use super::deed::{Deed, name_of};
use super::fault::{Fault, host};
use super::links::links;
use super::next::{asked, next};
use super::outcome::{sign, tone_of_news};
use super::plain::{capital, quoted};
use super::reason::reason;
use super::{About, Reader};
use crate::incident::{Incident, Planned};
use crate::notify::message::{IncidentNews, News};
use crate::notify::wording::Wording;
use crate::policy::Language;
use crate::reason::Outcome;

pub(super) fn word(told: &IncidentNews, reader: &Reader, about: &About) -> Wording {
    let incident = &told.incident;
    let fault = Fault::of(incident, reader);
    let host = host(incident, about);
    Wording {
        language: reader.language,
        subject: format!(
            "{} {}",
            sign(told.news, incident.severity),
            subject(told.news, &fault, &host, reader)
        ),
        lead: lead(told, &fault, &host, reader),
        tone: tone_of_news(told.news, incident.severity),
        facts: facts(incident, &host, reader),
        steps: steps(incident, reader),
        items: Vec::new(),
        next: next(told, reader),
        links: links(incident, reader, about),
        footer: String::new(),
        attachments: Vec::new(),
    }
}

fn subject(news: News, fault: &Fault, host: &str, reader: &Reader) -> String {
    let is = fault.at(&fault.is, host, reader);
    let well = |before: (&str, &str), otherwise: (&str, &str)| match &fault.is_well {
        Some(well) => {
            let well = fault.at(well, host, reader);
            with(before, &well, reader)
        }
        None => with(otherwise, &is, reader),
    };
    match news {
        News::Began => is,
        News::BeganAndRepaired => with(
            ("Repaired", "Réparé"),
            &fault.at(&fault.was, host, reader),
            reader,
        ),
        News::Repaired => well(("Repaired", "Réparé"), ("Repaired", "Réparé")),
        News::Ended => well(("", ""), ("Over", "Terminé")),
        News::Worsened => with(("Critical now", "Désormais critique"), &is, reader),
        News::NotRepaired => with(("Not repaired", "Échec de la réparation"), &is, reader),
        News::AwaitingApproval => with(
            ("Your answer is needed", "Votre accord est demandé"),
            &is,
            reader,
        ),
        News::Observed => with(("Observed only", "Simple observation"), &is, reader),
        News::Relapsed => with(("Again", "De nouveau"), &is, reader),
    }
}

fn with(before: (&str, &str), clause: &str, reader: &Reader) -> String {
    let before = reader.say(before.0, before.1);
    if before.is_empty() {
        clause.to_owned()
    } else {
        format!("{before}{}{clause}", reader.colon())
    }
}

fn lead(told: &IncidentNews, fault: &Fault, host: &str, reader: &Reader) -> String {
    let incident = &told.incident;
    let is = fault.at(&fault.is, host, reader);
    let was = fault.at(&fault.was, host, reader);
    match told.news {
        News::Began => format!("{is}. {}", standing(incident, reader)),
        News::Worsened => {
            let worse = reader.say(
                "It is critical now.",
                "La situation est désormais critique.",
            );
            format!("{is}. {worse} {}", standing(incident, reader))
        }
        News::Relapsed => {
            let again = reader.say(
                "It came again shortly after it had ended.",
                "Le problème est revenu peu après sa fin.",
            );
            format!("{is}. {again} {}", standing(incident, reader))
        }
        News::BeganAndRepaired | News::Repaired => {
            format!("{was}. {}", repaired(incident, &was, reader))
        }
        News::NotRepaired => format!("{is}. {}", not_repaired(incident, reader)),
        News::AwaitingApproval => {
            let plan = asked(incident).and_then(|decision| decision.plan.as_ref());
            let ask = reader.say(
                "Prunelle does nothing before a person agrees.",
                "Prunelle ne fera rien sans l’accord d’une personne.",
            );
            match plan {
                Some(plan) => format!(
                    "{is}. {ask} {}",
                    planned(("Proposed", "Proposition"), plan, reader)
                ),
                None => format!("{is}. {ask}"),
            }
        }
        News::Observed => {
            let observed = reader.say(
                "In observe mode, nothing was done.",
                "En mode observation, rien n’a été fait.",
            );
            let plan = incident
                .decisions
                .iter()
                .rev()
                .find_map(|decision| decision.plan.as_ref());
            match plan {
                Some(plan) => format!(
                    "{is}. {observed} {}",
                    planned(
                        ("What would have been done", "Ce qui aurait été fait"),
                        plan,
                        reader
                    )
                ),
                None => format!("{is}. {observed}"),
            }
        }
        News::Ended => {
            let over = reader.say(
                "The alert has ended without a repair by Prunelle.",
                "L’alerte a pris fin sans réparation par Prunelle.",
            );
            match &fault.is_well {
                Some(well) => format!("{}. {over}", fault.at(well, host, reader)),
                None => format!("{was}. {over}"),
            }
        }
    }
}

/// What is being done about it, or why nothing is.
fn standing(incident: &Incident, reader: &Reader) -> String {
    let Some(decision) = incident.decisions.last() else {
        return reader
            .say(
                "No repair has been decided yet.",
                "Aucune réparation n’a encore été décidée.",
            )
            .to_owned();
    };
    let before = if decision.is_deferred {
        reader.say("The repair waits", "La réparation attend")
    } else {
        reader.say("Nothing was done", "Rien n’a été fait")
    };
    format!(
        "{before}{}{}.",
        reader.colon(),
        reason(reader, decision.reason)
    )
}

fn repaired(incident: &Incident, was: &str, reader: &Reader) -> String {
    let done = incident
        .attempts
        .iter()
        .rev()
        .find(|attempt| attempt.outcome == Outcome::Success)
        .map(|attempt| {
            let deed = Deed::of_action(&attempt.action_type, &attempt.target);
            capital(&once(
                &deed.done(reader),
                was,
                &name_of(&attempt.target),
                reader,
            ))
        });
    let took = incident
        .outcome()
        .map(|end| reader.duration(Duration::from_millis(end.duration_ms)));
    match (done, took, reader.language) {
        (Some(done), Some(took), Language::English) => {
            format!("{done}, and the check held. The repair took {took}.")
        }
        (Some(done), Some(took), Language::French) => {
            format!("{done} et la vérification est concluante. La réparation a pris {took}.")
        }
        (Some(done), None, Language::English) => format!("{done}, and the check held."),
        (Some(done), None, Language::French) => {
            format!("{done} et la vérification est concluante.")
        }
        (None, _, Language::English) => "It was repaired, and the check held.".to_owned(),
        (None, _, Language::French) => {
            "La réparation a réussi et la vérification est concluante.".to_owned()
        }
    }
}

/// A name that the sentence before began with is not said again.
fn once(done: &str, before: &str, name: &str, reader: &Reader) -> String {
    match done.strip_prefix(name) {
        Some(rest) if before.starts_with(name) => format!("{}{rest}", reader.say("it", "il")),
        _ => done.to_owned(),
    }
}

fn not_repaired(incident: &Incident, reader: &Reader) -> String {
    let tried: Vec<String> = incident
        .attempts
        .iter()
        .map(|attempt| Deed::of_action(&attempt.action_type, &attempt.target).noun(reader))
        .fold(Vec::new(), |mut tried, deed| {
            if !tried.contains(&deed) {
                tried.push(deed);
            }
            tried
        });
    let why = incident.outcome().and_then(|end| end.reason);
    let tried = if tried.is_empty() {
        reader
            .say("It could not be repaired", "La réparation n’a pas abouti")
            .to_owned()
    } else {
        format!(
            "{}{}{}",
            reader.say("Tried in vain", "Essayé en vain"),
            reader.colon(),
            tried.join(", ")
        )
    };
    match why {
        Some(why) => {
            let why = capital(&reason(reader, why));
            format!("{tried}. {why}.")
        }
        None => format!("{tried}."),
    }
}

fn planned(before: (&str, &str), plan: &Planned, reader: &Reader) -> String {
    let deed = match (&plan.remedy, &plan.target) {
        (Some(remedy), Some(target)) => Deed::of_remedy(remedy, target).noun(reader),
        _ => quoted(&plan.message, reader),
    };
    format!(
        "{}{}{deed}.",
        reader.say(before.0, before.1),
        reader.colon()
    )
}
