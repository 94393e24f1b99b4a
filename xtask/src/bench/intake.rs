//! `cargo xtask bench intake`: what the healer's webhook takes, beside Debian's `webhook` on the same machine in the same
//! run.
//!
//! Every notification of the bench is news: an alert that nobody has heard of, or the end of one. So each answer 202 of
//! the healer stands for rows in its journal, synced; they are counted afterwards, and one that is missing is an error.
//! Each part has a daemon of its own, so that memory is that part's. The client runs on the same machine, and has one
//! thread.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::statistics::Summary;
use super::{build_release, keep, project};
use alerts::Notifications;
use client::{Load, Server};
use daemon::Daemon;
use webhook::{Mode, Webhook};

mod alerts;
mod client;
mod daemon;
mod disk;
mod report;
mod webhook;

/// Connections that are kept: what a few busy Alertmanagers have.
const CONNECTIONS: usize = 64;
/// Alerts in the largest notification, and notifications in the largest burst.
const MANY: u64 = 10_000;
/// Notifications a second of the long load.
const PER_SECOND: u64 = 1_000;

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct IntakeOptions {
    /// Seconds at 1,000 notifications a second
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Runs of that, of which the median counts
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Seconds flat out, beside `webhook`
    #[arg(long, default_value_t = 5)]
    flat_out: u64,
    /// A healer that is built already, instead of a release build
    #[arg(long)]
    healer: Option<PathBuf>,
    /// Debian's `webhook`; found in PATH when not given
    #[arg(long)]
    webhook: Option<PathBuf>,
    /// Print all figures as JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Short, and one run: to see that it works
    #[arg(long)]
    quick: bool,
}

/// What one part of the bench found out.
#[derive(Debug, Serialize)]
struct Row {
    part: String,
    program: &'static str,
    /// Answers that say that it was taken (202, with `webhook` 200).
    accepted: u64,
    /// All others.
    refused: u64,
    seconds: f64,
    per_second: f64,
    /// Time to the answer.
    median_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// The disk's own time for a small write and its sync, in the same run.
    fsync_p99_ms: Option<f64>,
    /// Resident before the load.
    idle_megabytes: f64,
    /// The most that was resident (`VmHWM`).
    peak_megabytes: f64,
}

/// Runs it and prints the figures.
pub(crate) fn run(options: IntakeOptions) -> Result<()> {
    let options = if options.quick {
        IntakeOptions {
            seconds: 3,
            runs: 1,
            flat_out: 2,
            ..options
        }
    } else {
        options
    };
    // Known before the long part begins.
    let webhook = webhook::find(options.webhook.as_deref())?;
    if webhook.is_none() {
        eprintln!("No `webhook` in PATH (`apt-get install webhook`): it will not be compared.");
    }
    let healer = match &options.healer {
        Some(path) => path.canonicalize().context("no such healer")?,
        None => build_release(&["prunelle-healer"])?.join("prunelle-healer"),
    };
    let bench = Bench {
        healer,
        webhook,
        options,
    };
    let mut rows = vec![bench.one_post()?, bench.many_posts()?];
    for number in 1..=bench.options.runs {
        rows.push(bench.steady(number)?);
    }
    rows.push(bench.flat_out()?);
    rows.extend(bench.beside()?);
    if bench.options.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        report::print(&rows);
    }
    keep("intake", &rows)
}

struct Bench {
    healer: PathBuf,
    webhook: Option<PathBuf>,
    options: IntakeOptions,
}

impl Bench {
    /// 10,000 alerts in one notification.
    fn one_post(&self) -> Result<Row> {
        eprintln!("{MANY} alerts in one notification.");
        self.with_daemon("10,000 alerts, one POST", |server| {
            let load = client::burst(server, 1, 1, &|_| Notifications::one_of(0..MANY))?;
            Ok((load, MANY))
        })
    }

    /// 10,000 notifications of one alert each.
    fn many_posts(&self) -> Result<Row> {
        eprintln!("{MANY} notifications of one alert each.");
        self.with_daemon("10,000 POSTs, one alert each", |server| {
            let load = client::burst(server, CONNECTIONS, MANY, &|turn| {
                Notifications::one_of(turn.number()..turn.number() + 1)
            })?;
            let news = load.accepted();
            Ok((load, news))
        })
    }

    /// 1,000 notifications a second.
    fn steady(&self, number: usize) -> Result<Row> {
        let seconds = Duration::from_secs(self.options.seconds);
        eprintln!("{PER_SECOND} notifications a second for {seconds:?}, run {number}.");
        let part = format!("1,000/s for {seconds:?}, run {number}");
        self.with_daemon(&part, |server| {
            let load = client::paced(
                server,
                CONNECTIONS,
                PER_SECOND,
                seconds,
                &Notifications::begins_or_ends,
            )?;
            let news = load.accepted();
            Ok((load, news))
        })
    }

    /// As fast as it answers.
    fn flat_out(&self) -> Result<Row> {
        let seconds = Duration::from_secs(self.options.flat_out);
        eprintln!("Flat out for {seconds:?}.");
        self.with_daemon("flat out", |server| {
            let load =
                client::flat_out(server, CONNECTIONS, seconds, &Notifications::begins_or_ends)?;
            let news = load.accepted();
            Ok((load, news))
        })
    }

    /// The same, asked of Debian's `webhook`.
    fn beside(&self) -> Result<Vec<Row>> {
        let Some(program) = &self.webhook else {
            return Ok(Vec::new());
        };
        let seconds = Duration::from_secs(self.options.flat_out);
        Mode::ALL
            .into_iter()
            .map(|mode| {
                eprintln!("`webhook` flat out for {seconds:?}, {mode}.");
                let webhook = Webhook::start(program, mode)?;
                let idle_megabytes = webhook.resident_megabytes()?;
                let load = client::flat_out(
                    webhook.server(),
                    CONNECTIONS,
                    seconds,
                    &Notifications::begins_or_ends,
                )?;
                Row::new(
                    &format!("flat out, {mode}"),
                    "webhook",
                    &load,
                    None,
                    (idle_megabytes, webhook.peak_megabytes()?),
                )
            })
            .collect()
    }

    /// Measures one part with a daemon of its own; `load` tells how much news must be in its journal afterwards.
    fn with_daemon(
        &self,
        part: &str,
        load: impl FnOnce(&Server) -> Result<(Load, u64)>,
    ) -> Result<Row> {
        let folder = project()?.join(".prunelle/bench");
        std::fs::create_dir_all(&folder)?;
        let fsync = disk::sync_times(&folder)?;
        let daemon = Daemon::start(&self.healer, &folder)?;
        let idle_megabytes = daemon.resident_megabytes()?;
        let (load, news) = load(daemon.server())?;
        let peak_megabytes = daemon.peak_megabytes()?;
        let kept = daemon.stop_and_count()?;
        ensure!(
            kept == news,
            "{part}: {news} beginnings and ends of alerts were accepted, {kept} are in the journal"
        );
        Row::new(
            part,
            "prunelle-healer",
            &load,
            Some(fsync),
            (idle_megabytes, peak_megabytes),
        )
    }
}

impl Row {
    fn new(
        part: &str,
        program: &'static str,
        load: &Load,
        fsync: Option<Summary>,
        (idle_megabytes, peak_megabytes): (f64, f64),
    ) -> Result<Self> {
        let times = Summary::of(load.times.iter().copied()).context("nothing was answered")?;
        let seconds = load.took.as_secs_f64();
        let accepted = load.accepted();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let per_second = accepted as f64 / seconds;
        Ok(Self {
            part: part.to_owned(),
            program,
            accepted,
            refused: load.answered() - accepted,
            seconds,
            per_second,
            median_ms: 1e3 * times.median,
            p99_ms: 1e3 * times.p99,
            max_ms: 1e3 * times.max,
            fsync_p99_ms: fsync.map(|times| 1e3 * times.p99),
            idle_megabytes,
            peak_megabytes,
        })
    }
}
