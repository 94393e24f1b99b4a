//! The report as one page that needs nothing but itself: a line of time for each target, and the tables.
//!
//! Times are pixels of a line of 1,000: what lies on the same pixel is drawn once, so that the page stays small however
//! long the history is.

use std::collections::BTreeMap;

use askama::Template;
use jiff::Timestamp;

use super::report::{EpisodeShown, Report};
use super::table::minute;

/// Width of a line of time.
const WIDTH: i64 = 1000;
/// Targets with a line of their own, those with most episodes.
const LINES: usize = 40;
/// Rows of a table.
const ROWS: usize = 50;

/// The page.
pub fn page(report: &Report) -> Result<String, askama::Error> {
    let (lines, targets) = lines(report);
    Page {
        report,
        hidden: targets.saturating_sub(lines.len()),
        lines,
        ticks: ticks(report),
        gaps: gaps(report),
    }
    .render()
}

#[derive(Template)]
#[template(path = "rehearsal.html")]
struct Page<'r> {
    report: &'r Report,
    lines: Vec<Line>,
    /// Targets without a line.
    hidden: usize,
    ticks: Vec<Tick>,
    gaps: Vec<Bar>,
}

impl Page<'_> {
    #[expect(clippy::unused_self, reason = "the template calls methods")]
    fn rows<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        all.get(..ROWS).unwrap_or(all)
    }

    fn percent(&self) -> String {
        format!("{:.1}", self.report.history.coverage.ratio * 100.0)
    }

    #[expect(clippy::unused_self, reason = "the template calls methods")]
    fn minute(&self, at: &Timestamp) -> String {
        minute(*at)
    }

    fn revision(&self) -> &str {
        self.report.policy.revision.get(..12).unwrap_or_default()
    }
}

/// One target.
struct Line {
    name: String,
    episodes: usize,
    remediations: usize,
    bars: Vec<Bar>,
    marks: Vec<Mark>,
}

/// Some time in which it fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bar {
    x: i64,
    width: i64,
    /// `repaired`, `tried`, `waited`, `suppressed`, `open`
    kind: &'static str,
}

/// A remediation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    x: i64,
    is_good: bool,
}

/// A day.
struct Tick {
    x: String,
    day: String,
}

/// Without a target nothing can be drawn in one line but what there is: the alert's name.
fn name(episode: &EpisodeShown) -> String {
    match (&episode.target, episode.labels.get("alertname")) {
        (Some(target), _) => target.clone(),
        (None, Some(alert)) => format!("no target ({alert})"),
        (None, None) => "no target".to_owned(),
    }
}

fn lines(report: &Report) -> (Vec<Line>, usize) {
    let mut of_target: BTreeMap<String, (Vec<&EpisodeShown>, Vec<Mark>, usize)> = BTreeMap::new();
    for episode in &report.episodes {
        // Other hosts are counted, not drawn.
        if episode.reason != Some("other_host") {
            of_target.entry(name(episode)).or_default().0.push(episode);
        }
    }
    for done in &report.remediations {
        let (_, marks, count) = of_target.entry(done.target.clone()).or_default();
        *count += 1;
        let mark = Mark {
            x: x(report, done.from),
            is_good: done.status == "SUCCESS",
        };
        if marks.last() != Some(&mark) {
            marks.push(mark);
        }
    }
    let targets = of_target.len();
    let mut lines: Vec<Line> = of_target
        .into_iter()
        .map(|(name, (episodes, marks, remediations))| Line {
            name,
            episodes: episodes.len(),
            remediations,
            bars: bars(report, &episodes),
            marks,
        })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.remediations, line.episodes)));
    lines.truncate(LINES);
    (lines, targets)
}

/// Episodes as pixels; neighbours of one kind are one bar.
fn bars(report: &Report, episodes: &[&EpisodeShown]) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for episode in episodes {
        let from = x(report, episode.from);
        let to = x(report, episode.to).max(from + 1);
        match bars.last_mut() {
            Some(last) if last.kind == episode.fate && from <= last.x + last.width => {
                last.width = last.width.max(to - last.x);
            }
            _ => bars.push(Bar {
                x: from,
                width: to - from,
                kind: episode.fate,
            }),
        }
    }
    bars
}

fn gaps(report: &Report) -> Vec<Bar> {
    let coverage = &report.history.coverage;
    let before = coverage.first.map(|first| (report.asked.from, first));
    let after = coverage.last.map(|last| (last, report.asked.to));
    let between = coverage.gaps.iter().map(|gap| (gap.from, gap.to));
    before
        .into_iter()
        .chain(between)
        .chain(after)
        .map(|(from, to)| Bar {
            x: x(report, from),
            width: x(report, to) - x(report, from),
            kind: "gap",
        })
        .filter(|bar| bar.width > 1)
        .collect()
}

fn x(report: &Report, at: Timestamp) -> i64 {
    let from = report.asked.from.as_millisecond();
    let length = (report.asked.to.as_millisecond() - from).max(1);
    ((at.as_millisecond() - from) * WIDTH / length).clamp(0, WIDTH)
}

/// About six days, evenly apart.
fn ticks(report: &Report) -> Vec<Tick> {
    let (from, to) = (
        report.asked.from.as_millisecond(),
        report.asked.to.as_millisecond(),
    );
    (0..6)
        .filter_map(|part| {
            let at = Timestamp::from_millisecond(from + (to - from) * part / 6).ok()?;
            let format = if to - from > 3 * 86_400_000 {
                "%-d %b"
            } else {
                "%-d %b %H:%M"
            };
            let x = x(report, at);
            Some(Tick {
                x: format!("{}.{}", x / 10, x % 10),
                day: at.strftime(format).to_string(),
            })
        })
        .collect()
}
