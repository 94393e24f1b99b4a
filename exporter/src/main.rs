//! The exporter's life: settings, log, socket, host, serve until told to stop.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use prunelle_exporter::collector::chain;
use prunelle_exporter::settings::{Given, Loaded};
use prunelle_exporter::{run, start};
use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::lifecycle::{self, Lifecycle};
use prunelle_foundation::{listener, telemetry};

/// Scrapes and the client of systemd share it; files are read on other threads. A second worker would only be woken to
/// find nothing to do, which costs more than it saves.
const WORKERS: usize = 1;
/// How long running scrapes may take once stopping has begun.
const GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let given = Given::parse(std::env::args_os(), std::env::vars_os());
    let given = given.unwrap_or_else(|error| error.exit());
    match given
        .load()
        .map_err(Into::into)
        .and_then(|it| run_with(given, it))
    {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_with(given: Given, loaded: Loaded) -> anyhow::Result<ExitCode> {
    let settings = &loaded.settings;
    let clock: SharedClock = Arc::new(SystemClock::new().context("cannot read the boot id")?);
    let web_config = start::web_config(settings, &clock)?;
    if given.is_check {
        write!(std::io::stdout(), "{loaded}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let log = telemetry::init(settings.log_format, &settings.log_level)?;
    given.warn();
    let bound = settings.listen.iter().map(listener::bind);
    let listeners = bound.collect::<Result<Vec<_>, _>>()?;
    lifecycle::block_on(WORKERS, async {
        let mut lifecycle = Lifecycle::new();
        let tasks = lifecycle.tasks();
        let app = start::app(given, loaded, web_config, log, &clock, &mut lifecycle)?;
        let scheme = app.scheme();
        for listener in &listeners {
            tracing::info!(scheme, address = %listener.local_addr()?, "listening");
        }
        let serving = run(app, listeners);
        tasks.spawn_essential("listener", async {
            if let Err(error) = serving.await {
                tracing::error!(error = chain(&error), "cannot serve");
            }
        });
        let reason = lifecycle.run(GRACE).await;
        Ok(ExitCode::from(u8::from(reason.is_failure())))
    })?
}
