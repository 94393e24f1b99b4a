//! Matchers in Alertmanager's grammar: `alertname = "ServiceDown"`, `severity=~"warning|critical"`, `{a="b",c!="d"}`.
//!
//! A matcher is pure and total. Regular expressions are anchored at both ends, and a label that is missing counts as
//! the empty string, both as in Alertmanager. Printing gives the canonical form, which parses to the same matcher.
//! Made by the policy's loader, asked by [`Policy::matches`](super::Policy::matches).

mod parse;

use std::fmt;

use regex::{Regex, RegexBuilder};

pub use parse::{MatcherError, parse};

use crate::alert::Labels;

/// Compiled size that one regular expression may have.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// One matcher.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// Label name.
    pub name: String,
    /// Operator and value.
    pub test: MatcherTest,
}

/// Operator and value of a matcher. A missing label counts as the empty string.
#[derive(Clone, Debug)]
pub enum MatcherTest {
    /// `=`
    Equal(String),
    /// `!=`
    NotEqual(String),
    /// `=~`, anchored
    Regex(AnchoredRegex),
    /// `!~`, anchored
    NotRegex(AnchoredRegex),
}

/// A regular expression that must match the whole value.
#[derive(Clone, Debug)]
pub struct AnchoredRegex {
    text: String,
    regex: Regex,
}

impl AnchoredRegex {
    /// Compiles `text`; it must be valid on its own, so that it cannot break out of the anchors.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        regex_syntax_check(text)?;
        let regex = RegexBuilder::new(&format!("^(?:{text})$"))
            .size_limit(MAX_REGEX_BYTES)
            .build()?;
        Ok(Self {
            text: text.to_owned(),
            regex,
        })
    }

    /// The expression as written, without the anchors.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches the whole value.
    pub fn is_match(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }
}

fn regex_syntax_check(text: &str) -> Result<(), regex::Error> {
    RegexBuilder::new(text)
        .size_limit(MAX_REGEX_BYTES)
        .build()
        .map(drop)
}

impl Matcher {
    /// Whether the labels fit.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.accepts(labels.get(&self.name).unwrap_or_default())
    }

    /// Whether it also holds for labels that do not have the name at all.
    pub fn accepts_missing(&self) -> bool {
        self.accepts("")
    }

    fn accepts(&self, value: &str) -> bool {
        match &self.test {
            MatcherTest::Equal(wanted) => value == wanted,
            MatcherTest::NotEqual(unwanted) => value != unwanted,
            MatcherTest::Regex(regex) => regex.is_match(value),
            MatcherTest::NotRegex(regex) => !regex.is_match(value),
        }
    }

    /// The operator as written.
    pub fn operator(&self) -> &'static str {
        match self.test {
            MatcherTest::Equal(_) => "=",
            MatcherTest::NotEqual(_) => "!=",
            MatcherTest::Regex(_) => "=~",
            MatcherTest::NotRegex(_) => "!~",
        }
    }

    /// The value, or the expression without its anchors.
    pub fn value(&self) -> &str {
        match &self.test {
            MatcherTest::Equal(value) | MatcherTest::NotEqual(value) => value,
            MatcherTest::Regex(regex) | MatcherTest::NotRegex(regex) => regex.as_str(),
        }
    }
}

/// The canonical form: the value quoted, the name only where it has to be.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain_name(&self.name) {
            f.write_str(&self.name)?;
        } else {
            write_quoted(f, &self.name)?;
        }
        f.write_str(self.operator())?;
        write_quoted(f, self.value())
    }
}

fn is_plain_name(name: &str) -> bool {
    name.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
        && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

#[cfg(test)]
mod tests;
