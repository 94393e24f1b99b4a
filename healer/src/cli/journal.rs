//! `journal verify`: whether the action log is as it was written, and if not, from which line on.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use prunelle_foundation::lifecycle;
use serde::Serialize;

use super::OutputFlags;
use super::client;
use super::status::printable;
use crate::causes::with_causes;
use crate::journal::LogAnchor;
use crate::journal::verification::{self, Expected, Report, Unreadable};
use crate::settings::{Flags, actions_file, runtime_path, socket, storage_path};

/// The log could not be read: nothing is said about it.
const UNREADABLE: u8 = 2;

/// What can be asked about the journal.
#[derive(Debug, clap::Subcommand)]
pub(super) enum JournalCommand {
    /// Check the action log: no line changed, removed, put in or moved, and its end not cut off
    Verify {
        /// Files of a log, compressed or not; --actions.file with all its finished files when left out
        files: Vec<PathBuf>,
        /// The log must reach this line: `prunelle_healer_journal_sequence`, as Prometheus has kept it
        #[arg(long, value_name = "NUMBER")]
        last_seq: Option<u64>,
        #[command(flatten)]
        output: OutputFlags,
    },
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Verdict<'r> {
    is_good: bool,
    /// Who says where the log must end.
    anchor: Option<&'static str>,
    #[serde(flatten)]
    report: &'r Report,
}

impl JournalCommand {
    /// 0: good; 1: not as it was written; 2: it cannot be read.
    pub(super) fn run(self, flags: &Flags) -> anyhow::Result<(String, ExitCode)> {
        let Self::Verify {
            files,
            last_seq,
            output,
        } = self;
        let checked = if files.is_empty() {
            check_configured(flags, last_seq)?
        } else {
            let expected = Expected {
                last_seq,
                ..Expected::default()
            };
            verification::verify(verification::ordered(files), &expected)
                .map(|report| (report, None))
        };
        let (report, source) = match checked {
            Ok(checked) => checked,
            Err(error) => {
                eprintln!("prunelle-healer: {}", with_causes(&error));
                return Ok((String::new(), ExitCode::from(UNREADABLE)));
            }
        };
        let source = source.or(last_seq.map(|_| "--last-seq"));
        let code = if report.is_good() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
        let text = if output.json {
            serde_json::to_string_pretty(&Verdict {
                is_good: report.is_good(),
                anchor: source,
                report: &report,
            })?
        } else {
            text(&report, source)
        };
        Ok((text, code))
    }
}

type Checked = Result<(Report, Option<&'static str>), Unreadable>;

/// Checks the log of the settings against what the journal says, by its daemon or by its file.
fn check_configured(flags: &Flags, last_seq: Option<u64>) -> anyhow::Result<Checked> {
    let log = actions_file(flags);
    // Before the files: they may only grow meanwhile.
    let socket = socket(&runtime_path(flags));
    let (anchor, source, why_none) = match lifecycle::block_on(1, client::log_anchor(&socket))? {
        Ok(anchor) => (Some(anchor), Some("the daemon"), None),
        Err(of_daemon) => match LogAnchor::of_folder(&storage_path(flags)) {
            Ok(anchor) => (Some(anchor), Some("the journal"), None),
            Err(error) => {
                let line = of_daemon.to_string();
                let line = line.lines().next().unwrap_or_default().to_owned();
                (
                    None,
                    None,
                    Some(format!(
                        "{line}; the journal in {}: {error}",
                        storage_path(flags).display()
                    )),
                )
            }
        },
    };
    let (files, aside) = match verification::all(&log) {
        Ok(found) => found,
        Err(source) => return Ok(Err(Unreadable { path: log, source })),
    };
    if files.is_empty()
        && anchor.as_ref().is_none_or(|anchor| anchor.logged == 0)
        && last_seq.is_none()
    {
        let source = io::ErrorKind::NotFound.into();
        return Ok(Err(Unreadable { path: log, source }));
    }
    let expected = Expected {
        anchor,
        last_seq,
        is_being_written: source == Some("the daemon"),
    };
    Ok(verification::verify(files, &expected).map(|mut report| {
        for path in aside {
            report.notes.push(format!(
                "{} lies beside: it was moved there because it did not fit this journal",
                path.display()
            ));
        }
        report
            .notes
            .extend(why_none.map(|why| format!("the journal could not be asked: {why}")));
        (report, source)
    }))
}

/// The report in words.
fn text(report: &Report, source: Option<&str>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    match report.problems.first() {
        None => {
            let _ = write!(text, "good: ");
        }
        Some(first) => {
            let _ = write!(text, "BAD: {}:{}", first.file.display(), first.line);
            if let Some(seq) = first.seq {
                let _ = write!(text, " (seq {seq})");
            }
            let _ = writeln!(text, " {}", first.message);
            let _ = write!(text, "{} problems in ", report.problem_count);
        }
    }
    let _ = write!(
        text,
        "{} lines in {} files",
        report.lines,
        report.files.len()
    );
    if let (Some(first), Some(last)) = (report.first, report.last) {
        let _ = write!(text, ", seq {first} to {last}");
    }
    if let Some(source) = source {
        let _ = write!(text, "; its end is held against {source}");
    }
    for problem in report.problems.iter().skip(1) {
        let _ = write!(text, "\n  {}:{}", problem.file.display(), problem.line);
        if let Some(seq) = problem.seq {
            let _ = write!(text, " (seq {seq})");
        }
        let _ = write!(text, " {}", problem.message);
    }
    let untold = report.problem_count - report.problems.len() as u64;
    if untold > 0 {
        let _ = write!(text, "\n  … and {untold} more");
    }
    for note in &report.notes {
        let _ = write!(text, "\nnote: {}", printable(note));
    }
    text
}
