//! What Prometheus says about its own rule groups.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::statistics::Summary;

/// Durations of a group, seen again and again.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: BTreeMap<String, Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    interval: f64,
    durations: Vec<f64>,
    /// First and last count of evaluations that came too late to happen.
    missed: Option<(f64, f64)>,
}

/// One group over the time measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) interval_seconds: f64,
    pub(super) median_seconds: f64,
    pub(super) longest_seconds: f64,
    /// Mean duration over interval: 1 is a group that is evaluated all the time.
    pub(super) busy: f64,
    pub(super) missed: f64,
}

impl Groups {
    /// Takes note of Prometheus' metrics of this moment.
    pub(super) fn look(&mut self, metrics: &str) {
        for line in metrics.lines() {
            let Some((name, rest)) = line.split_once("{rule_group=\"") else {
                continue;
            };
            let Some((group, value)) = rest.rsplit_once("\"} ") else {
                continue;
            };
            let Ok(value) = value.parse::<f64>() else {
                continue;
            };
            // FILE;NAME
            let group = group.rsplit(';').next().unwrap_or(group);
            let seen = self.groups.entry(group.to_owned()).or_default();
            match name {
                "prometheus_rule_group_interval_seconds" => seen.interval = value,
                // 0 until the first evaluation has ended.
                "prometheus_rule_group_last_duration_seconds" if value > 0.0 => {
                    seen.durations.push(value);
                }
                "prometheus_rule_group_iterations_missed_total" => {
                    let (first, _) = seen.missed.unwrap_or((value, value));
                    seen.missed = Some((first, value));
                }
                _ => {}
            }
        }
    }

    /// All groups, the busiest first.
    pub(super) fn summed_up(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = self
            .groups
            .iter()
            .filter_map(|(name, seen)| {
                let summary = Summary::of(seen.durations.iter().copied())?;
                let count = f64::from(u32::try_from(summary.count).ok()?);
                let mean = seen.durations.iter().sum::<f64>() / count;
                let (first, last) = seen.missed.unwrap_or_default();
                Some(Group {
                    name: name.clone(),
                    interval_seconds: seen.interval,
                    median_seconds: summary.median,
                    longest_seconds: summary.max,
                    busy: mean / seen.interval,
                    missed: last - first,
                })
            })
            .collect();
        groups.sort_by(|a, b| b.busy.total_cmp(&a.busy));
        groups
    }
}

/// The value of a metric without labels; the sum where it has some.
pub(super) fn value(metrics: &str, name: &str) -> f64 {
    let of_line = |line: &str| {
        let rest = line.strip_prefix(name)?;
        if !rest.starts_with([' ', '{']) {
            return None;
        }
        rest.rsplit(' ').next()?.parse::<f64>().ok()
    };
    metrics.lines().filter_map(of_line).sum()
}

#[cfg(test)]
mod tests {
    use super::{Groups, value};

    const METRICS: &str = "\
# TYPE prometheus_rule_group_interval_seconds gauge
prometheus_rule_group_interval_seconds{rule_group=\"/a/rules/x.yml;slow\"} 2
prometheus_rule_group_interval_seconds{rule_group=\"/a/rules/x.yml;quick\"} 1
prometheus_rule_group_last_duration_seconds{rule_group=\"/a/rules/x.yml;slow\"} 0.5
prometheus_rule_group_last_duration_seconds{rule_group=\"/a/rules/x.yml;quick\"} 0.1
prometheus_rule_group_iterations_missed_total{rule_group=\"/a/rules/x.yml;slow\"} 3
prometheus_tsdb_head_series 1200
prometheus_tsdb_head_series_created_total 5000
";

    #[test]
    fn groups_are_told_busiest_first() {
        let mut groups = Groups::default();
        groups.look(METRICS);
        groups.look(&METRICS.replace("} 3", "} 4").replace("} 0.5", "} 0.7"));
        let groups = groups.summed_up();
        let names: Vec<&str> = groups.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["slow", "quick"]);
        assert!((groups[0].busy - 0.3).abs() < 1e-9);
        assert!((groups[0].longest_seconds - 0.7).abs() < 1e-9);
        assert!((groups[0].missed - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_name_is_not_taken_for_a_longer_one() {
        assert!((value(METRICS, "prometheus_tsdb_head_series") - 1200.0).abs() < 1e-9);
    }
}
