//! Metric families as plain data: what collectors return, and what [`crate::encode`] writes.

/// One metric, stated once: in the collector that measures it.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its full name, unit included.
    pub name: &'static str,
    /// One line that names the source. Not escaped when it is written: no backslash, no line end.
    pub help: &'static str,
}

impl Metric {
    /// A gauge.
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, help }
    }

    /// A family of this metric with one sample and no label.
    pub fn single(&'static self, value: impl Into<Value>) -> Family {
        self.family([(Vec::new(), value)])
    }

    /// A family of this metric.
    pub fn family<V: Into<Value>>(
        &'static self,
        samples: impl IntoIterator<Item = (Labels, V)>,
    ) -> Family {
        let samples = samples.into_iter().map(|(labels, value)| Sample {
            labels,
            value: value.into(),
        });
        Family {
            metric: self,
            samples: samples.collect(),
        }
    }
}

/// Label names and values, in the order in which they are written.
pub type Labels = Vec<(&'static str, String)>;

/// A metric and its samples of one scrape; without samples it is not written at all.
#[derive(Debug)]
pub struct Family {
    /// Which metric.
    pub metric: &'static Metric,
    /// Its samples; of two with the same labels the first is written.
    pub samples: Vec<Sample>,
}

/// One sample.
#[derive(Debug)]
pub struct Sample {
    /// Its labels.
    pub labels: Labels,
    /// Its value.
    pub value: Value,
}

/// A value: whole numbers are written whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A count, bytes, or 0 and 1.
    Whole(u64),
    /// A ratio, seconds or a rate.
    Real(f64),
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Whole(value)
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
