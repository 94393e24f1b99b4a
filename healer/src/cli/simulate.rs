//! `simulate`: what a policy would have done about the past. Speaks to Prometheus only, and needs no daemon.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use prunelle_foundation::clock::{Clock as _, SystemClock};
use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::setting::SettingErrors;

use super::CheckFailed;
use crate::policy::load;
use crate::prometheus::Prometheus;
use crate::settings::{Flags, policy_file, prometheus_url};
use crate::simulate::{Assume, Report, Span, html, rehearse, table};

/// One answer may take long and be large: 11,000 points of many series.
const TIME_LIMIT: Duration = Duration::from_mins(2);
const BODY_LIMIT: usize = 64 << 20;

/// What is asked for.
#[derive(Debug, clap::Args)]
pub(super) struct SimulateFlags {
    /// How far back, such as 30d
    #[arg(long, value_name = "DURATION", value_parser = super::duration, default_value = "30d")]
    since: PromDuration,
    /// What each repair is taken to come to
    #[arg(long, value_enum, default_value = "success")]
    assume: AssumeFlag,
    /// How the report is printed
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Where the report is written; standard output when left out
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How far apart points are read; by the interval of the rules when left out
    #[arg(long, value_name = "DURATION", value_parser = super::duration)]
    step: Option<PromDuration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AssumeFlag {
    /// It ends its episode
    Success,
    /// Each attempt fails
    Failure,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Text for a terminal
    Table,
    /// Everything
    Json,
    /// A page with a timeline, complete in itself
    Html,
}

/// Rehearses, and gives what is to be printed.
pub(super) async fn run(flags: &Flags, asked: SimulateFlags) -> anyhow::Result<String> {
    let policy = load::read(&policy_file(flags)).map_err(|error| CheckFailed(error.into()))?;
    let mut errors = SettingErrors::default();
    let Some(url) = prometheus_url(flags, &mut errors) else {
        return Err(errors.into());
    };
    let prometheus = Prometheus::new(&url)?.with_limits(TIME_LIMIT, BODY_LIMIT);
    let since = asked.since.get();
    let step = asked.step.map(PromDuration::get);
    ensure!(!since.is_zero(), "`--since 0s` asks for no history");
    ensure!(
        step.is_none_or(|step| step >= Duration::from_millis(1)),
        "`--step` is at least 1ms"
    );
    let to = SystemClock::new()
        .context("cannot read the clock")?
        .now()
        .wall;
    let from = to
        .checked_sub(since)
        .context("`--since` reaches back before time began")?;
    let span = Span { from, to, step };
    let assume = match asked.assume {
        AssumeFlag::Success => Assume::Success,
        AssumeFlag::Failure => Assume::Failure,
    };
    let report = rehearse(&prometheus, &policy, span, assume)
        .await
        .with_context(|| format!("cannot read the history from {}", prometheus.shown_url()))?;
    let text = shown(&report, asked.format)?;
    let Some(file) = asked.output else {
        return Ok(text);
    };
    std::fs::write(&file, format!("{text}\n"))
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(format!(
        "{} remediations; the report is in {}",
        report.totals.remediations,
        file.display()
    ))
}

fn shown(report: &Report, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Table => table::text(report),
        Format::Json => serde_json::to_string_pretty(report)?,
        Format::Html => html::page(report)?,
    })
}
