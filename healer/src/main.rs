//! prunelle-healer: the command line in, an exit code out. All else is library code.

use std::process::ExitCode;

use clap::Parser as _;
use prunelle_healer::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            // The one place that prints an error with its causes.
            eprintln!("prunelle-healer: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  cause: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}
