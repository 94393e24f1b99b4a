//! Scraping at a pace, and what it cost.

use std::fmt;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use prunelle_sandbox::wait::Stopwatch;
use serde::Serialize;

use super::client::{Answer, Client};
use super::cpu::CpuMeter;
use super::program::Program;
use crate::bench::idle::memory_megabytes;
use crate::bench::statistics::Summary;

/// So many scrapes come before what is measured: caches fill, connections are made.
const WARM_UP: usize = 20;

/// How often CPU time is looked at, flat out.
const LOOK_EVERY: usize = 100;

/// What the client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bench) enum Encoding {
    Plain,
    Gzip,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
        })
    }
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figures {
    pub(super) scrapes: usize,
    /// CPU time of the process, divided by the scrapes.
    pub(super) cpu_milliseconds: f64,
    pub(super) median_milliseconds: f64,
    pub(super) p99_milliseconds: f64,
    pub(super) resident_megabytes: f64,
    pub(super) peak_megabytes: f64,
    /// Of the last body as it was sent.
    pub(super) bytes: usize,
    /// In the last body; none when it was compressed.
    pub(super) samples: Option<usize>,
}

/// Scrapes one program alone, without a pause.
pub(super) fn flat_out(
    program: &Program,
    query: &str,
    encoding: Encoding,
    scrapes: usize,
) -> Result<Figures> {
    let mut client = Client::new(program.address(), query, encoding)?;
    for _ in 0..WARM_UP {
        client.scrape()?;
    }
    let mut cpu = CpuMeter::start(program.pid())?;
    let mut answers = Vec::with_capacity(scrapes);
    for number in 1..=scrapes {
        answers.push(client.scrape()?);
        if number % LOOK_EVERY == 0 {
            cpu.look()?;
        }
    }
    figures(program, &client, encoding, cpu, &answers)
}

/// Scrapes both programs at one scrape a second each, half a second apart.
pub(super) fn at_one_a_second(
    programs: &[Program; 2],
    encoding: Encoding,
    long: Duration,
) -> Result<Vec<(&'static str, Figures)>> {
    let mut clients = Vec::new();
    for program in programs {
        let mut client = Client::new(program.address(), "", encoding)?;
        for _ in 0..WARM_UP {
            client.scrape()?;
        }
        clients.push((client, CpuMeter::start(program.pid())?, Vec::new()));
    }
    let watch = Stopwatch::start();
    let half = Duration::from_millis(500);
    let mut due = Duration::ZERO;
    while due < long {
        for (client, cpu, answers) in &mut clients {
            sleep(due.saturating_sub(watch.elapsed()));
            answers.push(client.scrape()?);
            cpu.look()?;
            due += half;
        }
    }
    sleep(due.saturating_sub(watch.elapsed()));
    programs
        .iter()
        .zip(clients)
        .map(|(program, (client, cpu, answers))| {
            let figures = figures(program, &client, encoding, cpu, &answers)?;
            Ok((program.name(), figures))
        })
        .collect()
}

fn figures(
    program: &Program,
    client: &Client,
    encoding: Encoding,
    mut cpu: CpuMeter,
    answers: &[Answer],
) -> Result<Figures> {
    cpu.look()?;
    let last = answers.last().context("no scrape")?;
    // Small bodies need not be compressed by anybody.
    ensure!(
        last.is_gzip == (encoding == Encoding::Gzip) || last.bytes < 4096,
        "{} does not answer as it was asked to ({encoding})",
        program.name()
    );
    let took = answers.iter().map(|answer| answer.took.as_secs_f64());
    let took = Summary::of(took).context("no scrape")?;
    let count = u32::try_from(answers.len())?;
    Ok(Figures {
        scrapes: answers.len(),
        cpu_milliseconds: cpu.milliseconds() / f64::from(count),
        median_milliseconds: 1e3 * took.median,
        p99_milliseconds: 1e3 * took.p99,
        resident_megabytes: memory_megabytes(program.pid(), "VmRSS:")?,
        peak_megabytes: memory_megabytes(program.pid(), "VmHWM:")?,
        bytes: last.bytes,
        samples: (!last.is_gzip).then(|| samples(client.body())),
    })
}

fn samples(body: &[u8]) -> usize {
    let lines = body.split(|&byte| byte == b'\n');
    lines
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .count()
}
