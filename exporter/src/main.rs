//! The exporter's life: settings, log, socket, host, serve until told to stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use prunelle_exporter::collector::chain;
use prunelle_exporter::settings::{Given, Settings};
use prunelle_exporter::{run, start};
use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::lifecycle::{self, Lifecycle};
use prunelle_foundation::web_config::WebConfig;
use prunelle_foundation::{listener, telemetry};

/// Scrapes and the client of systemd share these; files are read on others.
const WORKERS: usize = 2;
/// How long running scrapes may take once stopping has begun.
const GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let given = Given::parse(std::env::args_os()).unwrap_or_else(|error| error.exit());
    match given.resolve().map_err(anyhow::Error::from).and_then(serve) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    telemetry::init(settings.log_format, &settings.log_level)?;
    let clock: SharedClock = Arc::new(SystemClock::new().context("cannot read the boot id")?);
    let web_config = start::web_config(&settings, &clock)?;
    let bound = settings.listen.iter().map(listener::bind);
    let listeners = bound.collect::<Result<Vec<_>, _>>()?;
    lifecycle::block_on(WORKERS, async {
        let lifecycle = Lifecycle::new();
        let (tasks, stop) = (lifecycle.tasks(), lifecycle.stop());
        let host = start::host(&settings, web_config, &clock, &tasks, &stop)?;
        let scheme = host.web_config.as_ref().map_or("http", WebConfig::scheme);
        for listener in &listeners {
            tracing::info!(scheme, address = %listener.local_addr()?, "listening");
        }
        let serving = run(host, settings.web, listeners, tasks.clone(), stop);
        tasks.spawn_essential("listener", async {
            if let Err(error) = serving.await {
                tracing::error!(error = chain(&error), "cannot serve");
            }
        });
        let reason = lifecycle.run(GRACE).await;
        Ok(if reason.is_failure() {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    })?
}
