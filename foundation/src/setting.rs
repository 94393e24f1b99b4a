//! Settings that cannot be used, said so that they can be put right: all of them at once, each with its remedy.
//!
//! A parser returns a [`Problem`]; [`SettingErrors`] puts to it under which name and where the setting was given, and its
//! value, once. Used by the settings of both programs; the errors of configuration files are told in the same way.

use std::fmt;
use std::path::PathBuf;

/// What a parser finds wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    what: String,
    hint: String,
    part: Option<String>,
}

impl Problem {
    /// `problem` goes on where the setting's name ends: `is not a size`.
    pub fn new(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: problem.into(),
            hint: hint.into(),
            part: None,
        }
    }

    /// Only this part of the value is wrong: it is told instead of the whole.
    #[must_use]
    pub fn with(mut self, part: impl Into<String>) -> Self {
        self.part = Some(part.into());
        self
    }
}

/// How a setting was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The flag, the variable, or the key in a file.
    pub name: String,
    /// Where in a file.
    pub place: Option<Place>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl From<&str> for Origin {
    fn from(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            place: None,
        }
    }
}

impl From<&String> for Origin {
    fn from(name: &String) -> Self {
        name.as_str().into()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "`{}`", self.name)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// One setting that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin} {problem}: `{value}`{}", Hint(Some(hint)))]
pub struct SettingError {
    /// How it was given.
    pub origin: Origin,
    /// What was given, or the part of it that is wrong.
    pub value: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub hint: String,
}

/// All settings that are wrong, collected while they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingErrors(Vec<SettingError>);

impl SettingErrors {
    /// The value; none, and an error more, when it is wrong.
    pub fn parse<T>(
        &mut self,
        origin: impl Into<Origin>,
        value: &str,
        parser: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        parser(value)
            .map_err(|problem| self.add(origin, value, problem))
            .ok()
    }

    /// One more.
    pub fn add(&mut self, origin: impl Into<Origin>, value: &str, problem: Problem) {
        self.0.push(SettingError {
            origin: origin.into(),
            value: problem.part.unwrap_or_else(|| value.to_owned()),
            problem: problem.what,
            hint: problem.hint,
        });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order in which the settings were read.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &SettingError> {
        self.0.iter()
    }
}

impl fmt::Display for SettingErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(f, &self.0)
    }
}

impl std::error::Error for SettingErrors {}

/// What was given, without the space around it. An empty text counts as not given: `.env` files are full of `NAME=`.
pub fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// True, true, 1, yes, on and their opposites, as people write them.
pub fn boolean(text: &str) -> Result<bool, Problem> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(Problem::new(
            "is neither on nor off",
            "use `true` or `false`",
        )),
    }
}

/// The end of a message: what to do, on a line of its own.
pub(crate) struct Hint<'a, T>(pub(crate) Option<&'a T>);

impl<T: fmt::Display> fmt::Display for Hint<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Errors one below the other.
pub(crate) fn write_lines(f: &mut fmt::Formatter<'_>, errors: &[impl fmt::Display]) -> fmt::Result {
    for (index, error) in errors.iter().enumerate() {
        if index > 0 {
            f.write_str("\n")?;
        }
        error.fmt(f)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
