//! Reading the past from Prometheus, in parts that fit its limits.
//!
//! First where there was anything at all (`up`), then when alerts fired, coarsely; only there points are read one by
//! one. What is too much for one answer is asked for in halves.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::Span;
use super::episodes::{Collector, Recorded};
use crate::policy::{MatcherTest, Policy};
use crate::prometheus::{MAX_POINTS, Prometheus, PrometheusError, Range, Value};

/// Points in one question: below Prometheus' limit.
const POINTS: i64 = 10_000;
/// How far apart it is asked at least whether there was anything; Prometheus looks back as far.
const COVERAGE_STEP: i64 = 5 * 60_000;
/// How wide the windows are at least in which it is asked whether an alert fired.
const WINDOW: i64 = 10 * 60_000;
/// Points are never nearer than this: more would cost much and tell little.
const SHORTEST_STEP: i64 = 1000;
/// Nor farther apart, for an episode that is shorter than a step may be missed.
const LONGEST_STEP: i64 = 60_000;
/// When nothing tells how often rules are evaluated.
const USUAL_STEP: i64 = 15_000;

/// What was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What was asked for.
    pub span: Span,
    /// Episodes, in order of their beginning.
    pub episodes: Vec<Recorded>,
    /// How much of the past there was.
    pub coverage: Coverage,
    /// How far apart points were read.
    pub step: Duration,
    /// Which Prometheus it was.
    pub prometheus: String,
}

/// How much of the past there was.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Coverage {
    /// The first moment of which there is anything; none when there is nothing.
    pub first: Option<Timestamp>,
    /// The last one.
    pub last: Option<Timestamp>,
    /// Where there was nothing in between.
    pub gaps: Vec<Gap>,
    /// The share of what was asked for of which there is something (0–1).
    pub ratio: f64,
}

/// A time of which Prometheus has nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// From.
    pub from: Timestamp,
    /// To.
    pub to: Timestamp,
}

/// Reads the past.
pub(super) async fn read(
    prometheus: &Prometheus,
    policy: &Policy,
    span: Span,
) -> Result<Reading, PrometheusError> {
    // Also finds out early whether it is one at all.
    let version = prometheus.build_info().await?.version;
    let (from, to) = (span.from.as_millisecond(), span.to.as_millisecond());
    let selector = selector(policy);
    let coverage = coverage(prometheus, from, to).await?;
    let windows = windows(prometheus, &selector, from, to).await?;
    let step = match span.step {
        Some(step) => i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1),
        None => choose_step(prometheus, &selector, windows.first().copied()).await?,
    };
    let mut collector = Collector::new(step);
    for (from, to) in windows {
        read_window(prometheus, &selector, (from, to), step, &mut collector).await?;
    }
    let mut episodes = collector.finish(to);
    episodes.retain(|episode| !is_heartbeat(policy, episode));
    Ok(Reading {
        span,
        episodes,
        coverage,
        step: millis(step),
        prometheus: version,
    })
}

fn is_heartbeat(policy: &Policy, episode: &Recorded) -> bool {
    policy.heartbeat.as_ref().is_some_and(|heartbeat| {
        let matchers = &heartbeat.matchers;
        !matchers.is_empty() && matchers.iter().all(|it| it.matches(&episode.labels))
    })
}

/// All alerts that fire but the one that always does, which would make every window worth reading.
fn selector(policy: &Policy) -> String {
    let always = policy.heartbeat.as_ref().and_then(|heartbeat| {
        let [matcher] = heartbeat.matchers.as_slice() else {
            return None;
        };
        match &matcher.test {
            MatcherTest::Equal(value) if matcher.name == "alertname" => {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                Some(format!(",alertname!=\"{value}\""))
            }
            _ => None,
        }
    });
    format!(
        "ALERTS{{alertstate=\"firing\"{}}}",
        always.unwrap_or_default()
    )
}

/// A step so long that the points fit one answer, in whole minutes.
fn coarse(at_least: i64, from: i64, to: i64) -> i64 {
    let needed = (to - from) / POINTS + 1;
    at_least.max((needed + 59_999) / 60_000 * 60_000)
}

async fn coverage(
    prometheus: &Prometheus,
    from: i64,
    to: i64,
) -> Result<Coverage, PrometheusError> {
    let step = coarse(COVERAGE_STEP, from, to);
    let range = range(align_up(from, step), to, step);
    let series = prometheus.query_range("count(up or ALERTS)", range).await?;
    let points: Vec<i64> = series
        .into_iter()
        .flat_map(|series| series.points)
        .map(|(at, _)| at)
        .collect();
    Ok(covered(&points, step, from, to))
}

pub(super) fn covered(points: &[i64], step: i64, from: i64, to: i64) -> Coverage {
    let gaps = points
        .windows(2)
        .filter_map(|pair| match pair {
            [before, after] if after - before > step => Some(Gap {
                from: timestamp(*before),
                to: timestamp(*after),
            }),
            _ => None,
        })
        .collect();
    let asked = (to - align_up(from, step)) / step + 1;
    Coverage {
        first: points.first().copied().map(timestamp),
        last: points.last().copied().map(timestamp),
        gaps,
        ratio: ratio(points.len(), asked),
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of points")]
fn ratio(part: usize, whole: i64) -> f64 {
    if whole > 0 {
        (part as f64 / whole as f64).min(1.0)
    } else {
        0.0
    }
}

/// When anything fired, in order: from and to, neighbours taken together.
async fn windows(
    prometheus: &Prometheus,
    selector: &str,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, i64)>, PrometheusError> {
    let width = coarse(WINDOW, from, to);
    let question = format!("count(count_over_time({selector}[{width}ms]))");
    let range = range(align_up(from, width), align_up(to, width), width);
    let mut windows: Vec<(i64, i64)> = Vec::new();
    for series in prometheus.query_range(&question, range).await? {
        for (end, _) in series.points {
            let (begin, end) = ((end - width).max(from), end.min(to));
            match windows.last_mut() {
                Some(last) if last.1 >= begin => last.1 = end,
                _ => windows.push((begin, end)),
            }
        }
    }
    Ok(windows)
}

/// The shortest interval of evaluation, by the rules of today, or by the samples of the first window.
async fn choose_step(
    prometheus: &Prometheus,
    selector: &str,
    window: Option<(i64, i64)>,
) -> Result<i64, PrometheusError> {
    // Other stores with the same API have no rules.
    let intervals = prometheus.alerting_intervals().await.unwrap_or_default();
    let by_rules = intervals
        .iter()
        .filter_map(|interval| i64::try_from(interval.as_millis()).ok())
        .min();
    let step = match (by_rules, window) {
        (Some(step), _) => step,
        (None, Some((from, to))) => by_samples(prometheus, selector, from, to)
            .await?
            .unwrap_or(USUAL_STEP),
        (None, None) => USUAL_STEP,
    };
    Ok(step.clamp(SHORTEST_STEP, LONGEST_STEP))
}

async fn by_samples(
    prometheus: &Prometheus,
    selector: &str,
    from: i64,
    to: i64,
) -> Result<Option<i64>, PrometheusError> {
    let width = (to - from).clamp(1, 2 * WINDOW);
    let question = format!("{selector}[{width}ms]");
    let value = prometheus
        .query(&question, Some(timestamp(from + width)))
        .await;
    let series = match value {
        Ok(Value::Matrix(series)) => series,
        Ok(_) => Vec::new(),
        Err(error) if error.is_too_much() => Vec::new(),
        Err(error) => return Err(error),
    };
    let apart = series.iter().flat_map(|series| {
        series.points.windows(2).filter_map(|pair| match pair {
            [(before, _), (after, _)] => Some(after - before),
            _ => None,
        })
    });
    Ok(apart.filter(|apart| *apart > 0).min())
}

/// Reads a window, in parts; what is too much is halved.
async fn read_window(
    prometheus: &Prometheus,
    selector: &str,
    (from, to): (i64, i64),
    step: i64,
    collector: &mut Collector,
) -> Result<(), PrometheusError> {
    let mut next = align_up(from, step);
    // Parts that are still to be read, the earliest last.
    let mut parts: Vec<(i64, i64)> = Vec::new();
    while next <= to || !parts.is_empty() {
        let (begin, end) = parts.pop().unwrap_or_else(|| {
            let end = to.min(next + (POINTS - 1) * step);
            let part = (next, end);
            next = align_up(end + 1, step);
            part
        });
        match prometheus
            .query_range(selector, range(begin, end, step))
            .await
        {
            Ok(all) => all.into_iter().for_each(|series| collector.take(series)),
            Err(error) if error.is_too_much() && end - begin > step => {
                let middle = align_up(begin + (end - begin) / 2, step);
                parts.push((middle, end));
                parts.push((begin, middle - step));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn range(from: i64, to: i64, step: i64) -> Range {
    Range {
        start: timestamp(from),
        end: timestamp(to),
        step: millis(step),
    }
}

/// Parts of one window, and windows of one span, share one grid.
fn align_up(at: i64, step: i64) -> i64 {
    at.div_euclid(step) * step + if at.rem_euclid(step) == 0 { 0 } else { step }
}

fn millis(step: i64) -> Duration {
    Duration::from_millis(step.unsigned_abs())
}

pub(super) fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

const _: () = assert!(POINTS < MAX_POINTS as i64);
