//! What two settings differ in, and whether a reload can bring it about.

use std::fmt;

use super::precedence::Chosen;
use super::table::{Change, Entry};

/// The keys of settings that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Those that a reload changes.
    pub live: Vec<String>,
    /// Those that it does not.
    pub needs_restart: Vec<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.live.as_slice() {
            [] => f.write_str("nothing changed")?,
            keys => write!(f, "changed: {}", keys.join(", "))?,
        }
        match self.needs_restart.as_slice() {
            [] => Ok(()),
            keys => write!(f, "; ignored until a restart: {}", keys.join(", ")),
        }
    }
}

/// Compares what runs with what was read. A default that is now given in words changes nothing.
pub fn difference(entries: &[Entry], running: &Chosen, read: &Chosen) -> Difference {
    let mut difference = Difference::default();
    for entry in entries {
        if in_force(entry, running) != in_force(entry, read) {
            match entry.change {
                Change::Live => difference.live.push(entry.key.clone()),
                Change::Restart => difference.needs_restart.push(entry.key.clone()),
            }
        }
    }
    difference
}

fn in_force<'a>(entry: &'a Entry, chosen: &'a Chosen) -> Option<Vec<&'a str>> {
    match chosen.get(&entry.flag) {
        Some(texts) => Some(texts.iter().map(|text| text.text.as_str()).collect()),
        None if entry.is_default_a_value => Some(vec![entry.default.as_str()]),
        None => None,
    }
}
