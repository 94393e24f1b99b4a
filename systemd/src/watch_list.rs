//! Which units are watched: names, each of which is in the table whether it exists or not, and globs.
//!
//! A glob stands for the services that systemd has loaded, those whose unit file is enabled, and those that it has stood
//! for before, until their unit file is gone: systemd unloads what is stopped and not referred to, which must not look as
//! if it had never been. Only instances of templates count just while they are loaded, since they come and go by design
//! (one for each login or connection); who misses one names it.

use std::collections::BTreeSet;
use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

use crate::unit::UnitName;
use crate::unit::name::InvalidUnitName;

/// A checked list of unit names and globs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchList {
    names: BTreeSet<UnitName>,
    globs: Vec<Glob>,
}

impl WatchList {
    /// Checks each item; an item with one of `*?[{` is a glob. Items that are empty or only white space are ignored.
    pub fn parse<T: AsRef<str>>(
        items: impl IntoIterator<Item = T>,
    ) -> Result<Self, InvalidWatchItem> {
        let mut list = Self::default();
        for item in items {
            let item = item.as_ref().trim();
            if item.is_empty() {
                continue;
            }
            if item.contains(['*', '?', '[', '{']) {
                let glob = Glob::new(item)?;
                if !list.globs.contains(&glob) {
                    list.globs.push(glob);
                }
            } else {
                list.names.insert(item.parse()?);
            }
        }
        Ok(list)
    }

    /// The plain names, completed.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &UnitName> {
        self.names.iter()
    }

    /// The globs, in the order given.
    pub fn globs(&self) -> &[Glob] {
        &self.globs
    }

    /// Whether nothing is watched.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.globs.is_empty()
    }

    /// Whether the unit is a service that some glob matches.
    pub fn matches_glob(&self, unit: &UnitName) -> bool {
        self.globs.iter().any(|glob| glob.is_match(unit))
    }
}

impl std::str::FromStr for WatchList {
    type Err = InvalidWatchItem;

    /// The form of `MONITORED_SERVICES`: separated by commas.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text.split(','))
    }
}

/// A pattern for service names.
#[derive(Clone)]
pub struct Glob {
    text: String,
    matcher: GlobMatcher,
}

impl Glob {
    fn new(text: &str) -> Result<Self, InvalidWatchItem> {
        // A backslash is a character of unit names (`\x2d`), not an escape.
        let glob = GlobBuilder::new(text).backslash_escape(false).build();
        match glob {
            Ok(glob) => Ok(Self {
                text: text.to_owned(),
                matcher: glob.compile_matcher(),
            }),
            Err(error) => Err(InvalidWatchItem::Glob {
                text: text.to_owned(),
                why: error.kind().to_string(),
            }),
        }
    }

    /// The glob as given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the unit is a service with such a name, written with or without `.service`.
    pub fn is_match(&self, unit: &UnitName) -> bool {
        let Some(stem) = unit.as_str().strip_suffix(".service") else {
            return false;
        };
        self.matcher.is_match(stem) || self.matcher.is_match(unit.as_str())
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Glob {}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An item of a watch list is neither a unit name nor a glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWatchItem {
    /// Not a unit name.
    #[error(transparent)]
    Name(#[from] InvalidUnitName),
    /// Not a glob.
    #[error("`{text}` is not a glob for unit names: {why}")]
    Glob {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
}

#[cfg(test)]
mod tests;
