//! What collectors write into: the families of one collector and one scrape, in three flat lists.
//!
//! Label values are kept one after another in one text, so that a sample costs no allocation of its own. A limit on
//! series holds for each collector: what is beyond it is not kept, only counted.

use std::sync::Arc;

use crate::metric::{Metric, Value};
use crate::textfile::{self, Family};

/// Ends each label value in the text, so that no two lists of values read alike.
const END: char = '\u{1f}';

/// The families that one collector wrote.
#[derive(Debug)]
pub struct Output {
    /// Label values, each ended by [`END`], and the middles of patterns.
    text: String,
    /// Where each label value ends in `text`.
    ends: Vec<usize>,
    samples: Vec<Sample>,
    families: Vec<Head>,
    /// What is text already.
    ready_made: Arc<[Family]>,
    max_series: usize,
    dropped: u64,
}

/// The head of one family; its samples reach up to those of the next.
#[derive(Debug)]
struct Head {
    metric: &'static Metric,
    /// Where in the text that stands which replaces the `*` of a pattern.
    middle: Option<(usize, usize)>,
    first_sample: usize,
}

#[derive(Debug)]
struct Sample {
    value: Value,
    labels: LabelValues,
}

/// Label values that are written once, for samples of several families; only good for the output that made it.
#[derive(Clone, Copy, Debug)]
pub struct LabelValues {
    /// Where they begin in the text, and which end is the first of them.
    start: usize,
    first_end: usize,
}

impl Output {
    /// Nothing is written yet; more than `max_series` samples are not kept.
    pub fn new(max_series: usize) -> Self {
        Self {
            // Enough for most collectors, so that these lists do not grow step by step in each scrape.
            text: String::with_capacity(512),
            ends: Vec::with_capacity(32),
            samples: Vec::with_capacity(32),
            families: Vec::with_capacity(16),
            ready_made: Arc::default(),
            max_series,
            dropped: 0,
        }
    }

    /// A family of one sample without labels.
    pub fn single(&mut self, metric: &'static Metric, value: impl Into<Value>) {
        self.family(metric).sample(&[], value);
    }

    /// Begins a family; all its samples are written before the next is begun. Without samples it does not appear.
    pub fn family(&mut self, metric: &'static Metric) -> Samples<'_> {
        self.begin(metric, None)
    }

    /// Begins a family whose name is a pattern; `middle` stands for its `*`. Characters that no name may have become
    /// underscores.
    pub fn named(&mut self, pattern: &'static Metric, middle: &str) -> Samples<'_> {
        let start = self.text.len();
        let is_allowed = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let allowed = |character| {
            if is_allowed(character) {
                character
            } else {
                '_'
            }
        };
        self.text.extend(middle.chars().map(allowed));
        let middle = (start, self.text.len());
        self.begin(pattern, Some(middle))
    }

    /// Takes families that are text already, instead of those taken before. They come last: the limit cuts them first.
    pub fn ready_made(&mut self, families: &Arc<[Family]>) {
        let room = self.max_series.saturating_sub(self.samples.len());
        let samples: usize = families.iter().map(Family::samples).sum();
        self.ready_made = if samples <= room {
            Arc::clone(families)
        } else {
            self.dropped += u64::try_from(samples - room).unwrap_or(u64::MAX);
            textfile::cut(families, room).into()
        };
    }

    /// What is text already.
    pub fn text(&self) -> &Arc<[Family]> {
        &self.ready_made
    }

    /// Writes label values that several families share: see [`Samples::shared`].
    pub fn label_values(&mut self, values: &[&str]) -> LabelValues {
        let labels = LabelValues {
            start: self.text.len(),
            first_end: self.ends.len(),
        };
        for value in values {
            self.text.push_str(value);
            self.ends.push(self.text.len());
            self.text.push(END);
        }
        labels
    }

    /// How many samples there are, without those that are text already.
    pub fn series(&self) -> usize {
        self.samples.len()
    }

    /// How many samples were beyond the limit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Forgets what was written.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.samples.clear();
        self.families.clear();
        self.ready_made = Arc::default();
        self.dropped = 0;
    }

    /// The families that have samples.
    pub fn families(&self) -> impl Iterator<Item = FamilyView<'_>> {
        self.families
            .iter()
            .enumerate()
            .filter_map(|(index, head)| {
                let end = self
                    .families
                    .get(index + 1)
                    .map_or(self.samples.len(), |next| next.first_sample);
                let samples = self.samples.get(head.first_sample..end)?;
                (!samples.is_empty()).then_some(FamilyView {
                    output: self,
                    head,
                    samples,
                })
            })
    }

    /// Whether one more sample is beyond the limit, which is counted.
    fn is_full(&mut self) -> bool {
        let is_full = self.samples.len() >= self.max_series;
        self.dropped += u64::from(is_full);
        is_full
    }

    fn begin(&mut self, metric: &'static Metric, middle: Option<(usize, usize)>) -> Samples<'_> {
        self.families.push(Head {
            metric,
            middle,
            first_sample: self.samples.len(),
        });
        Samples {
            output: self,
            metric,
        }
    }
}

/// The samples of one family, while they are written.
#[derive(Debug)]
pub struct Samples<'a> {
    output: &'a mut Output,
    metric: &'static Metric,
}

impl Samples<'_> {
    /// Adds a sample. `labels` are the values of the metric's labels, in their order; an empty one is as good as none.
    /// Of two with the same labels the first counts.
    pub fn sample(&mut self, labels: &[&str], value: impl Into<Value>) -> &mut Self {
        let output = &mut *self.output;
        debug_assert_eq!(
            labels.len(),
            self.metric.labels.len(),
            "{}",
            self.metric.name
        );
        if output.is_full() {
            return self;
        }
        let labels = output.label_values(labels);
        self.shared(labels, value)
    }

    /// Adds a sample whose label values are written already; of those, the metric's labels take as many as they are.
    pub fn shared(&mut self, labels: LabelValues, value: impl Into<Value>) -> &mut Self {
        let output = &mut *self.output;
        if !output.is_full() {
            let value = value.into();
            output.samples.push(Sample { value, labels });
        }
        self
    }
}

/// One family as it is read.
#[derive(Clone, Copy, Debug)]
pub struct FamilyView<'a> {
    output: &'a Output,
    head: &'a Head,
    samples: &'a [Sample],
}

impl<'a> FamilyView<'a> {
    /// Its metric.
    pub fn metric(self) -> &'static Metric {
        self.head.metric
    }

    /// What stands for the `*` of a pattern.
    pub fn middle(self) -> Option<&'a str> {
        let (start, end) = self.head.middle?;
        self.output.text.get(start..end)
    }

    /// Its samples, in the order in which they were written.
    pub fn samples(self) -> impl ExactSizeIterator<Item = SampleView<'a>> {
        let (output, labels) = (self.output, self.head.metric.labels);
        self.samples.iter().map(move |sample| SampleView {
            output,
            sample,
            labels,
        })
    }
}

/// One sample as it is read.
#[derive(Clone, Copy, Debug)]
pub struct SampleView<'a> {
    output: &'a Output,
    sample: &'a Sample,
    labels: &'static [&'static str],
}

impl<'a> SampleView<'a> {
    /// Its value.
    pub fn value(self) -> Value {
        self.sample.value
    }

    /// All its label values as one text, which no other list of values yields.
    pub fn key(self) -> &'a str {
        let ends = self.ends();
        let end = ends
            .last()
            .map_or(self.sample.labels.start, |end| end + END.len_utf8());
        self.output
            .text
            .get(self.sample.labels.start..end)
            .unwrap_or("")
    }

    /// Label names with their values; those without a value are left out.
    pub fn labels(self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let output = self.output;
        let mut start = self.sample.labels.start;
        let values = self.ends().iter().map(move |&end| {
            let value = output.text.get(start..end).unwrap_or("");
            start = end + END.len_utf8();
            value
        });
        let named = self.labels.iter().copied().zip(values);
        named.filter(|(_, value)| !value.is_empty())
    }

    fn ends(self) -> &'a [usize] {
        let first = self.sample.labels.first_end;
        let ends = self.output.ends.get(first..first + self.labels.len());
        ends.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
