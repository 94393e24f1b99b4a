//! Configuration files in YAML, with file, line, column and a hint in every error.
//!
//! A document is parsed once into a tree of positioned nodes (positions by saphyr-parser, the meaning of scalars by
//! `serde_yaml`) and read into plain structs by a deserializer that knows where it is. All errors of a file are
//! reported together. An unknown key is always an error. What cannot be said in types is checked by the caller, who
//! asks [`Document::error_at`] for the position.

mod de;
mod nearest;
mod path;
mod text;
mod tree;
mod values;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

pub use text::from_text;
use tree::{Node, Position};
pub use values::{GivenItem, GivenValue, Key};

use crate::setting::{Hint, write_lines};

/// A parsed configuration file.
#[derive(Clone, Debug)]
pub struct Document {
    file: PathBuf,
    text: String,
    root: Node,
}

/// One error in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// From 1; 0 when the error is about the whole file.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// All errors found in a configuration file, in the order of the text; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl Document {
    /// Reads and parses a file.
    pub fn read(path: &Path) -> Result<Self, ConfigErrors> {
        let text = std::fs::read_to_string(path).map_err(|source| {
            let hint = match source.kind() {
                std::io::ErrorKind::NotFound => Some("check the path".to_owned()),
                std::io::ErrorKind::PermissionDenied => {
                    Some("let the user that this program runs as read it".to_owned())
                }
                _ => None,
            };
            ConfigErrors(vec![ConfigError {
                file: path.to_owned(),
                line: 0,
                column: 0,
                message: format!("cannot read the file: {source}"),
                hint,
            }])
        })?;
        Self::parse(path, &text)
    }

    /// Parses a text; `path` is named in errors only.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigErrors> {
        let root = tree::parse(text).map_err(|faults| {
            ConfigErrors::sorted(
                faults
                    .into_iter()
                    .map(|fault| fault.in_file(path))
                    .collect(),
            )
        })?;
        Ok(Self {
            file: path.to_owned(),
            text: text.to_owned(),
            root,
        })
    }

    /// Reads the document into a type, or tells everything that is wrong with it.
    ///
    /// Of several missing fields in one mapping the first is reported.
    pub fn get<T: DeserializeOwned>(&self) -> Result<T, ConfigErrors> {
        de::read(&self.root).map_err(|faults| {
            ConfigErrors::sorted(
                faults
                    .into_iter()
                    .map(|fault| fault.in_file(&self.file))
                    .collect(),
            )
        })
    }

    /// An error about the node at `path` (`rules[0].ladder[1].within`), or about its nearest ancestor that exists.
    pub fn error_at(
        &self,
        path: &str,
        message: impl Into<String>,
        hint: Option<&str>,
    ) -> ConfigError {
        Fault {
            at: path::find(&self.root, path).at,
            message: message.into(),
            hint: hint.map(ToOwned::to_owned),
        }
        .in_file(&self.file)
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file it was read from.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

impl ConfigErrors {
    /// Wraps errors of the caller's own checks; none when there is none.
    pub fn new(errors: Vec<ConfigError>) -> Option<Self> {
        (!errors.is_empty()).then(|| Self::sorted(errors))
    }

    /// In the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }

    fn sorted(mut errors: Vec<ConfigError>) -> Self {
        errors.sort_by_key(|error| (error.line, error.column));
        errors.dedup();
        Self(errors)
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl IntoIterator for ConfigErrors {
    type Item = ConfigError;
    type IntoIter = std::vec::IntoIter<ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if self.line > 0 {
            write!(f, "{}:{}:", self.line, self.column)?;
        }
        write!(f, " {}{}", self.message, Hint(self.hint.as_ref()))
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(f, &self.0)
    }
}

impl std::error::Error for ConfigError {}
impl std::error::Error for ConfigErrors {}

/// An error before it knows its file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    at: Position,
    message: String,
    hint: Option<String>,
}

impl Fault {
    fn in_file(self, file: &Path) -> ConfigError {
        ConfigError {
            file: file.to_owned(),
            line: self.at.line,
            column: self.at.column,
            message: self.message,
            hint: self.hint,
        }
    }
}

#[cfg(test)]
mod tests;
