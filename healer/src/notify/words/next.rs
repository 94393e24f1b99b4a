//! What happens next, or what a person should do now, with the commands to do it.

use std::time::Duration;

use prunelle_systemd::UnitName;

use super::Reader;
use super::plain::shell_word;
use crate::incident::{Decision, Incident};
use crate::notify::message::{IncidentNews, News};
use crate::policy::Language;
use crate::reason::Reason;

/// For an incident.
pub(super) fn next(told: &IncidentNews, reader: &Reader) -> Option<String> {
    let incident = &told.incident;
    Some(match told.news {
        News::Repaired | News::BeganAndRepaired => repaired(incident, reader),
        News::Ended => reader
            .say("Nothing has to be done.", "Il n’y a rien à faire.")
            .to_owned(),
        News::NotRepaired => not_repaired(incident, reader),
        News::AwaitingApproval => question(incident, reader)?,
        News::Observed => observed(incident, reader),
        News::Began | News::Worsened | News::Relapsed => open(incident, reader),
    })
}

fn repaired(incident: &Incident, reader: &Reader) -> String {
    let nothing = reader.say(
        "Nothing has to be done. The cause is worth a look",
        "Il n’y a rien à faire. La cause mérite un coup d’œil",
    );
    match log_command(incident) {
        Some(command) => format!("{nothing}{}{command}", reader.colon()),
        None => format!("{nothing}."),
    }
}

fn not_repaired(incident: &Incident, reader: &Reader) -> String {
    let look = reader.say("Please look into it", "Une intervention est nécessaire");
    let look = match look_commands(incident, reader) {
        Some(commands) => format!("{look}{}{commands}.", reader.colon()),
        None => format!("{look}."),
    };
    let Some(end) = incident.outcome() else {
        return look;
    };
    let target = shell_word(&end.target);
    let held = end
        .quarantine_seconds
        .map(|seconds| reader.duration(Duration::from_secs(seconds)));
    let then = match (held, reader.language) {
        (Some(held), Language::English) => format!(
            "Prunelle leaves it alone for {held}; once it is repaired, `prunelle-healer release {target}` ends that."
        ),
        (Some(held), Language::French) => format!(
            "Prunelle n’y touchera plus pendant {held}\u{a0}; une fois la réparation faite, `prunelle-healer release {target}` y met fin."
        ),
        (None, Language::English) => {
            "Prunelle tries again by itself when its limits allow it and the alert still fires."
                .to_owned()
        }
        (None, Language::French) => {
            "Prunelle réessaiera d’elle-même si l’alerte persiste et que ses limites le permettent."
                .to_owned()
        }
    };
    format!("{look} {then}")
}

fn question(incident: &Incident, reader: &Reader) -> Option<String> {
    let question = asked(incident)?.question?;
    let number = question.number;
    let answer = match reader.language {
        Language::English => format!(
            "To agree: `prunelle-healer approve {number}`. To refuse: `prunelle-healer deny {number}`."
        ),
        Language::French => format!(
            "Pour accepter\u{a0}: `prunelle-healer approve {number}`. Pour refuser\u{a0}: `prunelle-healer deny {number}`."
        ),
    };
    let Some(expires) = question.expires else {
        return Some(answer);
    };
    let until = reader.moment(expires).full();
    Some(match reader.language {
        Language::English => {
            format!("{answer} Without an answer nothing is done; the question expires on {until}.")
        }
        Language::French => {
            format!(
                "{answer} Sans réponse, rien ne sera fait\u{a0}; la question expire le {until}."
            )
        }
    })
}

/// The newest question.
pub(super) fn asked(incident: &Incident) -> Option<&Decision> {
    incident
        .decisions
        .iter()
        .rev()
        .find(|decision| decision.question.is_some())
}

fn observed(incident: &Incident, reader: &Reader) -> String {
    let mode = reader.say(
        "Nothing happens by itself: `mode: enforce` in the policy lets Prunelle repair it.",
        "Rien ne se fera tout seul\u{a0}: `mode: enforce` dans la politique permet à Prunelle de réparer.",
    );
    match look_commands(incident, reader) {
        Some(commands) => format!(
            "{mode} {}{}{commands}.",
            reader.say("To look into it", "Pour en savoir plus"),
            reader.colon()
        ),
        None => mode.to_owned(),
    }
}

fn open(incident: &Incident, reader: &Reader) -> String {
    let Some(decision) = incident.decisions.last() else {
        return reader
            .say(
                "You will be told how it goes on.",
                "Vous serez informé de la suite.",
            )
            .to_owned();
    };
    if decision.question.is_some()
        && let Some(text) = question(incident, reader)
    {
        return text;
    }
    let command = own_command(incident, decision.reason);
    if decision.is_deferred {
        let waits = reader.say(
            "It is looked at again by itself, and you will be told how it goes on.",
            "La situation sera réexaminée automatiquement et vous serez informé de la suite.",
        );
        return match command {
            Some(command) => format!(
                "{waits} {}{}`{command}`.",
                reader.say("To go on at once", "Pour ne pas attendre"),
                reader.colon()
            ),
            None => waits.to_owned(),
        };
    }
    let alone = reader.say(
        "Nothing more happens by itself.",
        "Rien d’autre ne se fera tout seul.",
    );
    let alone = match look_commands(incident, reader) {
        Some(commands) => format!(
            "{alone} {}{}{commands}.",
            reader.say("To look into it", "Pour en savoir plus"),
            reader.colon()
        ),
        None => alone.to_owned(),
    };
    match command {
        Some(command) => format!(
            "{alone} {}{}`{command}`.",
            reader.say("Afterwards", "Ensuite"),
            reader.colon()
        ),
        None => alone,
    }
}

/// What lifts the reason.
fn own_command(incident: &Incident, reason: Reason) -> Option<String> {
    let unit = unit(incident)?;
    let unit = shell_word(unit.as_str());
    match reason {
        Reason::Paused => Some(format!("prunelle-healer resume {unit}")),
        Reason::Quarantined => Some(format!("prunelle-healer release {unit}")),
        _ => None,
    }
}

fn look_commands(incident: &Incident, reader: &Reader) -> Option<String> {
    let unit = unit(incident)?;
    let unit = shell_word(unit.as_str());
    let and = reader.say("and", "et");
    Some(format!(
        "`systemctl status {unit}` {and} `journalctl -u {unit} -e`"
    ))
}

fn log_command(incident: &Incident) -> Option<String> {
    let unit = unit(incident)?;
    Some(format!("`journalctl -u {} -e`.", shell_word(unit.as_str())))
}

/// Only what is a name of a unit goes into a command.
fn unit(incident: &Incident) -> Option<UnitName> {
    UnitName::try_from(incident.service()?.to_owned()).ok()
}
