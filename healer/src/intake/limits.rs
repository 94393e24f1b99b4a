//! How much one notification, one alert and all bodies together may be.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::alert::Labels;

/// The limits of the intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of one body; more is 413.
    pub body_bytes: usize,
    /// Of all bodies that are being received, parsed or kept; more is 503, unless it is the only one.
    pub in_flight_bytes: usize,
    /// Of what one body may take up once it is parsed; more is 413.
    pub parsed_bytes: usize,
    /// Labels of one alert.
    pub labels: usize,
    /// Length of a label's name.
    pub label_name_bytes: usize,
    /// Length of a label's value.
    pub label_value_bytes: usize,
    /// Annotations of one alert; the rest is left out.
    pub annotations: usize,
    /// Length of an annotation; the rest is cut off: it is text for people.
    pub annotation_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 32 << 20,
            in_flight_bytes: 16 << 20,
            parsed_bytes: 64 << 20,
            labels: 64,
            label_name_bytes: 256,
            label_value_bytes: 4 << 10,
            annotations: 64,
            annotation_bytes: 16 << 10,
        }
    }
}

/// What happens to a map that is over its limits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Excess {
    /// It is remembered as a problem: an alert with other labels is another alert.
    Refuse,
    /// It is cut off.
    Cut,
}

/// Reads a map of texts without ever holding more of it than the limits allow.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextMap {
    pub(super) what: &'static str,
    pub(super) entries: usize,
    pub(super) name_bytes: usize,
    pub(super) value_bytes: usize,
    pub(super) excess: Excess,
}

/// A map, or what is wrong with it.
pub(super) type Checked = Result<Labels, String>;

impl<'de> DeserializeSeed<'de> for TextMap {
    type Value = Checked;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Checked, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TextMap {
    type Value = Checked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as an object of texts", self.what)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Checked, A::Error> {
        let mut texts = BTreeMap::new();
        let mut problem = None;
        while let Some(name) = map.next_key_seed(Text(self.name_bytes))? {
            if problem.is_some() || texts.len() >= self.entries {
                map.next_value::<IgnoredAny>()?;
                problem.get_or_insert_with(|| format!("more than {} {}", self.entries, self.what));
                continue;
            }
            let value = map.next_value_seed(Text(self.value_bytes))?;
            let has_excess = name.was_cut || value.was_cut;
            match self.excess {
                Excess::Refuse if has_excess => {
                    problem = Some(format!(
                        "one of its {} is longer than {} bytes in its name or {} in its value",
                        self.what, self.name_bytes, self.value_bytes
                    ));
                }
                Excess::Cut if name.was_cut => {}
                Excess::Refuse | Excess::Cut => {
                    texts.insert(name.text, value.text);
                }
            }
        }
        Ok(match (self.excess, problem) {
            (Excess::Refuse, Some(problem)) => Err(problem),
            _ => Ok(texts.into()),
        })
    }
}

/// Reads a text up to so many bytes; never copies more.
struct Text(usize);

struct Cut {
    text: String,
    was_cut: bool,
}

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cut;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cut, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Text {
    type Value = Cut;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Cut, E> {
        Ok(Cut {
            text: cut(text, self.0).to_owned(),
            was_cut: text.len() > self.0,
        })
    }
}

/// At most so many bytes of a text, ending at a character.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}
