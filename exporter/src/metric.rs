//! A metric, stated once: in the collector that measures it. Samples of it are written into [`crate::output::Output`].

/// One metric family's name, help, kind and label names.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its full name, unit and `_total` included. With one `*` it is a pattern, as `node_memory_*_bytes`: what
    /// stands for the `*` is the kernel's own word and is known when it is read.
    pub name: &'static str,
    /// One line that names the source. No backslash, no line end.
    pub help: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// The names of its labels, in the order in which they are written.
    pub labels: &'static [&'static str],
}

/// What the value of a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It goes up and down.
    Gauge,
    /// It only grows, until what it counts starts anew.
    Counter,
    /// Nobody says: `node_exporter` has such metrics where the kernel mixes both.
    Untyped,
}

impl Metric {
    /// A gauge.
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, Kind::Gauge)
    }

    /// A counter; its name ends in `_total`.
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, Kind::Counter)
    }

    /// A metric without a type.
    pub const fn untyped(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, Kind::Untyped)
    }

    /// The same with these labels.
    #[must_use]
    pub const fn labels(self, labels: &'static [&'static str]) -> Self {
        Self { labels, ..self }
    }

    /// Whether a family of this name is of this metric.
    pub fn has_name(&self, name: &str) -> bool {
        match self.name.split_once('*') {
            Some((before, after)) => name
                .strip_prefix(before)
                .is_some_and(|rest| rest.len() > after.len() && rest.ends_with(after)),
            None => self.name == name,
        }
    }

    const fn new(name: &'static str, help: &'static str, kind: Kind) -> Self {
        Self {
            name,
            help,
            kind,
            labels: &[],
        }
    }
}

/// A value: whole numbers are written whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A count, bytes, or 0 and 1.
    Whole(u64),
    /// A whole number that can be negative.
    Signed(i64),
    /// A ratio, seconds or a rate.
    Real(f64),
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Whole(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Whole(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Signed(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Whole(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}
