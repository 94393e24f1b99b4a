//! `report`: what happened in a time, as text, a page, a PDF or JSON. Made by the daemon; from its journal's file when it
//! does not run.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use prunelle_foundation::clock::{Clock as _, SystemClock};
use prunelle_foundation::duration::PromDuration;

use super::client::{self, ClientError};
use crate::notify::words::Reader;
use crate::policy::Language;
use crate::report::{self, Period, Report, ReportRequest, Subject, html, pdf, sheet, text};
use crate::run::hostname;
use crate::settings::{Flags, runtime_path, socket, storage_path};

/// What is asked for.
#[derive(Debug, clap::Args)]
pub(super) struct ReportFlags {
    /// From when: so long before the end, such as 7d, or a moment, such as 2026-11-16 or 2026-11-16T08:00
    #[arg(long, value_name = "WHEN", value_parser = when, default_value = "7d")]
    since: When,
    /// Until when: so long ago, or a moment; now when left out
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<When>,
    /// How the report is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Where it is written; standard output when left out
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// In which language
    #[arg(long, value_enum, default_value = "en")]
    language: LanguageFlag,
    /// By which clock times are told and days begin, such as Europe/Paris; the machine's when left out
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
}

/// A moment, as people write it.
#[derive(Clone, Copy, Debug)]
enum When {
    /// So long before.
    Before(PromDuration),
    /// By a zone's clock.
    Local(DateTime),
    /// Anywhere.
    At(Timestamp),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Tables for a terminal
    Text,
    /// A page, complete in itself
    Html,
    /// A document of A4 pages
    Pdf,
    /// Everything
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LanguageFlag {
    /// English
    En,
    /// French
    Fr,
}

/// Makes the report, and gives what is to be printed.
pub(super) async fn run(flags: &Flags, asked: ReportFlags) -> anyhow::Result<Vec<u8>> {
    let is_page = matches!(asked.format, Format::Html | Format::Pdf);
    ensure!(
        !is_page || asked.output.is_some() || !io::stdout().is_terminal(),
        "a page is not for a terminal: name a file with --output, or pipe it"
    );
    let now = SystemClock::new()
        .context("cannot read the clock")?
        .now()
        .wall;
    let zone = match &asked.time_zone {
        None => TimeZone::system(),
        Some(name) => TimeZone::get(name)
            .with_context(|| format!("`{name}` is no time zone; write it as in `Europe/Paris`"))?,
    };
    let period = period(&asked, now, &zone)?;
    let report = make(flags, period, &zone, now).await?;
    let language = match asked.language {
        LanguageFlag::En => Language::English,
        LanguageFlag::Fr => Language::French,
    };
    let reader = Reader {
        language,
        time_zone: zone,
    };
    let bytes = shown(&report, asked.format, &reader)?;
    let Some(file) = asked.output else {
        return Ok(bytes);
    };
    std::fs::write(&file, &bytes).with_context(|| format!("cannot write {}", file.display()))?;
    let incidents = report.totals.incidents;
    Ok(format!(
        "{incidents} incidents; the report is in {}\n",
        file.display()
    )
    .into_bytes())
}

async fn make(
    flags: &Flags,
    period: Period,
    zone: &TimeZone,
    now: Timestamp,
) -> anyhow::Result<Report> {
    let socket = socket(&runtime_path(flags));
    let request = ReportRequest {
        period,
        time_zone: zone.iana_name().map(ToOwned::to_owned),
    };
    match client::tell(&socket, "report", &request).await {
        Err(ClientError::NotRunning(_)) => {
            let folder = storage_path(flags);
            let subject = Subject {
                period,
                zone: zone.clone(),
                host: hostname(),
                made: now,
            };
            from_here(&folder, subject, &socket)
        }
        answer => Ok(answer?),
    }
}

/// Without a daemon: said beside the report, for it ends with what was written last.
fn from_here(folder: &Path, subject: Subject, socket: &Path) -> anyhow::Result<Report> {
    let report = report::from_store(folder, subject).with_context(|| {
        format!(
            "no daemon answers on {}, and its journal cannot be read instead",
            socket.display()
        )
    })?;
    eprintln!(
        "prunelle-healer: no daemon answers on {}: this is from the journal in {}",
        socket.display(),
        folder.display()
    );
    Ok(report)
}

fn shown(report: &Report, format: Format, reader: &Reader) -> anyhow::Result<Vec<u8>> {
    let text = match format {
        Format::Pdf => return Ok(pdf::document(&sheet::of(report, reader))),
        Format::Text => text::text(&sheet::of(report, reader)),
        Format::Html => html::page(&sheet::of(report, reader))?,
        Format::Json => serde_json::to_string_pretty(report)?,
    };
    Ok(format!("{}\n", text.trim_end()).into_bytes())
}

fn when(text: &str) -> Result<When, String> {
    if let Ok(at) = text.parse() {
        return Ok(When::At(at));
    }
    if let Ok(local) = text.parse() {
        return Ok(When::Local(local));
    }
    super::duration(text).map(When::Before).map_err(|error| {
        format!("{error}; or write a moment, as in `2026-11-16` or `2026-11-16T08:00`")
    })
}

fn period(asked: &ReportFlags, now: Timestamp, zone: &TimeZone) -> Result<Period, ClientError> {
    let misused = |text: &str| ClientError::Misused(text.to_owned());
    let moment = |when: When, end: Timestamp| match when {
        When::Before(long) => end.checked_sub(long.get()),
        When::Local(local) => zone.to_timestamp(local),
        When::At(at) => Ok(at),
    };
    let far = |_| misused("--since and --until are further away than time is counted");
    let until = match asked.until {
        None => now,
        Some(until) => moment(until, now).map_err(far)?,
    };
    let since = moment(asked.since, until).map_err(far)?;
    if since >= until {
        return Err(misused(
            "--since is not before --until: there is no time between them",
        ));
    }
    Ok(Period { since, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(since: &str, until: Option<&str>) -> ReportFlags {
        ReportFlags {
            since: when(since).unwrap(),
            until: until.map(|until| when(until).unwrap()),
            format: Format::Text,
            output: None,
            language: LanguageFlag::En,
            time_zone: None,
        }
    }

    #[test]
    fn times_are_written_as_people_do() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let check = |since: &str, until: Option<&str>, expected: [&str; 2]| {
            let period = period(&asked(since, until), now, &zone).unwrap();
            assert_eq!(
                [period.since.to_string(), period.until.to_string()],
                expected,
                "{since}"
            );
        };
        check("7d", None, ["2026-11-17T12:00:00Z", "2026-11-24T12:00:00Z"]);
        check(
            "1d",
            Some("2d"),
            ["2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"],
        );
        check(
            "2026-07-01",
            Some("2026-07-02T08:30"),
            ["2026-06-30T22:00:00Z", "2026-07-02T06:30:00Z"],
        );
        check(
            "2026-11-20T00:00:00Z",
            None,
            ["2026-11-20T00:00:00Z", "2026-11-24T12:00:00Z"],
        );
        for (since, until) in [
            ("0s", None),
            ("2026-12-01", None),
            ("1d", Some("2026-11-24T00:00Z")),
        ] {
            let outcome = period(&asked(since, until), now, &zone);
            assert_eq!(outcome.is_err(), since != "1d", "{since}");
        }
        assert!(when("yesterday").unwrap_err().contains("2026-11-16"));
    }
}
