//! The pure parser of one file in text format 0.0.4.
//!
//! It is as strict as `node_exporter`'s: an error anywhere refuses the whole file, since nobody knows what else is wrong
//! with it. Samples of one family may stand anywhere in the file; they come out together, those of one histogram or
//! summary next to each other, as OpenMetrics wants them.

use std::collections::HashMap;

use super::family::{Family, Kind};
use draft::Draft;
use line::{Comment, Sample};

mod draft;
mod line;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Problem {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What can be wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Text must be UTF-8, or no label could hold it.
    #[error("not UTF-8")]
    NotUtf8,
    /// The last line has no end.
    #[error("no line end: the file is cut off, or still being written")]
    Unfinished,
    /// Something else should stand there.
    #[error("{0} should stand there")]
    Wanted(&'static str),
    /// Neither a number nor `NaN` or `Inf`.
    #[error("`{0}` is no number")]
    NotANumber(String),
    /// Only `\\`, `\n` and, in a label's value, `\"`.
    #[error("`\\{0}` is no escape")]
    Escape(char),
    /// The same label again.
    #[error("label `{0}` stands there twice")]
    LabelTwice(String),
    /// `__name__`.
    #[error("label `{0}` is reserved")]
    LabelReserved(String),
    /// It would hide that the file is not written any more.
    #[error("a time stamp: textfiles may not have any")]
    TimeStamp,
    /// The same line again.
    #[error("a second {0} line for `{1}`")]
    Second(&'static str, String),
    /// TYPE comes first.
    #[error("the TYPE of `{0}` stands behind its samples")]
    TypeAfterSamples(String),
    /// Histograms have no sample of just their name.
    #[error("`{0}` is a histogram: its samples end in `_bucket`, `_sum` or `_count`")]
    BareHistogram(String),
    /// A bucket or a quantile of nothing.
    #[error("label `{0}` should be there and be a number")]
    NoBound(&'static str),
    /// Not one of the five.
    #[error("`{0}` is none of the types counter, gauge, histogram, summary, untyped")]
    NoType(String),
}

/// The families of one file, in the order of their first lines; those without samples are left out.
pub fn parse(content: &[u8]) -> Result<Vec<Family>, Problem> {
    let mut file = File::default();
    let mut lines = content.split(|&byte| byte == b'\n').enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let problem = |reason| Problem {
            line: index + 1,
            reason,
        };
        if lines.peek().is_none() && !line.is_empty() {
            return Err(problem(Reason::Unfinished));
        }
        file.line(line).map_err(problem)?;
    }
    Ok(file.families())
}

/// What was read so far.
#[derive(Default)]
struct File {
    drafts: HashMap<String, Draft>,
}

impl File {
    fn line(&mut self, line: &[u8]) -> Result<(), Reason> {
        let line = line.trim_ascii_start();
        match line.strip_prefix(b"#") {
            Some(comment) => match line::comment(comment)? {
                Comment::Help(name, text) => self.help(name, text),
                Comment::Type(name, kind) => self.kind(name, kind),
                Comment::Other => Ok(()),
            },
            None if line.is_empty() => Ok(()),
            None => self.sample(&line::sample(line)?),
        }
    }

    fn help(&mut self, name: &str, text: String) -> Result<(), Reason> {
        match self.draft(name).help.replace(text) {
            Some(_) => Err(Reason::Second("HELP", name.to_owned())),
            None => Ok(()),
        }
    }

    fn kind(&mut self, name: &str, kind: Kind) -> Result<(), Reason> {
        let draft = self.draft(name);
        if draft.kind.is_some() {
            return Err(Reason::Second("TYPE", name.to_owned()));
        }
        if draft.has_samples() {
            return Err(Reason::TypeAfterSamples(name.to_owned()));
        }
        draft.kind = Some(kind);
        Ok(())
    }

    fn sample(&mut self, sample: &Sample<'_>) -> Result<(), Reason> {
        let (family, suffix) = self.family_of(sample.name);
        self.draft(family).sample(sample, suffix)
    }

    /// The name of the family that a sample belongs to, and the rest of its name.
    fn family_of<'n>(&self, name: &'n str) -> (&'n str, &'n str) {
        // A family of just this name goes before one whose sample it could be.
        let cut = name.rfind('_').filter(|_| !self.drafts.contains_key(name));
        let (family, suffix) = name.split_at(cut.unwrap_or(name.len()));
        let kind = self.drafts.get(family).and_then(|draft| draft.kind);
        match kind {
            Some(kind) if kind.suffixes().contains(&suffix) => (family, suffix),
            _ => (name, ""),
        }
    }

    fn draft(&mut self, name: &str) -> &mut Draft {
        let order = self.drafts.len();
        let draft = self.drafts.entry(name.to_owned());
        draft.or_insert_with(|| Draft::new(order))
    }

    fn families(self) -> Vec<Family> {
        let mut drafts: Vec<_> = self.drafts.into_iter().collect();
        drafts.sort_by_key(|(_, draft)| draft.order);
        let families = drafts.into_iter();
        families
            .filter_map(|(name, draft)| draft.finish(name))
            .collect()
    }
}

#[cfg(test)]
mod tests;
