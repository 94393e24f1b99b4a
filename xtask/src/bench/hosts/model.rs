//! What simulated hosts say: the expositions of one real host, moved on with time.
//!
//! The real host is read twice. A counter goes on as fast as it went between the two; a gauge wanders between its two
//! values; what stood still stands still, and what followed the clock follows it. So the values compress about as well as
//! real ones do. Everything else, from the names to the number of decimals, is what the real programs wrote.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

/// Of a name that ends so: a heartbeat that keeps arriving.
const HEARTBEAT: &str = "_heartbeat_timestamp_seconds";

/// One exposition, ready to be told again.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Page {
    lines: Vec<Line>,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    /// The series, or the whole line where nothing moves.
    head: String,
    motion: Motion,
}

/// How a value goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Motion {
    Still,
    Counter {
        from: f64,
        per_second: f64,
        decimals: usize,
    },
    Gauge {
        from: f64,
        range: f64,
        decimals: usize,
    },
    Clock {
        from: f64,
        decimals: usize,
    },
}

/// Which host tells it, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) host: u32,
    /// Since the second reading of the real host.
    pub(super) seconds: f64,
}

impl Page {
    /// From two readings that lie `seconds` apart.
    pub(super) fn of(first: &str, second: &str, seconds: f64) -> Result<Self> {
        ensure!(
            second.trim_end().ends_with("# EOF"),
            "the exposition is no OpenMetrics"
        );
        let before: std::collections::HashMap<&str, &str> =
            first.lines().filter_map(series_and_value).collect();
        let mut kind = "";
        let mut lines = Vec::new();
        for line in second.lines() {
            if let Some(family) = line.strip_prefix("# TYPE ") {
                kind = family.split(' ').nth(1).unwrap_or_default();
            }
            let moved = series_and_value(line).and_then(|(series, now)| {
                let then = before.get(series)?;
                let motion = Motion::between(kind, series, then, now, seconds)?;
                Some(Line {
                    head: format!("{series} "),
                    motion,
                })
            });
            lines.push(moved.unwrap_or_else(|| Line {
                head: line.to_owned(),
                motion: Motion::Still,
            }));
        }
        Ok(Self { lines })
    }

    /// As one host tells it now.
    pub(super) fn tell(&self, moment: Moment) -> String {
        let mut text = String::with_capacity(self.lines.len() * 96);
        for (number, line) in (0_u64..).zip(&self.lines) {
            text.push_str(&line.head);
            line.motion.write(&mut text, moment, number);
            text.push('\n');
        }
        text
    }

    /// The series of a name, each with the labels as they stand between the braces.
    pub(super) fn labels_of(&self, name: &str) -> Vec<&str> {
        let found = self.lines.iter().filter_map(|line| {
            let (series, _) = split(&line.head)?;
            let rest = series.strip_prefix(name)?;
            if rest.is_empty() {
                return Some(rest);
            }
            rest.strip_prefix('{')?.strip_suffix('}')
        });
        found.collect()
    }

    /// How many series it has.
    pub(super) fn series(&self) -> usize {
        let is_series = |line: &&Line| !line.head.starts_with('#');
        self.lines.iter().filter(is_series).count()
    }
}

impl Motion {
    /// None where nothing moves.
    fn between(kind: &str, series: &str, then: &str, now: &str, seconds: f64) -> Option<Self> {
        let decimals = decimals(then)?.max(decimals(now)?);
        let (then, from): (f64, f64) = (then.parse().ok()?, now.parse().ok()?);
        let step = from - then;
        let name = series.split('{').next()?;
        let is_gauge = matches!(kind, "gauge" | "unknown");
        if name.ends_with(HEARTBEAT) || (is_gauge && (step - seconds).abs() < 1.0 && step > 1.0) {
            return Some(Self::Clock { from, decimals });
        }
        if step == 0.0 || !step.is_finite() {
            return None;
        }
        Some(match kind {
            "counter" | "histogram" if step > 0.0 => Self::Counter {
                from,
                per_second: step / seconds,
                decimals,
            },
            _ if is_gauge => Self::Gauge {
                from,
                range: -step,
                decimals,
            },
            _ => return None,
        })
    }

    fn write(self, text: &mut String, moment: Moment, number: u64) {
        let Moment { host, seconds } = moment;
        // Less than half a second, so that no counter goes back from one scrape to the next.
        let chance = chance(host, number, seconds.to_bits());
        let (value, decimals) = match self {
            Self::Still => return,
            Self::Counter {
                from,
                per_second,
                decimals,
            } => {
                let ahead = f64::from(host) * 100.0;
                (
                    from + per_second * (ahead + seconds + chance / 2.0),
                    decimals,
                )
            }
            Self::Gauge {
                from,
                range,
                decimals,
            } => (from + range * chance, decimals),
            Self::Clock { from, decimals } => (from + seconds, decimals),
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "{value:.decimals$}");
    }
}

/// The series and the value of a line; none of a comment.
fn series_and_value(line: &str) -> Option<(&str, &str)> {
    if line.starts_with('#') {
        return None;
    }
    let (series, rest) = split(line)?;
    // What is told with a time or an example stays as it is.
    (!rest.contains(' ')).then_some((series, rest))
}

/// A series, and what stands behind it.
fn split(line: &str) -> Option<(&str, &str)> {
    let at = match line.find('{') {
        Some(_) => line.rfind("} ")? + 1,
        None => line.find(' ')?,
    };
    let (series, rest) = line.split_at_checked(at)?;
    Some((series, rest.strip_prefix(' ')?))
}

/// How many digits stand behind the point; none where there is an exponent, or no number.
fn decimals(value: &str) -> Option<usize> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    if !value.bytes().all(is_plain) {
        return None;
    }
    Some(value.split_once('.').map_or(0, |(_, digits)| digits.len()))
}

/// From 0 to 1, and the same for the same host, line and moment.
fn chance(host: u32, number: u64, moment: u64) -> f64 {
    // SplitMix64.
    let mut state = u64::from(host)
        .wrapping_add(number.rotate_left(32))
        .wrapping_add(moment)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let high = u32::try_from((state ^ (state >> 31)) >> 32).unwrap_or_default();
    f64::from(high) / f64::from(u32::MAX)
}

/// The real host's three pages.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) services: Page,
    pub(super) rest: Page,
    pub(super) healer: Page,
}

impl Model {
    /// The page that a request asks for, by its path behind the host and its query.
    pub(super) fn page(&self, job: &str, query: &str) -> &Page {
        match job {
            "healer" => &self.healer,
            _ if query.contains("collect") => &self.services,
            _ => &self.rest,
        }
    }

    /// How a path names host and job: `/7/exporter`.
    pub(super) fn parse(target: &str) -> Result<(u32, &str, &str)> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (host, job) = path
            .trim_start_matches('/')
            .split_once('/')
            .with_context(|| format!("no page at {target}"))?;
        Ok((host.parse()?, job, query))
    }
}

#[cfg(test)]
mod tests;
