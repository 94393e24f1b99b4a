//! From prometheus-client's OpenMetrics text to what is sent, one line after the other.
//!
//! For both formats HELP is escaped, which the crate does not do: whatever stands between a HELP line and the TYPE
//! line that follows it is the rest of the help. For text 0.0.4 a counter's family takes its `_total`, `unknown`
//! becomes `untyped`, `info` becomes a gauge named `…_info`; UNIT, EOF and exemplars go.

use super::Format;

/// Rewrites a whole exposition.
pub(super) fn rewrite(format: Format, open_metrics: String) -> String {
    if format == Format::OpenMetrics && !needs_escapes(&open_metrics) {
        return open_metrics;
    }
    let mut output = String::with_capacity(open_metrics.len() + open_metrics.len() / 8);
    let mut help: Option<Help> = None;
    for line in open_metrics.lines() {
        if let Some(text) = line.strip_prefix("# HELP ") {
            let (name, text) = text.split_once(' ').unwrap_or((text, ""));
            help = Some(Help {
                name: name.to_owned(),
                text: text.to_owned(),
            });
        } else if let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|text| text.split_once(' '))
            .filter(|(name, _)| help.as_ref().is_none_or(|help| help.name == *name))
        {
            write_family(&mut output, format, name, kind, help.take());
        } else if let Some(help) = &mut help {
            help.text.push('\n');
            help.text.push_str(line);
        } else {
            write_other(&mut output, format, line);
        }
    }
    output
}

/// Held until the type is known.
struct Help {
    name: String,
    text: String,
}

/// Only a HELP with a quote or a backslash, or a line that is no known one, needs OpenMetrics rewritten.
fn needs_escapes(text: &str) -> bool {
    let mut is_in_help = false;
    text.lines().any(|line| {
        if line.starts_with("# HELP ") {
            is_in_help = true;
            return line.contains(['\\', '"']);
        }
        let is_type = line.starts_with("# TYPE ");
        let is_continued = is_in_help && !is_type;
        is_in_help = false;
        is_continued
    })
}

fn write_family(output: &mut String, format: Format, name: &str, kind: &str, help: Option<Help>) {
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
        escape(output, format, &help.text);
        output.push('\n');
    }
    output.extend(["# TYPE ", name, suffix, " ", kind, "\n"]);
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

fn write_other(output: &mut String, format: Format, line: &str) {
    let line = match format {
        Format::OpenMetrics => line,
        Format::Text if line.starts_with('#') => return,
        Format::Text => without_exemplar(line),
    };
    output.push_str(line);
    output.push('\n');
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
