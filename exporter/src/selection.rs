//! Which collectors run: those that are switched on, narrowed for one scrape by `collect[]=` or `exclude[]=`.

use crate::collector::{COLLECTORS, Collector};

/// Why a query chooses nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// Both ways of choosing at once.
    #[error("`collect[]` and `exclude[]` cannot be combined: use one of them")]
    Both,
    /// No such collector.
    #[error("there is no collector `{name}`: the collectors are {}", all().join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The collector is switched off.
    #[error("the collector `{name}` is switched off: start the exporter with `--collector.{name}`")]
    SwitchedOff {
        /// What was asked for.
        name: String,
    },
}

/// Narrows the collectors that are switched on by the query of one scrape. Other parameters are no concern of ours.
pub fn select(
    switched_on: &[&'static Collector],
    query: &[(String, String)],
) -> Result<Vec<&'static Collector>, SelectionError> {
    let values = |parameter: &str| {
        let chosen = query.iter().filter(|(key, _)| key == parameter);
        chosen.map(|(_, name)| name.as_str()).collect::<Vec<_>>()
    };
    let (collect, exclude) = (values("collect[]"), values("exclude[]"));
    if !collect.is_empty() && !exclude.is_empty() {
        return Err(SelectionError::Both);
    }
    for &name in collect.iter().chain(&exclude) {
        if !all().contains(&name) {
            return Err(SelectionError::Unknown { name: name.into() });
        }
    }
    let is_on = |name: &str| switched_on.iter().any(|collector| collector.name == name);
    // To leave out what is off anyway is no error; to ask for it is one.
    if let Some(name) = collect.iter().find(|name| !is_on(name)) {
        return Err(SelectionError::SwitchedOff {
            name: (*name).into(),
        });
    }
    let is_chosen = |collector: &&&Collector| {
        !exclude.contains(&collector.name)
            && (collect.is_empty() || collect.contains(&collector.name))
    };
    Ok(switched_on.iter().filter(is_chosen).copied().collect())
}

/// The names of all collectors.
pub fn all() -> Vec<&'static str> {
    COLLECTORS.iter().map(|collector| collector.name).collect()
}

#[cfg(test)]
mod tests;
