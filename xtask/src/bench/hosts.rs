//! `cargo xtask bench hosts`: what so many hosts cost one Prometheus with the shipped scrape jobs and rules.
//!
//! One real host (a sandbox with its systemd, exporter and healer) is read twice; what it said is told again, moved on with
//! time, by as many simulated hosts as are wanted. Prometheus has a past that the rules can look back at. Each number of
//! hosts is measured with rules and then, shortly, without, so that it can be told what the rules cost. CPU is what the
//! kernel charges to Prometheus: the hosts, and what else runs on the machine, do not count; durations of rules are told by
//! Prometheus and do suffer from it.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};
use prunelle_sandbox::wait::Stopwatch;
use prunelle_sandbox::{HostOptions, Profile, Programs, Stack, StackOptions, wait_until};
use serde::Serialize;

use super::idle::memory_megabytes;
use super::scrape::client::Client;
use super::scrape::cpu::CpuMeter;
use super::scrape::measure::Encoding;
use super::statistics::Summary;
use super::{keep, now, release_programs};
use model::{Model, Page};
use prometheus::Prometheus;
use rules::{Group, Groups};
use server::Server;

mod model;
mod past;
mod prometheus;
mod report;
mod rules;
mod server;

/// Between the two readings of the real host.
const BETWEEN: Duration = Duration::from_secs(15);
/// Until a Prometheus is measured.
const SETTLE: Duration = Duration::from_secs(20);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct HostsOptions {
    /// How many hosts, one after the other
    #[arg(long, value_delimiter = ',', default_value = "1,10,100")]
    hosts: Vec<u32>,
    /// Minutes with rules for each of them; with fewer than 4 the slowest rules are not seen
    #[arg(long, default_value_t = 4)]
    minutes: u64,
    /// Services that each host watches
    #[arg(long, default_value_t = 10)]
    services: u32,
    /// Services that run on each host, and are not watched
    #[arg(long, default_value_t = 100)]
    others: u32,
    /// Folder of an exporter and a healer that are built already, instead of a release build
    #[arg(long)]
    programs: Option<PathBuf>,
    /// Print all figures as JSON instead of tables
    #[arg(long)]
    json: bool,
}

/// What so many hosts cost.
#[derive(Debug, Serialize)]
struct Row {
    hosts: u32,
    /// Series by where they are from, for each host.
    series_services: f64,
    series_rest: f64,
    series_healer: f64,
    series_recorded: f64,
    series_alerts: f64,
    /// All that Prometheus holds in memory.
    head_series: f64,
    samples_per_second: f64,
    /// Of the scrapes: on a machine that is busy with other things some are late, and the figures are too low.
    answered_percent: f64,
    /// Of one core.
    cpu_percent: f64,
    cpu_percent_without_rules: f64,
    resident_megabytes: f64,
    peak_megabytes: f64,
    /// Of a sample in a block, without the index.
    bytes_per_sample: f64,
    megabytes_per_day: f64,
    groups: Vec<Group>,
}

/// Runs it and prints the figures.
pub(crate) fn run(options: &HostsOptions) -> Result<()> {
    let programs = match &options.programs {
        Some(folder) => Programs::in_folder(folder)?,
        None => release_programs()?,
    };
    eprintln!("Reading a real host twice.");
    let (model, watch) = real_host(programs, options)?;
    eprintln!(
        "It tells {} series about services, {} about the rest, {} of its healer.",
        model.services.series(),
        model.rest.series(),
        model.healer.series()
    );
    let server = Server::start(model, watch)?;
    let rows = options
        .hosts
        .iter()
        .map(|&hosts| measure(&server, hosts, Duration::from_mins(options.minutes)))
        .collect::<Result<Vec<_>>>()?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        report::print(&rows);
    }
    keep("hosts", &rows)
}

/// What the label `instance` of a simulated host says.
fn instance(host: u32) -> String {
    format!("host-{host:03}:9750")
}

/// The pages of a real host, and the time since they were read for the second time.
fn real_host(programs: Programs, options: &HostsOptions) -> Result<(Model, Stopwatch)> {
    let unit = "[Service]\nType=exec\nExecStart=/bin/sleep infinity\n";
    let mut host = HostOptions::demo()?;
    host.units.clear();
    for number in 0..options.services {
        host = host.unit(&format!("watched-{number:03}.service"), unit);
    }
    for number in 0..options.others {
        host = host.unit(&format!("other-{number:03}.service"), unit);
    }
    host.monitored_services = Some("watched-*".to_owned());
    let mut stack_options = StackOptions::of(vec![host]);
    stack_options.profile = Profile::Default;
    stack_options.programs = Some(programs);
    let stack = Stack::start(stack_options)?;
    stack.wait_until_scraped()?;
    let healer = stack.host().healer().port();
    let heartbeat = "prunelle_healer_heartbeat_timestamp_seconds ";
    wait_until("a heartbeat arrives", Duration::from_mins(2), || {
        page(healer, "").ok().filter(|it| it.contains(heartbeat))
    })?;
    let exporter = stack.host().exporter().port();
    let read = || -> Result<[String; 3]> {
        Ok([
            page(exporter, "?collect[]=services")?,
            page(exporter, "?exclude[]=services")?,
            page(healer, "")?,
        ])
    };
    let watch = Stopwatch::start();
    let first = read()?;
    sleep(BETWEEN);
    let between = watch.elapsed().as_secs_f64();
    let since = Stopwatch::start();
    let second = read()?;
    for query in ["?collect[]=services", "?exclude[]=services"] {
        eprintln!(
            "{query}: {:.1} ms (median of 20).",
            answers_in(exporter, query)?
        );
    }
    let mut pages = first
        .iter()
        .zip(&second)
        .map(|(first, second)| Page::of(first, second, between));
    let mut next = || pages.next().context("three pages")?;
    let model = Model {
        services: next()?,
        rest: next()?,
        healer: next()?,
    };
    Ok((model, since))
}

fn page(port: u16, query: &str) -> Result<String> {
    let mut client = Client::new(([127, 0, 0, 1], port).into(), query, Encoding::Plain)?;
    client.scrape()?;
    Ok(String::from_utf8(client.body().to_vec())?)
}

/// Milliseconds to the whole answer of the real exporter.
fn answers_in(exporter: u16, query: &str) -> Result<f64> {
    let mut client = Client::new(([127, 0, 0, 1], exporter).into(), query, Encoding::Plain)?;
    let took = (0..20)
        .map(|_| Ok(client.scrape()?.took.as_secs_f64()))
        .collect::<Result<Vec<_>>>()?;
    Ok(Summary::of(took).context("no scrape")?.median * 1e3)
}

fn measure(server: &Server, hosts: u32, long: Duration) -> Result<Row> {
    let folder = tempfile::tempdir()?;
    eprintln!("{hosts} hosts: making a past.");
    past::make(&folder.path().join("data"), &server.model().rest, hosts)?;
    let prometheus = Prometheus::start(folder.path(), server.address(), hosts)?;
    sleep(SETTLE);
    eprintln!("{hosts} hosts: with rules, for {long:?}.");
    let with = Period::measure(&prometheus, long)?;
    let per_host =
        |expression: &str| -> Result<f64> { Ok(prometheus.number(expression)? / f64::from(hosts)) };
    let ours = "__name__!~\"prunelle:.+|ALERTS.*\"";
    let of_job = |job: &str| per_host(&format!("count({{{ours}, job=\"{job}\"}})"));
    let series = [
        of_job("prunelle-services")?,
        of_job("prunelle")?,
        of_job("prunelle-healer")?,
        per_host("count({__name__=~\"prunelle:.+\"})")?,
        per_host("count({__name__=~\"ALERTS.*\"})")?,
    ];
    let answered = format!("100 * avg(avg_over_time(up[{}s]))", long.as_secs());
    let answered_percent = prometheus.number(&answered)?;
    let alerts = "count by (alertname) (ALERTS{alertname!=\"Heartbeat\"})";
    eprintln!("Alerts: {:?}", prometheus.numbers(alerts, "alertname")?);
    eprintln!("{hosts} hosts: without rules, for {:?}.", long / 4);
    prometheus.drop_rules()?;
    let without = Period::measure(&prometheus, long / 4)?;
    let block = prometheus.snapshot()?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes_per_sample = block.bytes as f64 / block.samples as f64;
    let [
        series_services,
        series_rest,
        series_healer,
        series_recorded,
        series_alerts,
    ] = series;
    Ok(Row {
        hosts,
        series_services,
        series_rest,
        series_healer,
        series_recorded,
        series_alerts,
        head_series: with.head_series,
        samples_per_second: with.samples_per_second,
        answered_percent,
        cpu_percent: with.cpu_percent,
        cpu_percent_without_rules: without.cpu_percent,
        resident_megabytes: with.resident_megabytes,
        // The block that was written at the end included.
        peak_megabytes: memory_megabytes(prometheus.pid(), "VmHWM:")?,
        bytes_per_sample,
        megabytes_per_day: with.samples_per_second * bytes_per_sample * 86400.0 / 1e6,
        groups: with.groups.summed_up(),
    })
}

/// A while of one Prometheus.
struct Period {
    cpu_percent: f64,
    /// The median of all looks.
    resident_megabytes: f64,
    head_series: f64,
    samples_per_second: f64,
    groups: Groups,
}

impl Period {
    fn measure(prometheus: &Prometheus, long: Duration) -> Result<Self> {
        const SAMPLES: &str = "prometheus_tsdb_head_samples_appended_total";
        let before = rules::value(&prometheus.metrics()?, SAMPLES);
        let watch = Stopwatch::start();
        let mut cpu = CpuMeter::start(prometheus.pid())?;
        let mut groups = Groups::default();
        let mut resident = Vec::new();
        while watch.elapsed() < long {
            sleep(LOOK_EVERY);
            cpu.look()?;
            resident.push(memory_megabytes(prometheus.pid(), "VmRSS:")?);
            groups.look(&prometheus.metrics()?);
        }
        let seconds = watch.elapsed().as_secs_f64();
        let metrics = prometheus.metrics()?;
        Ok(Self {
            cpu_percent: cpu.milliseconds() / 1e3 / seconds * 100.0,
            resident_megabytes: Summary::of(resident).context("too short")?.median,
            head_series: rules::value(&metrics, "prometheus_tsdb_head_series"),
            samples_per_second: (rules::value(&metrics, SAMPLES) - before) / seconds,
            groups,
        })
    }
}
