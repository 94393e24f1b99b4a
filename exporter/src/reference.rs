//! The reference in `docs/reference/`: what it says of metrics and settings is made from where they are stated.
//!
//! A test compares it with the files; `cargo xtask docs` has the same test write them.

use std::fmt::Write as _;

use crate::collector::COLLECTORS;
use crate::metric::{Kind, Metric};
use crate::scrape;
use crate::settings::table::{self, Change, Entry, Takes};

/// Says where a file is from; Markdown and YAML both take it, behind their own sign for a comment.
const ORIGIN: &str =
    "Made by `cargo xtask docs` from what the exporter states in its code. Do not edit.";

/// Each file of the reference, by its path below `docs/reference/`, and what it holds.
pub fn files() -> Vec<(&'static str, String)> {
    vec![
        ("metrics.md", metrics()),
        ("settings.md", settings()),
        ("exporter.yml", example()),
    ]
}

fn metrics() -> String {
    let mut text = format!(
        "<!-- {ORIGIN} -->\n# Metrics of prunelle-exporter\n\n\
         What they are for stands in [metrics](../metrics.md). A `*` in a name stands for the kernel's own word. What a host \
         does not have is absent. The meaning is the metric's HELP, which names the source.\n"
    );
    for collector in COLLECTORS {
        let (switch, state) = if collector.is_on_by_default {
            ("--no-collector", "On")
        } else {
            ("--collector", "**Off**")
        };
        let _ = write!(
            text,
            "\n## {0}\n\n{1}. {state} by default; `{switch}.{0}` changes that.\n\n",
            collector.name,
            capitalised(collector.about),
        );
        table_of(&mut text, collector.metrics);
        if collector.has_process_metrics {
            text.push_str(
                "| `prunelle_exporter_build_info` | gauge | `version` | Always 1. |\n\
                 | `process_*` | | | The exporter's own process, as every client library of Prometheus tells it. |\n",
            );
        }
    }
    text.push_str("\n## Of every collector\n\n");
    table_of(&mut text, scrape::METRICS);
    text
}

fn table_of(text: &mut String, metrics: &[&Metric]) {
    text.push_str("| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n");
    for metric in metrics {
        let kind = match metric.kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
            Kind::Untyped => "untyped",
        };
        let labels: Vec<_> = metric.labels.iter().map(|it| format!("`{it}`")).collect();
        let (name, labels, help) = (metric.name, labels.join(", "), cell(metric.help));
        let _ = writeln!(text, "| `{name}` | {kind} | {labels} | {help} |");
    }
}

fn settings() -> String {
    let (flag, variable) = table::CONFIG_FILE;
    let mut text = format!(
        "<!-- {ORIGIN} -->\n# Settings of prunelle-exporter\n\n\
         How they go together stands in [settings](../configuration.md#prunelle-exporter). `--{flag}` (`{variable}`) names \
         the [configuration file](exporter.yml); `--config.check` checks all settings, says which are given and where, and \
         exits. A setting marked with ↻ changes with a reload, the others with a restart.\n"
    );
    let mut heading = "";
    for entry in table::entries() {
        if entry.heading != heading {
            heading = entry.heading;
            let _ = write!(
                text,
                "\n## {heading}\n\n| flag | variable | key in the file | | meaning | default |\n| --- | --- | --- | --- | --- | --- |\n"
            );
        }
        let default = if entry.is_default_a_value {
            format!("`{}`", entry.default)
        } else {
            entry.default.clone()
        };
        let reload = if entry.change == Change::Live {
            "↻"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "| `--{}` | `{}` | `{}` | {reload} | {} | {default} |",
            entry.flag,
            entry.variable,
            entry.key,
            cell(&entry.about),
        );
    }
    text.push_str("\nA flag that is on or off has an opposite that begins with `--no-`.\n");
    text
}

/// A configuration file with every key, none of which is set.
fn example() -> String {
    let mut text = format!(
        "# Every setting of prunelle-exporter with its default; remove the `#` before a key to set it.\n\
         # Check it with `prunelle-exporter --config.file=FILE --config.check`, reload with `systemctl reload prunelle-exporter`.\n\
         # (restart): a reload does not change it.\n# {ORIGIN}\n"
    );
    let mut entries = table::entries();
    // Groups together, in the order in which they are met first.
    let groups: Vec<String> = entries.iter().map(|it| group(it).to_owned()).collect();
    entries.sort_by_key(|entry| {
        let first = groups.iter().position(|it| it == group(entry));
        (first, inner_group(entry).map(str::to_owned))
    });
    let mut open: Vec<String> = Vec::new();
    for entry in &entries {
        let steps: Vec<&str> = entry.key.split('.').collect();
        let Some((name, path)) = steps.split_last() else {
            continue;
        };
        for (depth, step) in path.iter().enumerate() {
            if open.get(depth).map(String::as_str) != Some(*step) {
                open.truncate(depth);
                let blank = if depth == 0 { "\n" } else { "" };
                let _ = writeln!(text, "{blank}{}{step}:", "  ".repeat(depth));
                open.push((*step).to_owned());
            }
        }
        if path.is_empty() {
            text.push('\n');
        }
        open.truncate(path.len());
        let indent = "  ".repeat(path.len());
        let restart = if entry.change == Change::Live {
            ""
        } else {
            " (restart)"
        };
        let _ = writeln!(text, "{indent}# {}{restart}", entry.about);
        let _ = writeln!(text, "{indent}#{name}:{}", value(entry));
    }
    text
}

fn group(entry: &Entry) -> &str {
    entry.key.split('.').next().unwrap_or_default()
}

/// The second step of a key of three.
fn inner_group(entry: &Entry) -> Option<&str> {
    let mut steps = entry.key.split('.').skip(1);
    let step = steps.next();
    steps.next().and(step)
}

fn value(entry: &Entry) -> String {
    match (entry.is_default_a_value, entry.takes) {
        (true, Takes::List) => format!(" ['{}']", entry.default),
        (true, Takes::One | Takes::Switch) => format!(" {}", entry.default),
        (false, _) => format!("   # {}", entry.default),
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    first.map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// Fit for a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*")
}
