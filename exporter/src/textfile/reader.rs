//! Keeps what the files said, so that a scrape costs one look at each, and remembers what was complained about.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::family::Family;
use super::file::{self, FileError, Identity};
use super::folders;
use super::merge::{Merged, Source, merge};
use crate::collector::{Collector, chain};
use crate::deadline::Deadline;
use crate::metric::Metric;
use crate::procfs::label;
use crate::scrape;

/// All textfiles together: what is beyond it is not read.
const LARGEST_TOTAL: u64 = 64 << 20;

/// Beginnings of names of this process and of what Prometheus adds itself.
const RESERVED: &[&str] = &["process_", "prunelle_exporter_", "scrape_"];

/// Reads textfiles, one scrape at a time.
#[derive(Debug, Default)]
pub struct Reader {
    /// Metrics that must not come from files.
    ours: Vec<&'static Metric>,
    state: Mutex<State>,
}

/// What a scrape finds.
#[derive(Debug)]
pub struct Reading {
    /// What the files tell.
    pub families: Arc<[Family]>,
    /// Each file that was read well, and when it was written, in seconds.
    pub modified: Vec<(Arc<str>, i64)>,
    /// Whether anything could not be read or is left out.
    pub has_errors: bool,
}

#[derive(Debug, Default)]
struct State {
    files: HashMap<PathBuf, Kept>,
    together: Option<Together>,
    /// What is wrong, by path, as it was logged.
    complaints: Complaints,
}

type Complaints = BTreeMap<String, String>;

/// What a file said.
#[derive(Debug)]
struct Kept {
    identity: Identity,
    is_settled: bool,
    /// The path, as a label.
    name: Arc<str>,
    families: Result<Vec<Family>, String>,
}

/// The files that were put together last, in their order, and what came of it.
#[derive(Debug)]
struct Together {
    paths: Vec<PathBuf>,
    families: Arc<[Family]>,
    conflicts: Complaints,
}

impl Reader {
    /// For an exporter that runs these collectors.
    pub fn new(collectors: &[&'static Collector]) -> Self {
        let metrics = collectors.iter().flat_map(|collector| collector.metrics);
        Self {
            ours: metrics.chain(scrape::METRICS).copied().collect(),
            state: Mutex::default(),
        }
    }

    /// What the textfiles in `folders` tell at `now`, in seconds; `None` when the deadline is over before all are read,
    /// which the next scrape goes on with.
    pub fn read(&self, folders: &[PathBuf], now: i64, deadline: &Deadline) -> Option<Reading> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut complaints = Complaints::new();
        let mut paths = list(folders, &mut complaints);
        let mut total = 0;
        for path in &paths {
            if deadline.is_over() {
                return None;
            }
            if let Err(error) = state.look_at(path, now, &mut total) {
                complaints.insert(label_of(path), chain(&error));
                state.forget(path);
            }
        }
        paths.retain(|path| state.files.contains_key(path));
        Some(state.reading(paths, complaints, &|name| self.is_ours(name)))
    }

    fn is_ours(&self, name: &str) -> bool {
        let is_reserved = RESERVED.iter().any(|start| name.starts_with(start));
        is_reserved || self.ours.iter().any(|metric| metric.has_name(name))
    }
}

impl State {
    /// Reads a file if it has changed since it was read.
    fn look_at(&mut self, path: &Path, now: i64, total: &mut u64) -> Result<(), FileError> {
        let Some(identity) = file::look(path)? else {
            self.forget(path);
            return Ok(());
        };
        *total += identity.size;
        if *total > LARGEST_TOTAL {
            return Err(FileError::TooMuch(LARGEST_TOTAL));
        }
        let kept = self.files.get(path);
        if kept.is_some_and(|kept| kept.identity == identity && kept.is_settled) {
            return Ok(());
        }
        self.forget(path);
        let (identity, families) = match file::read(path) {
            Ok(Some((identity, families))) => (identity, Ok(families)),
            Ok(None) => return Ok(()),
            // Nor is what is broken read again before it changes.
            Err(error @ FileError::Format(_)) => (identity, Err(chain(&error))),
            Err(error) => return Err(error),
        };
        let kept = Kept {
            identity,
            is_settled: identity.is_settled(now),
            name: label_of(path).into(),
            families,
        };
        self.files.insert(path.to_owned(), kept);
        Ok(())
    }

    fn forget(&mut self, path: &Path) {
        if self.files.remove(path).is_some() {
            self.together = None;
        }
    }

    fn reading(
        &mut self,
        paths: Vec<PathBuf>,
        mut complaints: Complaints,
        is_ours: &dyn Fn(&str) -> bool,
    ) -> Reading {
        if self.together.as_ref().is_none_or(|it| it.paths != paths) {
            self.files.retain(|path, _| paths.contains(path));
            self.together = Some(self.put_together(paths, is_ours));
        }
        let mut modified = Vec::with_capacity(self.files.len());
        let mut families = Arc::default();
        if let Some(together) = &self.together {
            for kept in together.paths.iter().filter_map(|it| self.files.get(it)) {
                match &kept.families {
                    Ok(_) => modified.push((Arc::clone(&kept.name), kept.identity.modified())),
                    Err(error) => {
                        complaints.insert(kept.name.to_string(), error.clone());
                    }
                }
            }
            complaints.extend(together.conflicts.clone());
            families = Arc::clone(&together.families);
        }
        let has_errors = !complaints.is_empty();
        self.complain(complaints);
        Reading {
            families,
            modified,
            has_errors,
        }
    }

    fn put_together(&self, paths: Vec<PathBuf>, is_ours: &dyn Fn(&str) -> bool) -> Together {
        let kept = paths.iter().filter_map(|path| self.files.get(path));
        let sources: Vec<_> = kept
            .filter_map(|kept| {
                let families = kept.families.as_ref().ok()?;
                Some(Source {
                    path: &kept.name,
                    families,
                })
            })
            .collect();
        let Merged {
            families,
            conflicts,
        } = merge(&sources, is_ours);
        let conflicts = conflicts.into_iter();
        Together {
            families: families.into(),
            conflicts: conflicts
                .map(|(path, conflict)| (path, conflict.to_string()))
                .collect(),
            paths,
        }
    }

    /// Logs what is new, once, and what is well again.
    fn complain(&mut self, complaints: Complaints) {
        for (path, error) in &complaints {
            if self.complaints.get(path) != Some(error) {
                tracing::warn!(path, error, "textfile is not read, or not all of it");
            }
        }
        for path in self.complaints.keys() {
            if !complaints.contains_key(path) {
                tracing::info!(path, "nothing is wrong with the textfile any more");
            }
        }
        self.complaints = complaints;
    }
}

/// The textfiles in all folders, each once, in the order of the folders and of their names.
fn list(patterns: &[PathBuf], complaints: &mut Complaints) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for folder in patterns
        .iter()
        .flat_map(|pattern| folders::folders(pattern))
    {
        match folders::files(&folder) {
            Ok(files) => paths.extend(files),
            Err(error) => {
                complaints.insert(
                    label_of(&folder),
                    format!("cannot list the folder: {error}"),
                );
            }
        }
    }
    let mut seen = HashSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths
}

fn label_of(path: &Path) -> String {
    label(path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests;
