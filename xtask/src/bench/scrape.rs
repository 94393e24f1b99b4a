//! `cargo xtask bench scrape`: what a scrape costs, beside `node_exporter` on the same host in the same run.
//!
//! Both programs run the collectors that both have, all of them and no other, and are asked in turn by a client that
//! keeps its connection, as Prometheus does, at the machine's own address: to loopback nothing is sent compressed.
//! CPU is what the kernel charges to the process, so that the client and the rest of the machine do not count.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use prunelle_sandbox::node_exporter::COLLECTORS;
use prunelle_sandbox::{Manager, Options};
use serde::Serialize;

use super::{build_release, keep};
use measure::{Encoding, Figures, at_one_a_second, flat_out};
use program::{Kind, Place, Program};

pub(super) mod client;
pub(super) mod cpu;
pub(super) mod measure;
mod program;
mod report;
mod scale;

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ScrapeOptions {
    /// Seconds at one scrape a second
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Scrapes one after the other
    #[arg(long, default_value_t = 2000)]
    scrapes: usize,
    /// An exporter that is built already, instead of a release build
    #[arg(long)]
    exporter: Option<PathBuf>,
    /// Print all figures as JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Few scrapes, small scales: to see that it works
    #[arg(long)]
    quick: bool,
}

/// What one program did in one situation.
#[derive(Debug, Serialize)]
struct Row {
    /// Which table it belongs to.
    part: &'static str,
    /// What is the same for both programs.
    situation: String,
    program: &'static str,
    #[serde(flatten)]
    figures: Figures,
}

/// Runs it and prints the figures.
pub(crate) fn run(options: ScrapeOptions) -> Result<()> {
    let options = if options.quick {
        ScrapeOptions {
            seconds: 5,
            scrapes: 100,
            ..options
        }
    } else {
        options
    };
    let ours = match &options.exporter {
        Some(path) => path.canonicalize().context("no such exporter")?,
        None => build_release(&["prunelle-exporter"])?.join("prunelle-exporter"),
    };
    let bench = Bench {
        ours,
        options: options.clone(),
    };
    let mut rows = bench.same_collectors()?;
    rows.extend(bench.everything()?);
    rows.extend(scale::units(&bench)?);
    rows.extend(scale::mounts(&bench)?);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        report::print(&rows);
    }
    keep("scrape", &rows)
}

/// What is measured with what.
struct Bench {
    ours: PathBuf,
    options: ScrapeOptions,
}

impl Bench {
    /// Tells on standard error: standard output holds the figures only.
    fn say(what: &str) {
        eprintln!("{what}");
    }

    /// The same collectors on this host: plain and gzip, at one a second and flat out.
    fn same_collectors(&self) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for encoding in [Encoding::Plain, Encoding::Gzip] {
            let programs = self.start(&Place::Host, COLLECTORS)?;
            Self::say(&format!(
                "Same collectors, {encoding}, at one scrape a second."
            ));
            let seconds = Duration::from_secs(self.options.seconds);
            for (program, figures) in at_one_a_second(&programs, encoding, seconds)? {
                rows.push(Row {
                    part: "same collectors",
                    situation: format!("{encoding}, 1/s"),
                    program,
                    figures,
                });
            }
            Self::say(&format!("Same collectors, {encoding}, flat out."));
            for program in &programs {
                rows.push(Row {
                    part: "same collectors",
                    situation: format!("{encoding}, flat out"),
                    program: program.name(),
                    figures: flat_out(program, "", encoding, self.options.scrapes)?,
                });
            }
        }
        Ok(rows)
    }

    /// Each program with all that it does when nothing is set.
    fn everything(&self) -> Result<Vec<Row>> {
        Self::say("Each with its own defaults.");
        let mut rows = Vec::new();
        for kind in [Kind::NodeExporter, Kind::Ours(self.ours.clone())] {
            let program = Program::start(kind, &Place::Host, None, &[])?;
            rows.push(Row {
                part: "own defaults",
                situation: "plain, flat out".to_owned(),
                program: program.name(),
                figures: flat_out(&program, "", Encoding::Plain, self.options.scrapes)?,
            });
        }
        Ok(rows)
    }

    /// Both programs in one place with the collectors that both have, theirs first.
    fn start(&self, place: &Place<'_>, collectors: &[&str]) -> Result<[Program; 2]> {
        let collectors = program::known_to_both(&self.ours, collectors)?;
        let start = |kind| Program::start(kind, place, Some(&collectors), &[]);
        Ok([
            start(Kind::NodeExporter)?,
            start(Kind::Ours(self.ours.clone()))?,
        ])
    }

    fn sandbox() -> Result<Manager> {
        Manager::start(Options::default())
    }
}
