//! From prometheus-client's OpenMetrics text to what is sent: comments one after the other, samples in whole blocks.
//!
//! For both formats HELP is escaped, which the crate does not do: whatever stands between a HELP line and the TYPE
//! line that follows it is the rest of the help. For text 0.0.4 a counter's family takes its `_total`, `unknown`
//! becomes `untyped`, `info` becomes a gauge named `…_info`; UNIT, EOF and exemplars go.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};
use memchr::{memchr, memchr2, memchr3};

use super::Format;

// Made once: a search of so little text takes less than its preparation.
static COMMENT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n# "));
static TYPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n# TYPE "));
static EXEMPLAR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b" # {"));

/// Rewrites a whole exposition.
///
/// Samples stand in blocks between comments, and are most of the text: a block is found and copied as a whole.
pub(super) fn rewrite(format: Format, open_metrics: String) -> String {
    if format == Format::OpenMetrics && !needs_escapes(&open_metrics) {
        return open_metrics;
    }
    let mut output = String::with_capacity(open_metrics.len() + open_metrics.len() / 8);
    let mut rest = open_metrics.as_str();
    while !rest.is_empty() {
        let (samples, comment) = rest.split_at(end_of_samples(rest));
        write_samples(&mut output, format, samples);
        rest = write_comment(&mut output, format, comment);
    }
    output
}

/// Where the next line that is a comment begins.
fn end_of_samples(text: &str) -> usize {
    if text.starts_with("# ") {
        return 0;
    }
    COMMENT
        .find(text.as_bytes())
        .map_or(text.len(), |newline| newline + 1)
}

/// Only a HELP with a quote, a backslash or more than one line needs OpenMetrics rewritten.
fn needs_escapes(text: &str) -> bool {
    let helps = memmem::find_iter(text.as_bytes(), b"# HELP ");
    helps.filter_map(|help| text.get(help..)).any(|text| {
        let (line, after) = first_line(text);
        memchr2(b'\\', b'"', line.as_bytes()).is_some() || !after.starts_with("# TYPE ")
    })
}

fn first_line(text: &str) -> (&str, &str) {
    let end = memchr(b'\n', text.as_bytes());
    let lines = end.and_then(|end| Some((text.get(..end)?, text.get(end + 1..)?)));
    lines.unwrap_or((text, ""))
}

/// Writes the comment that the text begins with, if any; returns what is behind it.
fn write_comment<'a>(output: &mut String, format: Format, text: &'a str) -> &'a str {
    let (line, after) = first_line(text);
    if let Some(help) = line.strip_prefix("# HELP ") {
        let (name, _) = help.split_once(' ').unwrap_or((help, ""));
        if let Some((help, kind, after)) = help_and_type(text, name) {
            write_family(output, format, name, kind, Some(help));
            return after;
        }
    } else if let Some((name, kind)) = line
        .strip_prefix("# TYPE ")
        .and_then(|line| line.split_once(' '))
    {
        write_family(output, format, name, kind, None);
    } else if format == Format::OpenMetrics && !line.is_empty() {
        output.extend([line, "\n"]);
    }
    after
}

/// The whole help that the text begins with, the kind on the TYPE line that ends it, and what is behind that.
fn help_and_type<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let start = "# HELP ".len() + name.len();
    TYPE.find_iter(text.as_bytes()).find_map(|end| {
        let (line, after) = first_line(text.get(end + 1..)?);
        let kind = line.strip_prefix("# TYPE ")?.strip_prefix(name)?;
        let help = text.get(start..end)?;
        Some((
            help.strip_prefix(' ').unwrap_or(help),
            kind.strip_prefix(' ')?,
            after,
        ))
    })
}

fn write_family(output: &mut String, format: Format, name: &str, kind: &str, help: Option<&str>) {
    let (suffix, kind) = match (format, kind) {
        (Format::OpenMetrics, kind) => ("", kind),
        (Format::Text, "counter") => ("_total", "counter"),
        (Format::Text, "info") => ("_info", "gauge"),
        (Format::Text, "gauge" | "stateset") => ("", "gauge"),
        (Format::Text, "histogram") => ("", "histogram"),
        (Format::Text, "summary") => ("", "summary"),
        (Format::Text, _) => ("", "untyped"),
    };
    if let Some(help) = help {
        output.extend(["# HELP ", name, suffix, " "]);
        escape(output, format, help);
        output.push('\n');
    }
    output.extend(["# TYPE ", name, suffix, " ", kind, "\n"]);
}

/// OpenMetrics escapes the quote as well; the older format must not.
fn escape(output: &mut String, format: Format, text: &str) {
    if memchr3(b'\\', b'\n', b'"', text.as_bytes()).is_none() {
        output.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '\\' => output.push_str("\\\\"),
            '\n' => output.push_str("\\n"),
            '"' if format == Format::OpenMetrics => output.push_str("\\\""),
            c => output.push(c),
        }
    }
}

/// Only the newer format knows exemplars.
fn write_samples(output: &mut String, format: Format, samples: &str) {
    let has_exemplar = || EXEMPLAR.find(samples.as_bytes()).is_some();
    if format == Format::OpenMetrics || !has_exemplar() {
        output.push_str(samples);
        return;
    }
    for line in samples.lines() {
        output.extend([without_exemplar(line), "\n"]);
    }
}

/// Cuts ` # {…} …` behind the value, and only there: a label's value may hold anything.
fn without_exemplar(line: &str) -> &str {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (index, byte) in line.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'#' if !is_quoted => return line.get(..index).unwrap_or(line).trim_end(),
            _ => {}
        }
    }
    line
}
