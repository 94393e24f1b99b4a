//! A family out of textfiles, and how it is written in either format.

use std::sync::Arc;

use prunelle_foundation::exposition::Format;

/// What ends an exposition in OpenMetrics.
const END: &str = "# EOF\n";

/// The types that text format 0.0.4 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// `_bucket`, `_sum` and `_count`.
    Histogram,
    /// Quantiles, `_sum` and `_count`.
    Summary,
    /// Not told.
    Untyped,
}

impl Kind {
    /// As a TYPE line names it, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        let kinds = [
            Self::Counter,
            Self::Gauge,
            Self::Histogram,
            Self::Summary,
            Self::Untyped,
        ];
        kinds
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Untyped => "untyped",
        }
    }

    /// What the names of its samples may end with.
    pub(super) fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Histogram => &["_bucket", "_sum", "_count"],
            Self::Summary => &["", "_sum", "_count"],
            Self::Counter | Self::Gauge | Self::Untyped => &[""],
        }
    }
}

/// Samples of one family out of one file, as they are written: a line each, labels in order, the same in both formats.
pub type Part = Arc<str>;

/// A family, of one file or of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its name, which for a counter may end in `_total`.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// Its help, not escaped.
    pub help: Option<String>,
    /// Its samples.
    pub parts: Vec<Part>,
}

impl Family {
    /// How many samples it has.
    pub fn samples(&self) -> usize {
        self.parts.iter().map(|part| part.lines().count()).sum()
    }

    /// Appends it to `output`.
    pub fn write(&self, format: Format, output: &mut String) {
        let stem = self.name.strip_suffix("_total");
        let (name, kind) = match (format, self.kind, stem.filter(|stem| !stem.is_empty())) {
            (Format::OpenMetrics, Kind::Counter, Some(stem)) => (stem, "counter"),
            // OpenMetrics has no counter without `_total`.
            (Format::OpenMetrics, Kind::Counter | Kind::Untyped, _) => (&*self.name, "unknown"),
            (_, kind, _) => (&*self.name, kind.name()),
        };
        if let Some(help) = &self.help {
            output.extend(["# HELP ", name, " "]);
            escape(output, format, help);
            output.push('\n');
        }
        output.extend(["# TYPE ", name, " ", kind, "\n"]);
        output.extend(self.parts.iter().map(|part| &**part));
    }
}

/// Writes `families` behind what `text` holds already, an exposition in `format`.
pub fn write_all(families: &[Family], format: Format, text: &mut String) {
    if families.is_empty() {
        return;
    }
    let has_end = text.ends_with(END);
    if has_end {
        text.truncate(text.len() - END.len());
    }
    for family in families {
        family.write(format, text);
    }
    if has_end {
        text.push_str(END);
    }
}

/// The first `room` samples.
pub fn cut(families: &[Family], mut room: usize) -> Vec<Family> {
    let mut kept = Vec::new();
    for family in families {
        if room == 0 {
            break;
        }
        let lines = family
            .parts
            .iter()
            .flat_map(|part| part.split_inclusive('\n'));
        let part: String = lines.take(room).collect();
        room -= family.samples().min(room);
        kept.push(Family {
            parts: vec![part.into()],
            ..family.clone()
        });
    }
    kept
}

/// OpenMetrics escapes the quote as well; the older format must not.
fn escape(output: &mut String, format: Format, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => output.push_str("\\\\"),
            '\n' => output.push_str("\\n"),
            '"' if format == Format::OpenMetrics => output.push_str("\\\""),
            c => output.push(c),
        }
    }
}
