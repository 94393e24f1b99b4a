//! From the families of each file to what is written: one family a name, no series twice, none of the exporter's own.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::family::{Family, Kind, Part};

/// One file that was read well.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'f> {
    pub(super) path: &'f str,
    pub(super) families: &'f [Family],
}

/// Why something of a file is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Conflict {
    #[error("`{0}` is left out: this exporter has a metric of that name")]
    Ours(String),
    #[error("`{name}` is left out: its type is another in `{first}`")]
    Kind { name: String, first: String },
    #[error("`{name}` is left out: its help is another in `{first}`")]
    Help { name: String, first: String },
    #[error("a second sample of `{0}` is left out")]
    Twice(String),
}

/// What is written, and what is not: the first conflict of each file, by the file's path.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) families: Vec<Family>,
    pub(super) conflicts: Vec<(String, Conflict)>,
}

/// Puts files together, in this order: what comes first wins. `is_ours` knows the exporter's own metrics.
pub(super) fn merge(files: &[Source<'_>], is_ours: &dyn Fn(&str) -> bool) -> Merged {
    let mut merging = Merging::default();
    for file in files {
        let before = merging.merged.conflicts.len();
        for family in file.families {
            if let Some(conflict) = merging.add(file.path, family, is_ours) {
                let conflict = (file.path.to_owned(), conflict);
                merging.merged.conflicts.push(conflict);
            }
        }
        merging.merged.conflicts.truncate(before + 1);
    }
    merging.finish()
}

#[derive(Default)]
struct Merging<'f> {
    merged: Merged,
    /// Where in `merged` a name is, and the files that it was in.
    places: HashMap<&'f str, (usize, Vec<&'f str>)>,
    series: HashSet<&'f str>,
}

impl<'f> Merging<'f> {
    fn add(
        &mut self,
        path: &'f str,
        family: &'f Family,
        is_ours: &dyn Fn(&str) -> bool,
    ) -> Option<Conflict> {
        let name = family.name.as_str();
        let suffixes = family.kind.suffixes().iter();
        if is_ours(name)
            || suffixes
                .into_iter()
                .any(|suffix| is_ours(&[name, suffix].concat()))
        {
            return Some(Conflict::Ours(name.to_owned()));
        }
        let (place, paths) = match self.places.entry(name) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let place = self.merged.families.len();
                self.merged.families.push(Family {
                    parts: Vec::new(),
                    ..family.clone()
                });
                entry.insert((place, Vec::new()))
            }
        };
        let merged = self.merged.families.get_mut(*place)?;
        let first = || paths.first().map_or_else(String::new, ToString::to_string);
        if merged.kind != family.kind {
            return Some(Conflict::Kind {
                name: name.to_owned(),
                first: first(),
            });
        }
        match (&merged.help, &family.help) {
            (Some(ours), Some(theirs)) if ours != theirs => {
                return Some(Conflict::Help {
                    name: name.to_owned(),
                    first: first(),
                });
            }
            (None, Some(help)) => merged.help = Some(help.clone()),
            _ => {}
        }
        if paths.last() != Some(&path) {
            paths.push(path);
        }
        let mut conflict = None;
        for part in &family.parts {
            let (part, twice) = once(part, &mut self.series);
            merged.parts.push(part);
            conflict = conflict.or(twice);
        }
        conflict
    }

    fn finish(mut self) -> Merged {
        let names: HashSet<&str> = self.places.keys().copied().collect();
        for (name, (place, paths)) in &self.places {
            let Some(family) = self.merged.families.get_mut(*place) else {
                continue;
            };
            if family.help.is_none() {
                family.help = Some(format!("Read from {}", paths.join(", ")));
            }
            // For OpenMetrics such a counter would be a second family of that name.
            let stem = name.strip_suffix("_total");
            if family.kind == Kind::Counter && stem.is_some_and(|stem| names.contains(stem)) {
                family.kind = Kind::Untyped;
            }
        }
        self.merged
            .families
            .retain(|family| family.parts.iter().any(|part| !part.is_empty()));
        self.merged
    }
}

/// The lines whose series are new, and one that is not.
fn once<'f>(part: &'f Part, series: &mut HashSet<&'f str>) -> (Part, Option<Conflict>) {
    let name_of = |line: &'f str| line.rsplit_once(' ').map_or(line, |(series, _)| series);
    let mut twice = None;
    let mut kept = String::new();
    for (index, line) in part.split_inclusive('\n').enumerate() {
        if !series.insert(name_of(line)) {
            if twice.is_none() {
                kept.extend(part.split_inclusive('\n').take(index));
                twice = Some(Conflict::Twice(name_of(line).to_owned()));
            }
        } else if twice.is_some() {
            kept.push_str(line);
        }
    }
    let part = match twice {
        Some(_) => kept.into(),
        None => Arc::clone(part),
    };
    (part, twice)
}

#[cfg(test)]
mod tests;
