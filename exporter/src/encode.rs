//! The one adapter between what collectors wrote and the `prometheus-client` registry.

use std::collections::HashSet;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabel as _, EncodeLabelSet, LabelSetEncoder, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;

use crate::metric::{Kind, Value};
use crate::output::{FamilyView, Output, SampleView};

/// The families of one scrape, gathered already: encoding only writes.
#[derive(Debug)]
pub struct Gathered(pub Vec<Output>);

impl Collector for Gathered {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut name = String::new();
        for family in self.0.iter().flat_map(Output::families) {
            name.clear();
            write_name(&family, &mut name);
            let kind = match family.metric().kind {
                Kind::Gauge => MetricType::Gauge,
                Kind::Counter => MetricType::Counter,
                Kind::Untyped => MetricType::Unknown,
            };
            let help = family.metric().help;
            let encoder = encoder.encode_descriptor(&name, help, None, kind)?;
            write_family(&family, encoder)?;
        }
        Ok(())
    }
}

/// The name without `_total`, which the encoder adds to counters.
fn write_name(family: &FamilyView<'_>, name: &mut String) {
    let metric = family.metric();
    let full = match metric.kind {
        Kind::Counter => metric.name.strip_suffix("_total").unwrap_or(metric.name),
        Kind::Gauge | Kind::Untyped => metric.name,
    };
    match (family.middle(), full.split_once('*')) {
        (Some(middle), Some((before, after))) => name.extend([before, middle, after]),
        _ => name.push_str(full),
    }
}

/// One duplicate would make Prometheus refuse the whole scrape: of two samples with the same labels the first is
/// written. As long as they come in ascending order there is none.
fn write_family(family: &FamilyView<'_>, mut encoder: MetricEncoder<'_>) -> fmt::Result {
    let kind = family.metric().kind;
    let is_ascending = family
        .samples()
        .is_sorted_by(|one, next| one.key() < next.key());
    if is_ascending {
        return family
            .samples()
            .try_for_each(|sample| write(&sample, kind, &mut encoder));
    }
    let mut written = HashSet::with_capacity(family.samples().len());
    for sample in family.samples() {
        if written.insert(sample.key()) {
            write(&sample, kind, &mut encoder)?;
        }
    }
    Ok(())
}

fn write(sample: &SampleView<'_>, kind: Kind, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
    if sample.key().is_empty() {
        write_value(sample.value(), kind, encoder)
    } else {
        let labels = Labels(*sample);
        let mut encoder = encoder.encode_family(&labels)?;
        write_value(sample.value(), kind, &mut encoder)
    }
}

struct Labels<'a>(SampleView<'a>);

impl EncodeLabelSet for Labels<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        for label in self.0.labels() {
            label.encode(encoder.encode_label())?;
        }
        Ok(())
    }
}

fn write_value(value: Value, kind: Kind, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
    match (value, kind) {
        (Value::Whole(value), Kind::Counter) => {
            encoder.encode_counter::<NoLabelSet, _, f64>(&value, None)
        }
        (Value::Real(value), Kind::Counter) => {
            encoder.encode_counter::<NoLabelSet, _, f64>(&value, None)
        }
        // No counter is negative; should one be all the same, it is told as it is.
        (Value::Signed(value), Kind::Counter) =>
        {
            #[expect(clippy::cast_precision_loss, reason = "a value that must not be")]
            encoder.encode_counter::<NoLabelSet, _, f64>(&(value as f64), None)
        }
        (Value::Whole(value), _) => encoder.encode_gauge(&value),
        (Value::Signed(value), _) => encoder.encode_gauge(&value),
        (Value::Real(value), _) => encoder.encode_gauge(&value),
    }
}

#[cfg(test)]
mod tests;
