//! The command line: the daemon without a subcommand, and the commands of people beside it.
//!
//! Standard output carries what was asked for and nothing else; what went wrong goes to standard error, with its
//! causes and what to do about it. `main` is the only caller.

mod approvals;
mod check_config;
mod client;
mod doctor;
mod explain;
mod history;
mod journal;
mod notify;
mod polkit;
mod report;
mod simulate;
mod status;
mod switching;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::lifecycle::child;
use prunelle_foundation::{lifecycle, telemetry};
use serde::Serialize;

use self::client::ClientError;
use crate::control::HistoryRequest;
use crate::remedy::run_command;
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
    /// Print the rules file for polkit: exactly the units and verbs that the policy can need
    Polkit {
        /// The user that the daemon runs as
        #[arg(long, value_name = "NAME", default_value = "prunelle")]
        user: String,
    },
    /// Do nothing to a target, or to anything, for a while
    Pause {
        /// `all`, a unit such as nginx, a folder such as /tmp, or a target by its full name
        target: String,
        /// How long, such as 90m or 1h30m
        #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
        lasts: PromDuration,
        /// Why, for whoever looks later
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// End a pause or a quarantine; what still fires is looked at again at once
    Resume {
        /// `all` for the pauses that cover everything, else the unit, folder or other target
        target: String,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// End a quarantine; what still fires is looked at again at once
    Release {
        /// The unit, folder or other target, as `status` shows it
        target: String,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Say yes to a question that `status` shows
    Approve {
        /// Its number
        number: i64,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Say no to a question that `status` shows
    Deny {
        /// Its number
        number: i64,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Look at everything that the healer needs, and say for each fault what mends it
    Doctor {
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Wait in a scope to be let go, then become a command: the daemon starts this for the remedy `run_command`
    #[command(name = run_command::SUBCOMMAND, hide = true)]
    RunInScope {
        /// The command
        #[arg(last = true, required = true)]
        argv: Vec<OsString>,
    },
    /// Say what would be made of an alert and why: each rule, each guard, the plan; nothing is touched
    Explain {
        /// A file with an alert, as Alertmanager's API or webhook writes it; `-` is standard input
        #[arg(long, value_name = "FILE")]
        alert: PathBuf,
        /// Do not ask the daemon: take the policy's file, this machine as it is, and no past
        #[arg(long)]
        offline: bool,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Try whether people can be told, and show who can
    #[command(subcommand)]
    Notify(notify::NotifyCommand),
    /// Report on incidents, repairs, noise and what needs a person, as text, a page, a PDF or JSON
    Report(report::ReportFlags),
    /// Tell what the policy would have done about the alerts that Prometheus remembers; touches nothing
    Simulate(simulate::SimulateFlags),
    /// Show what the daemon sees and does
    Status {
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Show what was done and what was not, and why, the newest first
    History {
        /// How far back, such as 24h or 7d
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "7d")]
        since: PromDuration,
        /// Only about this unit, folder or other target
        #[arg(long, value_name = "TARGET")]
        target: Option<String>,
        /// Only with this status: success, failed, timeout, deferred, suppressed, approved …
        #[arg(long, value_name = "STATUS")]
        outcome: Option<String>,
        /// How many lines at most
        #[arg(long, value_name = "NUMBER", default_value = "50")]
        limit: usize,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// What is about the journal and the action log made from it
    #[command(subcommand)]
    Journal(journal::JournalCommand),
}

#[derive(Clone, Copy, Debug, clap::Args)]
struct OutputFlags {
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

fn duration(text: &str) -> Result<PromDuration, String> {
    text.parse()
        .map_err(|error: prunelle_foundation::duration::DurationError| {
            format!("{error}; {}", error.hint())
        })
}

/// Threads of the daemon's runtime: it waits much and computes little.
const WORKERS: usize = 2;

/// What was asked makes no sense.
const MISUSED: u8 = 2;

impl Cli {
    /// Does what was asked. 0: done; 1: refused, not found or failed; 2: what was asked makes no sense.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let Some(command) = self.command else {
            return serve(&self.flags);
        };
        let (text, code) = match command.run(&self.flags) {
            Ok(done) => done,
            Err(error) => {
                return match error.downcast_ref() {
                    Some(CheckFailed(errors)) => {
                        // Bare, so that editors find file, line and column.
                        eprintln!("{errors}");
                        Ok(ExitCode::FAILURE)
                    }
                    None if is_misuse(&error) => {
                        eprintln!("prunelle-healer: {error}");
                        Ok(ExitCode::from(MISUSED))
                    }
                    None => Err(error),
                };
            }
        };
        print(&text)?;
        Ok(code)
    }
}

/// Prints what was asked for.
fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // Whoever read the output has seen enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// A file that was to be checked is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct CheckFailed(anyhow::Error);

fn is_misuse(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ClientError::Misused(_)))
}

impl Command {
    /// What is to be printed, and how the program is to end then.
    fn run(self, flags: &Flags) -> anyhow::Result<(Vec<u8>, ExitCode)> {
        let socket = socket(&runtime_path(flags));
        let text = match self {
            Self::CheckConfig { file } => {
                let policy = file.unwrap_or_else(|| policy_file(flags));
                check_config::run(&policy, web_config_file(flags).as_deref())
                    .map_err(CheckFailed)?
            }
            Self::RunInScope { argv } => {
                let error = child::wait_and_become(&argv);
                return Err(error).context(format!("cannot run {argv:?}"));
            }
            Self::Polkit { user } => polkit::run(&policy_file(flags), &user)?,
            Self::Pause {
                target,
                lasts,
                note,
                output,
            } => {
                let pausing = switching::pause(&socket, target, lasts, note, output.json);
                lifecycle::block_on(1, pausing)??
            }
            Self::Resume { target, output } => {
                lifecycle::block_on(1, switching::resume(&socket, target, output.json))??
            }
            Self::Release { target, output } => {
                lifecycle::block_on(1, switching::release(&socket, target, output.json))??
            }
            Self::Approve { number, output } => {
                lifecycle::block_on(1, approvals::answer(&socket, number, true, output.json))??
            }
            Self::Deny { number, output } => {
                lifecycle::block_on(1, approvals::answer(&socket, number, false, output.json))??
            }
            Self::Doctor { output } => {
                let variable = std::env::var(AUTO_HEALING_VARIABLE).ok();
                let settings = Settings::resolve(flags, variable.as_deref())?;
                let diagnosis = lifecycle::block_on(WORKERS, doctor::diagnose(&socket, settings))??;
                let code = if diagnosis.has_failures() {
                    ExitCode::FAILURE
                } else {
                    ExitCode::SUCCESS
                };
                return Ok((line(said(&diagnosis, output.json, doctor::text)), code));
            }
            Self::Explain {
                alert,
                offline,
                output,
            } => {
                let variable = std::env::var(AUTO_HEALING_VARIABLE).ok();
                let settings = Settings::resolve(flags, variable.as_deref())?;
                let explaining = explain::explain(&socket, settings, alert, offline, output.json);
                lifecycle::block_on(WORKERS, explaining)??
            }
            Self::Notify(command) => {
                let (text, code) = command.run(flags)?;
                return Ok((line(text), code));
            }
            Self::Simulate(asked) => lifecycle::block_on(WORKERS, simulate::run(flags, asked))??,
            Self::Report(asked) => {
                let report = lifecycle::block_on(1, report::run(flags, asked))??;
                return Ok((report, ExitCode::SUCCESS));
            }
            Self::Journal(command) => {
                let (text, code) = command.run(flags)?;
                return Ok((line(text), code));
            }
            Self::Status { output } => {
                let status = lifecycle::block_on(1, client::status(&socket))??;
                said(&status, output.json, status::text)
            }
            Self::History {
                since,
                target,
                outcome,
                limit,
                output,
            } => {
                let request = HistoryRequest {
                    since,
                    target,
                    outcome,
                    limit,
                };
                lifecycle::block_on(1, history::history(&socket, request, output.json))??
            }
        };
        Ok((line(text), ExitCode::SUCCESS))
    }
}

/// With an end of line.
fn line(mut text: String) -> Vec<u8> {
    text.push('\n');
    text.into_bytes()
}

/// An answer of the daemon, for programs or in words for people.
fn said<T: Serialize>(answer: &T, is_json: bool, words: impl FnOnce(&T) -> String) -> String {
    // What was read from JSON can be written as JSON.
    match is_json.then(|| serde_json::to_string_pretty(answer)) {
        Some(Ok(json)) => json,
        Some(Err(_)) | None => words(answer),
    }
}

fn serve(flags: &Flags) -> anyhow::Result<ExitCode> {
    let variable = std::env::var(AUTO_HEALING_VARIABLE).ok();
    let settings = Settings::resolve(flags, variable.as_deref())?;
    telemetry::init(settings.log_format, &settings.log_level)?;
    lifecycle::block_on(WORKERS, crate::run::run(settings))??;
    Ok(ExitCode::SUCCESS)
}
