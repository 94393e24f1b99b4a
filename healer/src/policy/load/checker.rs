//! Collects what is wrong, with its place, and reads single values.

use std::str::FromStr;
use std::time::Duration;

use globset::{GlobBuilder, GlobMatcher};
use prunelle_foundation::config::{ConfigError, ConfigErrors, Document};
use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::quantity::{ByteSize, Ratio};
use prunelle_systemd::UnitName;

use crate::policy::wire::Scalar;

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

/// Collects problems while the wire types are read. Whatever yields none has reported why.
pub(super) struct Checker<'d> {
    document: &'d Document,
    errors: Vec<ConfigError>,
}

impl<'d> Checker<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self {
            document,
            errors: Vec::new(),
        }
    }

    /// The value, when nothing was reported.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, ConfigErrors> {
        match (ConfigErrors::new(self.errors), value) {
            (Some(errors), _) => Err(errors),
            (None, Some(value)) => Ok(value),
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

pub(super) fn name(text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() {
        Err(Problem::new("an empty name", "write a name"))
    } else {
        Ok(text.to_owned())
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, Problem> {
    PromDuration::from_str(text)
        .map(PromDuration::get)
        .map_err(|error| Problem::new(error.to_string(), error.hint()))
}

/// A duration that is not zero.
pub(super) fn some_duration(text: &str) -> Result<Duration, Problem> {
    match duration(text)? {
        Duration::ZERO => Err(Problem::new(
            format!("`{text}` is no time at all"),
            "write a duration above zero, as in `5m`",
        )),
        duration => Ok(duration),
    }
}

pub(super) fn ratio(text: &str) -> Result<f64, Problem> {
    Ratio::from_str(text)
        .map(Ratio::get)
        .map_err(|error| Problem::new(error.to_string(), error.hint()))
}

pub(super) fn bytes(text: &str) -> Result<u64, Problem> {
    match ByteSize::from_str(text).map(ByteSize::get) {
        Ok(0) => Err(Problem::new(
            "a limit of nothing",
            "write a size above zero",
        )),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(Problem::new(error.to_string(), error.hint())),
    }
}

/// A whole number from 1 to `max`.
pub(super) fn count(max: u32) -> impl Fn(&str) -> Result<u32, Problem> {
    move |text| {
        text.parse()
            .ok()
            .filter(|count| (1..=max).contains(count))
            .ok_or_else(|| {
                Problem::new(
                    format!("`{text}` is not a whole number from 1 to {max}"),
                    "write a number in that range, in digits",
                )
            })
    }
}

pub(super) fn factor(text: &str) -> Result<f64, Problem> {
    text.parse()
        .ok()
        .filter(|factor| (1.0..=1000.0).contains(factor))
        .ok_or_else(|| {
            Problem::new(
                format!("`{text}` is not a factor"),
                "write a number from 1 (no growth) to 1000",
            )
        })
}

pub(super) fn boolean(text: &str) -> Result<bool, Problem> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Problem::new(
            format!("`{text}` is neither true nor false"),
            "write `true` or `false`",
        )),
    }
}

/// A glob over full unit names; a plain name is completed, `nginx` means `nginx.service`.
pub(super) fn unit_glob(text: &str) -> Result<GlobMatcher, Problem> {
    const HINT: &str =
        "write a unit's name, `nginx.service`, or a glob over names, `php*-fpm.service`";
    let is_glob = text.contains(['*', '?', '[', '{']);
    let pattern = if is_glob {
        text.to_owned()
    } else {
        UnitName::from_str(text)
            .map_err(|error| Problem::new(error.to_string(), HINT))?
            .to_string()
    };
    // Unit names have backslashes in them: `dev-disk-by\x2duuid`.
    GlobBuilder::new(&pattern)
        .backslash_escape(false)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| Problem::new(format!("`{text}` is not a glob: {}", error.kind()), HINT))
}
