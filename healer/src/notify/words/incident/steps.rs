//! What was decided and done about an incident, and whether it helped.

use std::time::Duration;

use jiff::Timestamp;

use super::super::Reader;
use super::super::deed::{Deed, name_of};
use super::super::outcome::{outcome, tone};
use super::super::plain::{capital, quoted};
use super::super::reason::reason;
use super::planned;
use crate::incident::{Attempt, Decision, End, Incident};
use crate::notify::wording::{Step, Tone};
use crate::policy::Language;
use crate::reason::{Outcome, Reason};

/// What was decided and done, the oldest first.
pub(super) fn steps(incident: &Incident, reader: &Reader) -> Vec<Step> {
    let began = incident.began;
    let decisions = incident
        .decisions
        .iter()
        .map(|decision| decided(decision, reader));
    let attempts = incident
        .attempts
        .iter()
        .map(|attempt| attempted(attempt, reader));
    let ends = incident.ends.iter().filter_map(|end| ended(end, reader));
    let mut steps: Vec<(Timestamp, String, Tone)> = decisions.chain(attempts).chain(ends).collect();
    steps.sort_by_key(|(at, _, _)| *at);
    steps
        .into_iter()
        .map(|(at, text, tone)| Step {
            at,
            at_text: reader.moment(at).clock_after(began),
            text,
            tone,
        })
        .collect()
}

fn decided(decision: &Decision, reader: &Reader) -> (Timestamp, String, Tone) {
    let before = if decision.is_deferred {
        reader.say("Waits", "En attente")
    } else {
        reader.say("Left alone", "Aucune action")
    };
    let text = match (&decision.question, &decision.plan) {
        (Some(question), _) => {
            let number = question.number;
            match reader.language {
                Language::English => format!("Asked for an answer, question {number}"),
                Language::French => format!("Accord demandé, question n°\u{a0}{number}"),
            }
        }
        (None, Some(plan)) => planned(("Only planned", "Simple prévision"), plan, reader)
            .trim_end_matches('.')
            .to_owned(),
        (None, None) => format!(
            "{before}{}{}",
            reader.colon(),
            reason(reader, decision.reason)
        ),
    };
    let tone = match decision.reason {
        Reason::Resolved | Reason::RecoveredByItself => Tone::Good,
        _ => Tone::Neutral,
    };
    (decision.at, text, tone)
}

fn attempted(attempt: &Attempt, reader: &Reader) -> (Timestamp, String, Tone) {
    let deed = capital(&Deed::of_action(&attempt.action_type, &attempt.target).noun(reader));
    let how = outcome(reader, attempt.outcome);
    let took = reader.duration(Duration::from_millis(attempt.duration_ms));
    let mut text = format!("{deed}{}{how} ({took})", reader.colon());
    if attempt.outcome != Outcome::Success {
        text.push_str(&cause(attempt, reader));
    }
    (attempt.at, text, tone(attempt.outcome))
}

/// Why an attempt failed, as a sentence of its own: what the action log says. That is English; where the reason says all
/// of it, it is told in French.
fn cause(attempt: &Attempt, reader: &Reader) -> String {
    let message = attempt.message.trim();
    match (reader.language, attempt.reason) {
        (Language::French, Some(why)) if !has_details(why) => {
            format!(". {}", capital(&reason(reader, why)))
        }
        _ if message.is_empty() => String::new(),
        (Language::English, _) => format!(". {}", quoted(message, reader)),
        (Language::French, _) => {
            format!(
                ". Le journal dit{}{}",
                reader.colon(),
                quoted(message, reader)
            )
        }
    }
}

/// The message says what the reason does not: how the job ended, what the check saw.
const fn has_details(why: Reason) -> bool {
    matches!(
        why,
        Reason::RemedyFailed | Reason::NotVerified | Reason::TimedOut | Reason::FactUnknown
    )
}

/// A success has been told by its attempt.
fn ended(end: &End, reader: &Reader) -> Option<(Timestamp, String, Tone)> {
    if end.outcome == Outcome::Success {
        return None;
    }
    let name = name_of(&end.target);
    let before = match reader.language {
        Language::English => format!("Repair of {name} ended"),
        Language::French => format!("Fin de la réparation de {name}"),
    };
    let why = match end.reason {
        Some(why) => reason(reader, why),
        None => outcome(reader, end.outcome).to_owned(),
    };
    Some((
        end.at,
        format!("{before}{}{why}", reader.colon()),
        tone(end.outcome),
    ))
}
