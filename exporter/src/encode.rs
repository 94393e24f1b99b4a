//! The one adapter between plain families and the `prometheus-client` registry.

use std::collections::HashSet;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;

use crate::family::{Family, Sample, Value};

/// The families of one scrape, gathered already: encoding only writes.
#[derive(Debug)]
pub struct Gathered(pub Vec<Family>);

impl Collector for Gathered {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in self.0.iter().filter(|family| !family.samples.is_empty()) {
            let metric = family.metric;
            let mut encoder =
                encoder.encode_descriptor(metric.name, metric.help, None, MetricType::Gauge)?;
            // One duplicate would make Prometheus refuse the whole scrape.
            let mut written = HashSet::with_capacity(family.samples.len());
            for sample in &family.samples {
                if written.insert(&sample.labels) {
                    write(sample, &mut encoder)?;
                }
            }
        }
        Ok(())
    }
}

fn write(sample: &Sample, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
    if sample.labels.is_empty() {
        write_value(sample.value, encoder)
    } else {
        write_value(sample.value, &mut encoder.encode_family(&sample.labels)?)
    }
}

fn write_value(value: Value, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
    match value {
        Value::Whole(value) => encoder.encode_gauge(&value),
        Value::Real(value) => encoder.encode_gauge(&value),
    }
}

#[cfg(test)]
mod tests;
