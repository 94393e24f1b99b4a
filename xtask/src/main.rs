//! Chores as code: `cargo xtask audit`, `cargo xtask bench heal`, `cargo xtask bench idle`.
#![expect(clippy::print_stdout, reason = "a chore reports on the terminal")]

use anyhow::Result;
use clap::{Parser, Subcommand};

mod audit;

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
}

fn main() -> Result<()> {
    match Arguments::parse().chore {
        Chore::Audit => audit::run(),
    }
}
