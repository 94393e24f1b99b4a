//! The command line: the daemon without a subcommand, and the commands of people beside it.
//!
//! Standard output carries what was asked for and nothing else; what went wrong goes to standard error, with its
//! causes and what to do about it. `main` is the only caller.

mod check_config;
mod client;
mod doctor;
mod status;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::{lifecycle, telemetry};

use crate::settings::{
    AUTO_HEALING_VARIABLE, Flags, Settings, policy_file, runtime_path, socket, web_config_file,
};

/// Receives alerts from Alertmanager and repairs what the policy allows: bounded, journaled, verified, explained.
#[derive(Debug, Parser)]
#[command(
    name = "prunelle-healer",
    version,
    subcommand_help_heading = "Commands (none: run the daemon)"
)]
pub struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read a policy and print what it allows, or everything that is wrong with it; the same for --web.config.file
    CheckConfig {
        /// The policy; --policy.file when left out
        file: Option<PathBuf>,
    },
    /// Do nothing to a target, or to anything, for a while
    Pause {
        /// `all`, a unit such as nginx, or a folder such as /tmp
        target: String,
        /// How long, such as 90m or 1h30m
        #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
        lasts: PromDuration,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
    },
    /// End a pause or a quarantine; what still fires is looked at again at once
    Resume {
        /// `all` for the pauses that cover everything, else the unit or folder
        target: String,
    },
    /// Look at everything that the healer needs, and say for each fault what mends it
    Doctor {
        /// Print everything as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what the daemon sees and does
    Status {
        /// Print everything as JSON
        #[arg(long)]
        json: bool,
    },
}

fn duration(text: &str) -> Result<PromDuration, String> {
    text.parse()
        .map_err(|error: prunelle_foundation::duration::DurationError| {
            format!("{error}; {}", error.hint())
        })
}

/// Threads of the daemon's runtime: it waits much and computes little.
const WORKERS: usize = 2;

impl Cli {
    /// Does what was asked.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let socket = socket(&runtime_path(&self.flags));
        let text = match self.command {
            None => return serve(&self.flags),
            Some(Command::CheckConfig { file }) => {
                let policy = file.unwrap_or_else(|| policy_file(&self.flags));
                match check_config::run(&policy, web_config_file(&self.flags).as_deref()) {
                    Ok(summary) => summary,
                    Err(errors) => {
                        // Bare, so that editors find file, line and column.
                        eprintln!("{errors}");
                        return Ok(ExitCode::FAILURE);
                    }
                }
            }
            Some(Command::Pause {
                target,
                lasts,
                note,
            }) => lifecycle::block_on(1, client::pause(&socket, target, lasts, note))??,
            Some(Command::Resume { target }) => {
                lifecycle::block_on(1, client::resume(&socket, target))??
            }
            Some(Command::Doctor { json }) => {
                let settings = Settings::resolve(
                    &self.flags,
                    std::env::var(AUTO_HEALING_VARIABLE).ok().as_deref(),
                )?;
                let diagnosis = lifecycle::block_on(WORKERS, doctor::diagnose(&socket, settings))??;
                let text = if json {
                    serde_json::to_string_pretty(&diagnosis)?
                } else {
                    doctor::text(&diagnosis)
                };
                print(&text)?;
                return Ok(if diagnosis.has_failures() {
                    ExitCode::FAILURE
                } else {
                    ExitCode::SUCCESS
                });
            }
            Some(Command::Status { json }) => {
                let status = lifecycle::block_on(1, client::status(&socket))??;
                if json {
                    serde_json::to_string_pretty(&status)?
                } else {
                    status::text(&status)
                }
            }
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints what was asked for.
fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        // Whoever read the output has seen enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

fn serve(flags: &Flags) -> anyhow::Result<ExitCode> {
    let variable = std::env::var(AUTO_HEALING_VARIABLE).ok();
    let settings = Settings::resolve(flags, variable.as_deref())?;
    telemetry::init(settings.log_format, &settings.log_level)?;
    lifecycle::block_on(WORKERS, crate::run::run(settings))??;
    Ok(ExitCode::SUCCESS)
}
