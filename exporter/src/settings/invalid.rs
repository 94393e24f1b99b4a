//! Everything that is wrong with the settings, wherever it was given.

use std::fmt;

use prunelle_foundation::config::ConfigError;
use prunelle_foundation::setting::SettingErrors;

/// Why the settings cannot be used; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSettings {
    /// What is wrong with the file's shape.
    pub file: Vec<ConfigError>,
    /// What is wrong with values, in the file and elsewhere.
    pub values: SettingErrors,
}

impl InvalidSettings {
    /// How many errors there are.
    pub fn count(&self) -> usize {
        self.file.len() + self.values.iter().len()
    }
}

/// The errors in the file in the order of its text, and then the others.
impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_file = self.file.iter();
        let of_file = of_file.map(|error| (Some((error.line, error.column)), error.to_string()));
        let of_values = self.values.iter().map(|error| {
            let place = error.origin.place.as_ref();
            (
                place.map(|place| (place.line, place.column)),
                error.to_string(),
            )
        });
        let mut errors: Vec<_> = of_file.chain(of_values).collect();
        errors.sort_by_key(|(place, _)| (place.is_none(), *place));
        let texts: Vec<_> = errors.into_iter().map(|(_, text)| text).collect();
        f.write_str(&texts.join("\n"))
    }
}

impl std::error::Error for InvalidSettings {}
