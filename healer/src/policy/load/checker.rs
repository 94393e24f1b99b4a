//! Collects what is wrong, with its place. What single values mean is read in `value`.

use prunelle_foundation::config::{ConfigError, ConfigErrors, Document};

use crate::policy::wire::{OrNone, Scalar};

/// What is wrong with one value, and what to write instead.
pub(super) struct Problem {
    message: String,
    hint: String,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// What was read; none means that what is wrong has been reported.
pub(super) type Read<T> = Option<T>;

/// Collects problems while the wire types are read. Whatever yields none has reported why.
pub(super) struct Checker<'d> {
    document: &'d Document,
    errors: Vec<ConfigError>,
    warnings: Vec<ConfigError>,
}

impl<'d> Checker<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self {
            document,
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The value and the warnings, when no error was reported.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<(T, Vec<ConfigError>), ConfigErrors> {
        match (ConfigErrors::new(self.errors), value) {
            (Some(errors), _) => Err(errors),
            (None, Some(value)) => {
                let mut warnings = self.warnings;
                warnings.sort_by_key(|warning| (warning.line, warning.column));
                Ok((value, warnings))
            }
            (None, None) => Err(self
                .document
                .error_at("", "the policy cannot be read", None)
                .into()),
        }
    }

    pub(super) fn report(&mut self, at: &str, problem: Problem) {
        let Problem { message, hint } = problem;
        self.errors
            .push(self.document.error_at(at, message, Some(&hint)));
    }

    /// Something that is allowed and probably not meant.
    pub(super) fn warn(&mut self, at: &str, problem: Problem) {
        let Problem { message, hint } = problem;
        self.warnings
            .push(self.document.error_at(at, message, Some(&hint)));
    }

    /// A key that must be there.
    pub(super) fn present<T>(
        &mut self,
        parent: &str,
        key: &str,
        value: Option<T>,
        hint: &str,
    ) -> Option<T> {
        if value.is_none() {
            self.report(
                &join(parent, key),
                Problem::new(format!("missing field `{key}`"), hint),
            );
        }
        value
    }

    /// A single value that must be there.
    pub(super) fn required<T>(
        &mut self,
        parent: &str,
        key: &str,
        value: Option<Scalar>,
        hint: &str,
        read: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let value = self.present(parent, key, value, hint)?;
        self.read(&join(parent, key), &value, read)
    }

    /// A single value that may be missing.
    pub(super) fn or<T>(
        &mut self,
        parent: &str,
        key: &str,
        value: Option<Scalar>,
        default: T,
        read: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        match value {
            Some(value) => self.read(&join(parent, key), &value, read),
            None => Some(default),
        }
    }

    /// A list that must be there; each of its items is read.
    pub(super) fn list<T>(
        &mut self,
        parent: &str,
        key: &str,
        values: Option<Vec<Scalar>>,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<Vec<T>> {
        let values = self.present(parent, key, values, "write it as a list: `[…]`")?;
        let at = join(parent, key);
        let read: Vec<Option<T>> = values
            .iter()
            .enumerate()
            .map(|(index, value)| self.read(&format!("{at}[{index}]"), value, &read))
            .collect();
        read.into_iter().collect()
    }

    /// A list that may be missing, which means empty.
    pub(super) fn list_or_empty<T>(
        &mut self,
        parent: &str,
        key: &str,
        values: Option<Vec<Scalar>>,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<Vec<T>> {
        self.list(parent, key, Some(values.unwrap_or_default()), read)
    }

    /// A mapping that may be missing (`default`) and may be `none`.
    pub(super) fn or_none<W, T>(
        &mut self,
        parent: &str,
        key: &str,
        value: Option<&OrNone<W>>,
        default: Option<T>,
        read: impl FnOnce(&mut Self, &str, &W) -> Option<T>,
    ) -> Read<Option<T>> {
        match value {
            None => Some(default),
            Some(OrNone::None) => Some(None),
            Some(OrNone::Some(wire)) => read(self, &join(parent, key), wire).map(Some),
        }
    }

    /// Every item of a list of mappings, each at its place.
    pub(super) fn each<W, T>(
        &mut self,
        at: &str,
        wires: Vec<W>,
        mut read: impl FnMut(&mut Self, &str, W) -> Option<T>,
    ) -> Option<Vec<T>> {
        let read: Vec<Option<T>> = wires
            .into_iter()
            .enumerate()
            .map(|(index, wire)| read(self, &format!("{at}[{index}]"), wire))
            .collect();
        read.into_iter().collect()
    }

    fn read<T>(
        &mut self,
        at: &str,
        value: &Scalar,
        read: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        read(&value.0)
            .map_err(|problem| self.report(at, problem))
            .ok()
    }
}

pub(super) fn join(parent: &str, key: &str) -> String {
    if parent.is_empty() {
        key.to_owned()
    } else {
        format!("{parent}.{key}")
    }
}
