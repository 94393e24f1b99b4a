//! Sizes and shares as people write them: `20GiB`, `100MB`, `25%`.
//!
//! Both keep what is needed to print the same value back; neither accepts a bare number, so that `0.8` is never
//! taken for 0.8 % nor for 80 %.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

/// A share between 0 and 1, written in percent.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Ratio(f64);

/// Why a text is not a size or a share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not a size.
    #[error("`{0}` is not a size")]
    NotASize(String),
    /// More than 2⁶⁴ − 1 bytes.
    #[error("`{0}` is too large")]
    TooLarge(String),
    /// Not a percentage.
    #[error("`{0}` is not a percentage")]
    NotAPercentage(String),
    /// Below 0 % or above 100 %.
    #[error("`{0}` is not between 0% and 100%")]
    OutOfRange(String),
}

impl QuantityError {
    /// What to write instead.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotASize(_) | Self::TooLarge(_) => {
                "write a whole number and its unit: B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, as in `20GiB`"
            }
            Self::NotAPercentage(_) | Self::OutOfRange(_) => {
                "write it in percent, as in `25%`, from `0%` to `100%`"
            }
        }
    }
}

/// Units that are read, with their bytes. `K` of 1000 is written `k`, as SI does; `KB` is read as the same.
const SIZE_UNITS: [(&str, u64); 10] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("KB", 1_000),
    ("B", 1),
];

impl ByteSize {
    /// A number of bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// In bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let unit_at = text
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(|| QuantityError::NotASize(text.into()))?;
        let (digits, unit) = text.split_at(unit_at);
        let (_, bytes) = SIZE_UNITS
            .iter()
            .find(|(name, _)| *name == unit.trim_start())
            .filter(|_| !digits.is_empty())
            .ok_or_else(|| QuantityError::NotASize(text.into()))?;
        digits
            .parse::<u64>()
            .ok()
            .and_then(|count| count.checked_mul(*bytes))
            .map(Self)
            .ok_or_else(|| QuantityError::TooLarge(text.into()))
    }
}

impl fmt::Display for ByteSize {
    /// In the largest unit that divides it; binary units win a tie.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, bytes) = SIZE_UNITS
            .into_iter()
            .filter(|(_, bytes)| self.0 != 0 && self.0.is_multiple_of(*bytes))
            .max_by_key(|(unit, bytes)| (*bytes, *unit == "kB"))
            .unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

impl Ratio {
    /// A share, when it lies between 0 and 1.
    pub fn new(ratio: f64) -> Option<Self> {
        (0.0..=1.0).contains(&ratio).then_some(Self(ratio))
    }

    /// Between 0 and 1.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for Ratio {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let percent = text
            .strip_suffix('%')
            .map(str::trim_end)
            .filter(|number| {
                number
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b == b'.' || b == b'-')
            })
            .and_then(|number| number.parse::<f64>().ok())
            .ok_or_else(|| QuantityError::NotAPercentage(text.into()))?;
        Self::new(percent / 100.0).ok_or_else(|| QuantityError::OutOfRange(text.into()))
    }
}

impl fmt::Display for Ratio {
    /// In percent with at most six decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.6}", self.0 * 100.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{text}%")
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::config::from_text(deserializer, "a size such as `20GiB`", |text: &str| {
            text.parse()
                .map_err(|error: QuantityError| (error.to_string(), error.hint()))
        })
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::config::from_text(deserializer, "a percentage such as `25%`", |text: &str| {
            text.parse()
                .map_err(|error: QuantityError| (error.to_string(), error.hint()))
        })
    }
}

#[cfg(test)]
mod tests;
