//! Numbers with their nouns, and values with their units.

use super::Reader;
use super::plain::line;
use crate::policy::Language;

/// A noun: one, several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noun {
    english: (&'static str, &'static str),
    french: (&'static str, &'static str),
}

pub(super) const INCIDENT: Noun = Noun {
    english: ("incident", "incidents"),
    french: ("incident", "incidents"),
};
pub(super) const MESSAGE: Noun = Noun {
    english: ("message", "messages"),
    french: ("message", "messages"),
};
pub(super) const RELAPSE: Noun = Noun {
    english: ("time", "times"),
    french: ("fois", "fois"),
};

impl Reader {
    /// `1 message`, `2 messages`
    pub(super) fn count(&self, number: u64, noun: Noun) -> String {
        let (one, several) = match self.language {
            Language::English => noun.english,
            Language::French => noun.french,
        };
        // None is singular in French.
        let is_one = number == 1 || (number == 0 && self.language == Language::French);
        format!("{number}\u{a0}{}", if is_one { one } else { several })
    }

    /// `97.2%`, `120 MB/s`; a state in words.
    pub(super) fn measured(&self, value: &str, unit: Option<&str>) -> String {
        let value = line(value);
        let number = match self.language {
            Language::French if value.parse::<f64>().is_ok() => value.replace('.', ","),
            Language::French | Language::English => value.clone(),
        };
        match unit.map(line).as_deref() {
            Some("state") => self.state(&value),
            Some("%") => match self.language {
                Language::English => format!("{number}%"),
                Language::French => format!("{number}\u{a0}%"),
            },
            Some("MB/s") => format!("{number}\u{a0}{}", self.say("MB/s", "Mo/s")),
            Some(unit) if !unit.is_empty() => format!("{number}\u{a0}{unit}"),
            Some(_) | None => number,
        }
    }

    /// The states in the shipped rules; others as they came.
    fn state(&self, state: &str) -> String {
        let french = match state {
            "up" => "en marche",
            "down" => "à l’arrêt",
            "loaded" => "chargé",
            "not loaded" => "non chargé",
            "known" => "connu",
            "unknown" => "inconnu",
            "in part" => "en partie",
            "no heartbeat" => "aucun signal de vie",
            "alive" => "en vie",
            other => other,
        };
        self.say(state, french).to_owned()
    }
}
