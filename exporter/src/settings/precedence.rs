//! Which of what was given counts: the flag, else the variable, else the file. Pure.

use std::collections::BTreeMap;

use prunelle_foundation::config::GivenValue;
use prunelle_foundation::setting::Origin;

use super::given::Given;
use super::table::{Change, Entry, Takes};

/// What counts for each setting that was given, by its flag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen(BTreeMap<String, Vec<Text>>);

/// One value as text, and how it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Without the space around it, never empty.
    pub text: String,
    /// How it was given.
    pub origin: Origin,
}

impl Chosen {
    /// The values of a setting; none when it was not given. An empty list in the file is a value.
    pub fn get(&self, flag: &str) -> Option<&[Text]> {
        self.0.get(flag).map(Vec::as_slice)
    }

    /// Takes over from `read` what a reload changes.
    pub fn take_live(&mut self, entries: &[Entry], mut read: Self) {
        for entry in entries.iter().filter(|entry| entry.change == Change::Live) {
            match read.0.remove(&entry.flag) {
                Some(texts) => self.0.insert(entry.flag.clone(), texts),
                None => self.0.remove(&entry.flag),
            };
        }
    }
}

/// Picks what counts for each setting.
pub(super) fn choose(
    entries: &[Entry],
    given: &Given,
    file: &BTreeMap<String, GivenValue>,
) -> Chosen {
    let chosen = entries.iter().filter_map(|entry| {
        let texts = of_flag(entry, given)
            .or_else(|| of_variable(entry, given))
            .or_else(|| of_file(entry, file))?;
        Some((entry.flag.clone(), texts))
    });
    Chosen(chosen.collect())
}

fn of_flag(entry: &Entry, given: &Given) -> Option<Vec<Text>> {
    let values = given.flags.get(&entry.flag)?;
    let name = format!("--{}", entry.flag);
    let texts = values.iter().flat_map(|value| split(entry, value));
    some(texts.map(|text| Text {
        text: text.to_owned(),
        origin: Origin::from(&name),
    }))
}

fn of_variable(entry: &Entry, given: &Given) -> Option<Vec<Text>> {
    let value = given.environment.get(&entry.variable)?;
    some(split(entry, value).into_iter().map(|text| Text {
        text: text.to_owned(),
        origin: Origin::from(&entry.variable),
    }))
}

fn of_file(entry: &Entry, file: &BTreeMap<String, GivenValue>) -> Option<Vec<Text>> {
    let value = file.get(&entry.key)?;
    let texts = value.items.iter().flat_map(|item| {
        // What is written as a list is taken as it is: globs may hold commas.
        let texts = if value.is_list {
            vec![item.text.trim()]
        } else {
            split(entry, &item.text)
        };
        texts.into_iter().map(|text| Text {
            text: text.to_owned(),
            origin: Origin {
                name: entry.key.clone(),
                place: Some(item.place.clone()),
            },
        })
    });
    let texts: Vec<_> = texts.filter(|text| !text.text.is_empty()).collect();
    (value.is_list || !texts.is_empty()).then_some(texts)
}

fn split<'a>(entry: &Entry, value: &'a str) -> Vec<&'a str> {
    match entry.takes {
        Takes::List => value.split(',').map(str::trim).collect(),
        Takes::One | Takes::Switch => vec![value.trim()],
    }
}

/// Empty texts count as not given.
fn some(texts: impl Iterator<Item = Text>) -> Option<Vec<Text>> {
    let texts: Vec<_> = texts.filter(|text| !text.text.is_empty()).collect();
    (!texts.is_empty()).then_some(texts)
}
