//! The sources as they are written. Unknown keys are errors.

use serde::Deserialize;

/// One dashboard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dashboard {
    /// Its address: `/d/<uid>`.
    pub(super) uid: String,
    pub(super) title: String,
    /// One sentence.
    pub(super) about: String,
    /// Where the time range begins, such as `now-3h`.
    pub(super) from: String,
    /// Label matchers of the alerts that are marked on graphs.
    pub(super) alerts: String,
    pub(super) variables: Vec<Variable>,
    pub(super) rows: Vec<Row>,
}

/// What can be chosen at the top.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) label: String,
    /// `label_values(metric, label)`
    pub(super) values: String,
    /// Whether several can be chosen, all of them at first.
    #[serde(default)]
    pub(super) several: bool,
}

/// Panels under one heading, from left to right.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) title: String,
    /// Closed at first: its queries are not sent until it is opened.
    #[serde(default)]
    pub(super) closed: bool,
    /// In units of 30 pixels.
    pub(super) height: u32,
    /// A variable: the row is there once for each of its values.
    pub(super) each: Option<String>,
    pub(super) panels: Vec<Panel>,
}

/// One panel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Panel {
    pub(super) kind: Kind,
    pub(super) title: String,
    /// What it means, behind the panel's ⓘ.
    pub(super) about: String,
    /// In 24ths of the width.
    pub(super) width: u32,
    /// Grafana's name of the unit.
    #[serde(default = "no_unit")]
    pub(super) unit: String,
    pub(super) queries: Vec<Query>,
    /// Colours from values on; `limit` is better where the host has one of its own.
    #[serde(default)]
    pub(super) steps: Vec<Step>,
    /// `stat`: a query for the value from which on it is red, on each host.
    pub(super) limit: Option<String>,
    /// Values in words.
    #[serde(default)]
    pub(super) words: Vec<Word>,
    /// What is shown when there is no value; `No data` else.
    pub(super) absent: Option<String>,
    /// `graph`: the band of what is usual, behind the lines.
    pub(super) usual: Option<Usual>,
    /// `graph`: whether values are put on top of each other.
    #[serde(default)]
    pub(super) stacked: bool,
    /// Where a click leads: the uid of a dashboard.
    pub(super) leads_to: Option<Lead>,
    /// `table`: the columns, in their order; a query's column has the query's legend as its name.
    #[serde(default)]
    pub(super) columns: Vec<Column>,
    /// `table`: the column it is sorted by, the largest first.
    pub(super) sorted_by: Option<String>,
}

fn no_unit() -> String {
    "none".to_owned()
}

/// How a panel shows its queries.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// One coloured card for each series.
    Stat,
    /// Lines over time.
    Graph,
    /// Bars over time: of counts.
    Bars,
    /// A coloured stripe for each series.
    States,
    /// A row for each label set.
    Table,
}

/// What `prometheus/rules/adaptive.yml` has learnt of one signal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Usual {
    /// The matchers of the one signal.
    pub(super) signal: String,
    /// From its unit (%, MB/s, MB) to that of the panel.
    pub(super) scale: f64,
}

/// A query.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// What the series is called, with `{{label}}`.
    pub(super) legend: String,
    pub(super) expr: String,
    /// `graph`: drawn as a dashed line.
    #[serde(default)]
    pub(super) is_limit: bool,
}

/// A colour from a value on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) from: f64,
    pub(super) color: String,
}

/// A value in words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Word {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) color: String,
}

/// A link to another dashboard that hands labels on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lead {
    pub(super) uid: String,
    pub(super) title: String,
    /// Labels that become variables there.
    pub(super) labels: Vec<String>,
}

/// A column of a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    /// A label, or a query's legend.
    pub(super) name: String,
    /// What stands above it.
    pub(super) title: String,
    pub(super) unit: Option<String>,
    /// The value's colour from these values on.
    #[serde(default)]
    pub(super) steps: Vec<Step>,
    /// Whether a bar from 0 to 1 is drawn beside the value, in the same colours.
    #[serde(default)]
    pub(super) bar: bool,
}
