//! Reading the configuration file, and settings out of it and of what else was given: at the start and at each reload.

use std::collections::BTreeMap;
use std::fmt;

use prunelle_foundation::config::{ConfigError, Document, GivenValue, Key};
use prunelle_foundation::setting::Origin;

use super::given::Given;
use super::invalid::InvalidSettings;
use super::precedence::{Chosen, choose};
use super::resolve::resolve;
use super::table::{self, Entry, Takes};
use super::{ConfigFile, Settings};

/// Settings, and where they are from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What to run with.
    pub settings: Settings,
    /// What was given.
    pub chosen: Chosen,
    /// The file that was read.
    pub file: ConfigFile,
}

impl Given {
    /// Reads the file, if there is one, and checks everything.
    pub fn load(&self) -> Result<Loaded, InvalidSettings> {
        let entries = table::entries();
        let file = self.config_file();
        let (values, faults) = match &file {
            None => (BTreeMap::new(), Vec::new()),
            Some(path) => match Document::read(path) {
                Ok(document) => document.values(&keys(&entries)),
                Err(errors) => (BTreeMap::new(), errors.into_iter().collect()),
            },
        };
        self.check(&entries, &values, faults, file)
    }

    /// As if `text` had been read from a file of this name.
    #[cfg(test)]
    pub(crate) fn load_text(&self, name: &str, text: &str) -> Result<Loaded, InvalidSettings> {
        let entries = table::entries();
        let (values, faults) = match Document::parse(name.as_ref(), text) {
            Ok(document) => document.values(&keys(&entries)),
            Err(errors) => (BTreeMap::new(), errors.into_iter().collect()),
        };
        self.check(&entries, &values, faults, Some(name.into()))
    }

    fn check(
        &self,
        entries: &[Entry],
        values: &BTreeMap<String, GivenValue>,
        faults: Vec<ConfigError>,
        file: ConfigFile,
    ) -> Result<Loaded, InvalidSettings> {
        let chosen = choose(entries, self, values);
        match resolve(&chosen) {
            Ok(settings) if faults.is_empty() => Ok(Loaded {
                settings,
                chosen,
                file,
            }),
            Ok(_) => Err(InvalidSettings {
                file: faults,
                values: prunelle_foundation::setting::SettingErrors::default(),
            }),
            Err(values) => Err(InvalidSettings {
                file: faults,
                values,
            }),
        }
    }
}

fn keys(entries: &[Entry]) -> Vec<Key> {
    let keys = entries.iter().map(|entry| Key {
        path: entry.key.clone(),
        takes_list: entry.takes == Takes::List,
    });
    keys.collect()
}

/// What `--config.check` says: each setting that was given, its value, and where it is from.
impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => writeln!(f, "{}: all settings are valid", file.display())?,
            None => writeln!(f, "all settings are valid; there is no configuration file")?,
        }
        let mut is_anything_given = false;
        for entry in table::entries() {
            let Some(texts) = self.chosen.get(&entry.flag) else {
                continue;
            };
            is_anything_given = true;
            let values: Vec<_> = texts.iter().map(|text| text.text.as_str()).collect();
            let values = if values.is_empty() {
                "none".to_owned()
            } else {
                values.join(", ")
            };
            let origin = texts
                .first()
                .map(|text| place(&text.origin))
                .unwrap_or_default();
            writeln!(f, "  {} = {values}{origin}", entry.key)?;
        }
        if !is_anything_given {
            writeln!(f, "  nothing is set, all defaults are in force")?;
        }
        Ok(())
    }
}

fn place(origin: &Origin) -> String {
    match &origin.place {
        Some(place) => format!("  (line {})", place.line),
        None => format!("  ({})", origin.name),
    }
}
