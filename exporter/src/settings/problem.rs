//! What is wrong with a setting, said so that it can be put right.

use std::fmt;

/// One setting that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` {problem}: `{value}`\n  hint: {hint}")]
pub struct SettingsError {
    /// The variable or flag under which it was given.
    pub name: String,
    /// What was given.
    pub value: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub hint: String,
}

/// All settings that are wrong; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsErrors(pub Vec<SettingsError>);

impl std::error::Error for SettingsErrors {}

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

/// What a parser finds wrong: [`SettingsError`] without the name and the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) problem: String,
    pub(super) hint: String,
}

impl Problem {
    pub(super) fn new(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            hint: hint.into(),
        }
    }
}
