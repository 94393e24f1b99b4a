//! Metrics of how near the limits are: what is used of each budget, and which breakers are open. Rules are those of the
//! policy in force, so they are told anew at each scrape, and a rule that is gone is gone.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::Metrics;
use crate::headroom::{BudgetUse, Headroom};

/// The newest figures; none before the first reading. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits(Arc<Mutex<Arc<Headroom>>>);

impl Limits {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let limits = Self::default();
        registry.register_collector(Box::new(limits.clone()));
        limits
    }

    fn newest(&self) -> Arc<Headroom> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Collector for Limits {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let headroom = self.newest();
        let mut used = encoder.encode_descriptor(
            "budget_used",
            "Intents in the window of a budget, by rule and scope; of several targets the one with most",
            None,
            MetricType::Gauge,
        )?;
        for budget in &headroom.budgets {
            let count = i64::try_from(budget.used).unwrap_or(i64::MAX);
            ConstGauge::new(count).encode(used.encode_family(&labels(budget))?)?;
        }
        let mut limit = encoder.encode_descriptor(
            "budget_limit",
            "From so many intents in its window on, a budget lets nothing more begin, by rule and scope",
            None,
            MetricType::Gauge,
        )?;
        for budget in &headroom.budgets {
            let max = i64::from(budget.limit);
            ConstGauge::new(max).encode(limit.encode_family(&labels(budget))?)?;
        }
        let mut open = encoder.encode_descriptor(
            "breaker_open",
            "1 while a rule is not used because it failed too often in a row, else 0; by rules that have a breaker",
            None,
            MetricType::Gauge,
        )?;
        for (rule, is_open) in &headroom.breakers {
            let labels = [("rule", rule.as_str())];
            ConstGauge::new(i64::from(*is_open)).encode(open.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

fn labels(budget: &BudgetUse) -> Vec<(&'static str, &str)> {
    let rule = budget.rule.as_deref().map(|rule| ("rule", rule));
    rule.into_iter()
        .chain([("scope", budget.scope.as_str())])
        .collect()
}

impl Metrics {
    /// Sets how near the limits are.
    pub fn headroom(&self, headroom: Headroom) {
        let mut newest = self.limits.0.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = Arc::new(headroom);
    }
}
