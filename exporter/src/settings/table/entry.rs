//! One setting: how it can be given, and what is known about it.

use crate::collector::Collector;

/// A setting as it is stated in the table.
#[derive(Debug)]
pub struct Setting {
    flag: &'static str,
    key: &'static str,
    value_name: &'static str,
    about: &'static str,
    variable: Option<&'static str>,
    default: &'static str,
    is_default_a_value: bool,
    takes: Takes,
    change: Change,
}

/// A setting with its names completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Without the dashes, which also identifies it.
    pub flag: String,
    /// The environment variable.
    pub variable: String,
    /// The path of its key in the configuration file.
    pub key: String,
    /// What stands for its value.
    pub value_name: &'static str,
    /// What it means: one line, no full stop.
    pub about: String,
    /// The default; in words when it is no value.
    pub default: String,
    /// Whether that is a value.
    pub is_default_a_value: bool,
    /// How many values.
    pub takes: Takes,
    /// Whether a reload changes it.
    pub change: Change,
    /// Under which heading it stands.
    pub heading: &'static str,
}

/// How many values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// One.
    One,
    /// Any number: repeated as a flag, separated by commas, a list in the file.
    List,
    /// On or off; as a flag without a value it is on.
    Switch,
}

/// When a changed setting takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// With a reload.
    Live,
    /// With a restart.
    Restart,
}

impl Setting {
    /// A setting of one value, without a default, that changes with a restart.
    pub(super) const fn new(
        flag: &'static str,
        key: &'static str,
        value_name: &'static str,
        about: &'static str,
    ) -> Self {
        Self {
            flag,
            key,
            value_name,
            about,
            variable: None,
            default: "",
            is_default_a_value: false,
            takes: Takes::One,
            change: Change::Restart,
        }
    }

    /// A variable that is not made from the flag's name.
    pub(super) const fn variable(self, variable: &'static str) -> Self {
        Self {
            variable: Some(variable),
            ..self
        }
    }

    /// What holds when nothing is given.
    pub(super) const fn default(self, default: &'static str) -> Self {
        Self {
            default,
            is_default_a_value: true,
            ..self
        }
    }

    /// The same in words, where no value says it.
    pub(super) const fn told(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    pub(super) const fn list(self) -> Self {
        Self {
            takes: Takes::List,
            ..self
        }
    }

    pub(super) const fn switch(self) -> Self {
        Self {
            takes: Takes::Switch,
            ..self
        }
    }

    pub(super) const fn live(self) -> Self {
        Self {
            change: Change::Live,
            ..self
        }
    }

    /// The flag's name.
    pub fn flag(&self) -> &'static str {
        self.flag
    }

    /// The default, when it is a value.
    pub fn default_value(&self) -> Option<&'static str> {
        self.is_default_a_value.then_some(self.default)
    }

    /// What to call it beside a setting that was given in this way: by the same kind of name.
    pub fn name_beside(&self, origin: &prunelle_foundation::setting::Origin) -> String {
        if origin.place.is_some() {
            self.key.to_owned()
        } else if origin.name.starts_with("--") {
            format!("--{}", self.flag)
        } else {
            self.variable
                .map_or_else(|| variable(self.flag), str::to_owned)
        }
    }

    pub(super) fn entry(&self, heading: &'static str) -> Entry {
        Entry {
            flag: self.flag.to_owned(),
            variable: self
                .variable
                .map_or_else(|| variable(self.flag), str::to_owned),
            key: self.key.to_owned(),
            value_name: self.value_name,
            about: self.about.to_owned(),
            default: self.default.to_owned(),
            is_default_a_value: self.is_default_a_value,
            takes: self.takes,
            change: self.change,
            heading,
        }
    }
}

/// The flag that switches a collector on or off.
pub(crate) fn switch_flag(collector: &Collector) -> String {
    format!("collector.{}", collector.name)
}

/// The switch of a collector.
pub(super) fn switch(collector: &Collector) -> Entry {
    let flag = switch_flag(collector);
    Entry {
        variable: variable(&flag),
        flag,
        key: format!("collectors.{}.enabled", collector.name),
        value_name: "BOOL",
        about: format!("Collect {}", collector.about),
        default: collector.is_on_by_default.to_string(),
        is_default_a_value: true,
        takes: Takes::Switch,
        change: Change::Live,
        heading: "Collectors",
    }
}

/// `web.max-requests` is `PRUNELLE_EXPORTER_WEB_MAX_REQUESTS`.
fn variable(flag: &str) -> String {
    let flag = flag.replace(['.', '-'], "_").to_ascii_uppercase();
    format!("PRUNELLE_EXPORTER_{flag}")
}
