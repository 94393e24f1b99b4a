//! Chores as code: `cargo xtask audit`, `dashboards`, `docs`, `bench heal`, `bench hosts`, `bench idle`,
//! `bench intake`, `bench scrape`.
#![expect(clippy::print_stdout, reason = "a chore reports on the terminal")]

use anyhow::Result;
use clap::{Parser, Subcommand};

mod audit;
mod bench;
mod dashboards;
mod docs;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the Prunelle workspace")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Check advisories, licences and sources of all dependencies by deny.toml (needs cargo-deny)
    Audit,
    /// Write docs/reference/ and docs/alerts.md anew: metrics and settings of the exporter, schema of the policy, all alerts
    Docs,
    /// Write grafana/dashboards/ anew from grafana/source/
    Dashboards,
    /// Measure whole programs, built for release
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Subcommand)]
enum Bench {
    /// Kill to active, through real Prometheus and Alertmanager, beside Monit (20 minutes)
    Heal(bench::heal::HealOptions),
    /// What 1, 10 and 100 hosts cost a Prometheus with the shipped jobs and rules (20 minutes)
    Hosts(bench::hosts::HostsOptions),
    /// CPU and memory of exporter and healer at rest, in both profiles (10 minutes)
    Idle(bench::idle::IdleOptions),
    /// What the healer's webhook takes, and in how much memory, beside Debian's `webhook` (8 minutes)
    Intake(bench::intake::IntakeOptions),
    /// What a scrape of the exporter costs, beside `node_exporter` (10 minutes)
    Scrape(bench::scrape::ScrapeOptions),
}

fn main() -> Result<()> {
    match Arguments::parse().chore {
        Chore::Audit => audit::run(),
        Chore::Dashboards => dashboards::run(),
        Chore::Docs => docs::run(),
        Chore::Bench(Bench::Heal(options)) => bench::heal::run(options),
        Chore::Bench(Bench::Hosts(options)) => bench::hosts::run(&options),
        Chore::Bench(Bench::Idle(options)) => bench::idle::run(options),
        Chore::Bench(Bench::Intake(options)) => bench::intake::run(options),
        Chore::Bench(Bench::Scrape(options)) => bench::scrape::run(options),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a chore for developers: nothing here runs on a server"
)]
fn command(program: &str) -> std::process::Command {
    std::process::Command::new(program)
}
