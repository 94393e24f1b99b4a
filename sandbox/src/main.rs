//! `prunelle-sandbox`: the demo behind start.sh.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use prunelle_sandbox::demo::{self, Demo};

/// The demo: a sandbox with a few services, exporter and healer inside, Prometheus and Alertmanager outside
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Folder of the demo's state and logs
    #[arg(
        long,
        default_value = ".prunelle",
        value_name = "FOLDER",
        global = true
    )]
    dir: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Run until Ctrl-C
    Demo(demo::Options),
    /// Kill a service of the running demo and show what follows
    Break {
        /// web, db or worker
        service: String,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_terminal = io::stdout().is_terminal();
    let result = match arguments.command {
        Command::Demo(options) => Demo::start(&arguments.dir, &options, &mut io::stdout())
            .and_then(|demo| demo.run(is_terminal, &mut io::stdout())),
        Command::Break { service } => {
            demo::break_service(&arguments.dir, &service, &mut io::stdout())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the reports has seen enough of them.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("prunelle-sandbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
