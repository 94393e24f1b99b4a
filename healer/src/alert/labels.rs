//! Label and annotation sets: names and values, sorted by name, each name once.
//!
//! Tens of thousands may be held at once, so a set is one text and one table of where its parts end: a map of strings
//! takes seven times the memory. It is read far more often than it is made.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// Names and values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// All names and values, one behind the other.
    text: Box<str>,
    /// Where each name and each value ends in it.
    ends: Box<[(u32, u32)]>,
}

impl Labels {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Whether the name is there.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut begin = 0;
        self.ends.iter().map(move |&(name_end, value_end)| {
            let (name_end, value_end) = (name_end as usize, value_end as usize);
            let name = self.text.get(begin..name_end).unwrap_or_default();
            let value = self.text.get(name_end..value_end).unwrap_or_default();
            begin = value_end;
            (name, value)
        })
    }

    /// The values, in the order of the names.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(_, value)| value)
    }

    /// Sets a value, in place of one of the same name.
    pub fn insert(&mut self, name: String, value: String) {
        let mut map: BTreeMap<String, String> = self.owned().collect();
        map.insert(name, value);
        *self = map.into();
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// What it takes in memory beside itself, in bytes.
    pub fn heap_bytes(&self) -> usize {
        self.text.len() + size_of_val(&*self.ends)
    }

    fn owned(&self) -> impl Iterator<Item = (String, String)> {
        self.iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    }
}

impl From<BTreeMap<String, String>> for Labels {
    /// What would end beyond 4 GiB is left out; the limits of the intake lie far below.
    fn from(map: BTreeMap<String, String>) -> Self {
        let bytes = map.iter().map(|(name, value)| name.len() + value.len());
        let mut text = String::with_capacity(bytes.sum());
        let mut ends = Vec::with_capacity(map.len());
        for (name, value) in &map {
            let name_end = text.len() + name.len();
            let (Ok(name_end), Ok(value_end)) = (
                u32::try_from(name_end),
                u32::try_from(name_end + value.len()),
            ) else {
                break;
            };
            text.push_str(name);
            text.push_str(value);
            ends.push((name_end, value_end));
        }
        Self {
            text: text.into(),
            ends: ends.into(),
        }
    }
}

impl<const N: usize> From<[(String, String); N]> for Labels {
    fn from(pairs: [(String, String); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl FromIterator<(String, String)> for Labels {
    /// Of two with one name, the later counts.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        BTreeMap::from_iter(pairs).into()
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<String, String>::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests;
