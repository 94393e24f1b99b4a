//! Prometheus' answers, read into types. Unknown fields are skipped; what is missing or of another kind is a problem.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::alert::Labels;

/// What an instant query yields.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number without labels.
    Scalar(f64),
    /// Samples, each of a series.
    Vector(Vec<Sample>),
    /// Stretches of samples.
    Matrix(Vec<Series>),
}

/// One sample.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Sample {
    /// Its labels.
    #[serde(rename = "metric")]
    pub labels: Labels,
    /// Its value.
    #[serde(deserialize_with = "value_of_point")]
    pub value: f64,
}

/// Samples of one series, oldest first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Series {
    /// Its labels.
    #[serde(rename = "metric")]
    pub labels: Labels,
    /// Milliseconds since 1970, and values.
    #[serde(rename = "values", deserialize_with = "points")]
    pub points: Vec<(i64, f64)>,
}

/// Which Prometheus it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BuildInfo {
    /// `2.42.0`
    pub version: String,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Found {
    Vector(Vec<Sample>),
    Matrix(Vec<Series>),
    Scalar(Point),
    String(serde::de::IgnoredAny),
}

pub(super) fn value(body: &[u8]) -> Result<Value, String> {
    match read::<Found>(body)? {
        Found::Vector(samples) => Ok(Value::Vector(samples)),
        Found::Matrix(series) => Ok(Value::Matrix(series)),
        Found::Scalar(point) => Ok(Value::Scalar(number(&point.1)?)),
        Found::String(_) => Err("a text".to_owned()),
    }
}

pub(super) fn series(body: &[u8]) -> Result<Vec<Series>, String> {
    match value(body)? {
        Value::Matrix(series) => Ok(series),
        Value::Scalar(_) | Value::Vector(_) => Err("no range of samples".to_owned()),
    }
}

pub(super) fn build_info(body: &[u8]) -> Result<BuildInfo, String> {
    read(body)
}

pub(super) fn intervals(body: &[u8]) -> Result<Vec<Duration>, String> {
    #[derive(Deserialize)]
    struct Groups {
        groups: Vec<Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        interval: f64,
        rules: Vec<serde::de::IgnoredAny>,
    }
    let Groups { groups } = read(body)?;
    Ok(groups
        .iter()
        .filter(|group| !group.rules.is_empty())
        .filter_map(|group| Duration::try_from_secs_f64(group.interval).ok())
        .collect())
}

/// Kind and words of a refusal; none when the body is none.
pub(super) fn refusal(body: &[u8]) -> Option<(String, String)> {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(rename = "errorType")]
        kind: String,
        error: String,
    }
    let Refusal { kind, error } = serde_json::from_slice(body).ok()?;
    Some((kind, error.chars().take(300).collect()))
}

fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, String> {
    serde_json::from_slice::<Envelope<T>>(body)
        .map(|envelope| envelope.data)
        .map_err(|error| error.to_string().chars().take(300).collect())
}

/// Seconds, and a number as text.
#[derive(Deserialize)]
struct Point(f64, String);

fn value_of_point<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let Point(_, value) = Point::deserialize(deserializer)?;
    number(&value).map_err(D::Error::custom)
}

fn points<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(i64, f64)>, D::Error> {
    Vec::<Point>::deserialize(deserializer)?
        .into_iter()
        .map(|Point(seconds, value)| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "milliseconds since 1970 are far below 2^53"
            )]
            let millis = (seconds * 1000.0).round() as i64;
            number(&value)
                .map(|value| (millis, value))
                .map_err(D::Error::custom)
        })
        .collect()
}

fn number(text: &str) -> Result<f64, String> {
    match text {
        "+Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        "NaN" => Ok(f64::NAN),
        text => text.parse().map_err(|_| format!("`{text}` is no number")),
    }
}
