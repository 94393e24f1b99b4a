//! Unit names: completed and checked where they enter, and never again.
//!
//! The rules are systemd's own (`unit_name_is_valid`): at most 255 bytes of `[A-Za-z0-9:_.\\-]` with an optional
//! `@instance`, and a known type as suffix. Templates without an instance (`getty@.service`) name no unit.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// `UNIT_NAME_MAX` of systemd, without its closing NUL.
const LONGEST: usize = 255;

const TYPES: [&str; 11] = [
    "service",
    "socket",
    "target",
    "device",
    "mount",
    "automount",
    "swap",
    "timer",
    "path",
    "slice",
    "scope",
];

/// A full unit name, `nginx.service`; names are completed and checked when they are made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitName(Arc<str>);

impl UnitName {
    /// The full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The type, which is the suffix: `service`, `timer` …
    pub fn kind(&self) -> &str {
        self.0.rsplit_once('.').map_or("", |(_, kind)| kind)
    }

    /// Whether it is a service.
    pub fn is_service(&self) -> bool {
        self.kind() == "service"
    }

    /// Whether units of its type start other units: timers, sockets, paths and automounts.
    pub fn is_trigger(&self) -> bool {
        matches!(self.kind(), "timer" | "socket" | "path" | "automount")
    }

    /// Whether it is an instance of a template, `getty@tty1.service`.
    pub fn is_instance(&self) -> bool {
        self.0.contains('@')
    }

    /// The D-Bus object path of the unit.
    pub(crate) fn object_path(&self) -> String {
        use fmt::Write as _;

        let mut path = String::from(UNIT_PATH_PREFIX);
        for (position, byte) in self.0.bytes().enumerate() {
            if byte.is_ascii_alphabetic() || (position > 0 && byte.is_ascii_digit()) {
                path.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(path, "_{byte:02x}");
            }
        }
        path
    }
}

/// Writes the name of the unit at a D-Bus object path into `name`; false when no unit is there.
pub(crate) fn name_of_path(path: &str, name: &mut String) -> bool {
    name.clear();
    let Some(mut rest) = path.strip_prefix(UNIT_PATH_PREFIX) else {
        return false;
    };
    while let Some((plain, escaped)) = rest.split_once('_') {
        name.push_str(plain);
        let Some((Ok(byte), after)) = escaped
            .split_at_checked(2)
            .map(|(hex, after)| (u8::from_str_radix(hex, 16), after))
        else {
            return false;
        };
        name.push(char::from(byte));
        rest = after;
    }
    name.push_str(rest);
    !name.is_empty()
}

/// Under which all units have their objects.
const UNIT_PATH_PREFIX: &str = "/org/freedesktop/systemd1/unit/";

impl std::borrow::Borrow<str> for UnitName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a unit name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a unit name: {why}")]
pub struct InvalidUnitName {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl std::str::FromStr for UnitName {
    type Err = InvalidUnitName;

    /// A name without a known type is completed with `.service`, as `systemctl` does.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let full = if has_type(text) {
            Arc::from(text)
        } else {
            format!("{text}.service").into()
        };
        match fault(&full) {
            None => Ok(Self(full)),
            Some(why) => Err(InvalidUnitName {
                text: text.to_owned(),
                why,
            }),
        }
    }
}

impl TryFrom<String> for UnitName {
    type Error = InvalidUnitName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<UnitName> for String {
    fn from(name: UnitName) -> Self {
        name.0.as_ref().to_owned()
    }
}

fn has_type(text: &str) -> bool {
    text.rsplit_once('.')
        .is_some_and(|(_, suffix)| TYPES.contains(&suffix))
}

/// What is wrong with a name that ends in a known type.
fn fault(full: &str) -> Option<&'static str> {
    let (stem, _) = full.rsplit_once('.')?;
    if stem.is_empty() {
        return Some("it is empty before its type");
    }
    if full.len() > LONGEST {
        return Some("it is longer than 255 bytes");
    }
    if let Some(odd) = stem.bytes().find(|byte| !is_allowed(*byte)) {
        return Some(match odd {
            b'/' => "`/` is not allowed; `systemd-escape --path` makes a name of a path",
            b' ' | b'\t' => "white space is not allowed",
            b'*' | b'?' | b'[' => "it is a pattern, where one unit is asked for",
            _ => "only letters, digits and `:-_.\\@` are allowed",
        });
    }
    match stem.split_once('@') {
        Some(("", _)) => Some("nothing is before the `@`"),
        Some((_, "")) => Some("it is a template; name an instance of it, as in `getty@tty1`"),
        _ => None,
    }
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.' | b'\\' | b'@')
}

#[cfg(test)]
mod tests;
