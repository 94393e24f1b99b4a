//! A family while its file is read.

use std::collections::HashMap;

use super::Reason;
use super::line::{self, Labels, Sample};
use crate::textfile::family::{Family, Kind};

#[derive(Default)]
pub(super) struct Draft {
    /// How many families were begun before it.
    pub(super) order: usize,
    pub(super) kind: Option<Kind>,
    pub(super) help: Option<String>,
    /// The lines, except of histograms and summaries.
    lines: String,
    /// The lines of histograms and summaries, by their labels without `le` and `quantile`.
    groups: HashMap<String, Group>,
}

/// What one histogram or one summary consists of.
#[derive(Default)]
struct Group {
    /// How many groups were begun before it.
    order: usize,
    /// Buckets or quantiles.
    lines: String,
    /// `_sum` and `_count`.
    totals: String,
    count: Option<String>,
    has_infinity: bool,
}

impl Draft {
    pub(super) fn new(order: usize) -> Self {
        Self {
            order,
            ..Self::default()
        }
    }

    pub(super) fn has_samples(&self) -> bool {
        !self.lines.is_empty() || !self.groups.is_empty()
    }

    /// Adds a sample whose name ends with `suffix` behind the family's.
    pub(super) fn sample(&mut self, sample: &Sample<'_>, suffix: &str) -> Result<(), Reason> {
        match (self.kind, suffix) {
            (Some(Kind::Histogram), "_bucket") => self.bounded(sample, "le"),
            (Some(Kind::Summary), "") => self.bounded(sample, "quantile"),
            (Some(Kind::Histogram), "") => Err(Reason::BareHistogram(sample.name.to_owned())),
            (Some(Kind::Histogram | Kind::Summary), _) => {
                self.total(sample, suffix);
                Ok(())
            }
            _ => {
                let labels = line::rendered(&sample.labels);
                line::write(&mut self.lines, sample.name, &labels, &sample.value);
                Ok(())
            }
        }
    }

    /// A bucket or a quantile, whose label `bound` is a number.
    fn bounded(&mut self, sample: &Sample<'_>, bound: &'static str) -> Result<(), Reason> {
        let labels = sample.labels.iter();
        let (bounds, others): (Labels<'_>, Labels<'_>) =
            labels.cloned().partition(|(name, _)| *name == bound);
        let limit = bounds.first().and_then(|(_, limit)| line::number(limit));
        let limit = limit.ok_or(Reason::NoBound(bound))?;
        let mut labels = line::rendered(&others);
        let group = self.group(&labels);
        group.has_infinity |= limit == "+Inf";
        push_bound(&mut labels, bound, &limit);
        line::write(&mut group.lines, sample.name, &labels, &sample.value);
        Ok(())
    }

    fn total(&mut self, sample: &Sample<'_>, suffix: &str) {
        let labels = line::rendered(&sample.labels);
        let group = self.group(&labels);
        line::write(&mut group.totals, sample.name, &labels, &sample.value);
        if suffix == "_count" {
            group.count = Some(sample.value.clone().into_owned());
        }
    }

    fn group(&mut self, labels: &str) -> &mut Group {
        let order = self.groups.len();
        let group = self.groups.entry(labels.to_owned());
        group.or_insert_with(|| Group {
            order,
            ..Group::default()
        })
    }

    /// None when it has no samples.
    pub(super) fn finish(self, name: String) -> Option<Family> {
        if !self.has_samples() {
            return None;
        }
        let kind = self.kind.unwrap_or(Kind::Untyped);
        let mut lines = self.lines;
        let mut groups: Vec<_> = self.groups.into_iter().collect();
        groups.sort_by_key(|(_, group)| group.order);
        for (mut labels, group) in groups {
            lines.push_str(&group.lines);
            // Both formats want this bucket, and it is the same as the count.
            if kind == Kind::Histogram
                && !group.has_infinity
                && let Some(count) = group.count
            {
                push_bound(&mut labels, "le", "+Inf");
                line::write(&mut lines, &format!("{name}_bucket"), &labels, &count);
            }
            lines.push_str(&group.totals);
        }
        Some(Family {
            name,
            kind,
            help: self.help,
            parts: vec![lines.into()],
        })
    }
}

fn push_bound(labels: &mut String, bound: &str, limit: &str) {
    if !labels.is_empty() {
        labels.push(',');
    }
    labels.extend([bound, "=\"", limit, "\""]);
}
