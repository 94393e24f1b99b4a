//! What is wrong with the settings, all of it at once.

use std::fmt;

use super::boolean;

/// One setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The flag, or the variable that no flag overrides.
    pub setting: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            setting,
            message,
            hint,
        } = self;
        write!(f, "{setting}")?;
        if let Some(variable) = variable(setting) {
            write!(f, " ({variable})")?;
        }
        write!(f, ": {message}\n  hint: {hint}")
    }
}

/// The variable of a flag: `--storage.reserve` is `PRUNELLE_HEALER_STORAGE_RESERVE`.
pub(super) fn variable(flag: &str) -> Option<String> {
    let name = flag.strip_prefix("--").filter(|name| name.contains('.'))?;
    Some(format!(
        "PRUNELLE_HEALER_{}",
        name.replace(['.', '-'], "_").to_uppercase()
    ))
}

/// Everything that is wrong with the settings; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingErrors(pub Vec<SettingError>);

impl fmt::Display for SettingErrors {
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

impl std::error::Error for SettingErrors {}

/// Collects what is wrong while the settings are read.
#[derive(Default)]
pub(super) struct Errors(pub(super) Vec<SettingError>);

impl Errors {
    pub(super) fn parse<T>(
        &mut self,
        setting: &'static str,
        text: &str,
        hint: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        read(text)
            .map_err(|message| {
                self.0.push(SettingError {
                    setting,
                    message: format!("`{text}`: {message}"),
                    hint: hint.to_owned(),
                });
            })
            .ok()
    }

    pub(super) fn switch(&mut self, setting: &'static str, text: Option<&str>) -> Option<bool> {
        let text = text?;
        self.parse(setting, text, "write True or False", |text| {
            boolean(text).ok_or_else(|| "neither true nor false".to_owned())
        })
    }
}
