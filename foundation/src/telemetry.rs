//! Logging: one line an event on standard error, logfmt or JSON. Called once, first thing in each program.

use std::str::FromStr;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, reload};

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// `key=value`, for people and for Loki.
    #[default]
    Logfmt,
    /// One JSON object a line.
    Json,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Neither a level nor a filter.
    #[error("`{level}` is not a log level: use error, warn, info, debug or trace")]
    Level {
        /// What was given.
        level: String,
        /// Why.
        source: tracing_subscriber::filter::ParseError,
    },
    /// No such format.
    #[error("`{0}` is not a log format: use logfmt or json")]
    Format(String),
    /// Logging was set up before.
    #[error("logging is set up already")]
    Twice(#[source] tracing_subscriber::util::TryInitError),
    /// The log is gone.
    #[error("cannot change the level of the log")]
    Change(#[source] reload::Error),
}

impl FromStr for LogFormat {
    type Err = TelemetryError;

    fn from_str(text: &str) -> Result<Self, TelemetryError> {
        match text {
            "logfmt" => Ok(Self::Logfmt),
            "json" => Ok(Self::Json),
            other => Err(TelemetryError::Format(other.to_owned())),
        }
    }
}

/// Changes the level of the log while the program runs; clones change the same log.
#[derive(Clone, Debug)]
pub struct LogControl(reload::Handle<EnvFilter, Registry>);

impl LogControl {
    /// Logs at this level, or by this filter, from now on.
    pub fn set_level(&self, level: &str) -> Result<(), TelemetryError> {
        self.0
            .reload(filter(level)?)
            .map_err(TelemetryError::Change)
    }
}

/// Whether [`init`] takes this as level or filter.
pub fn is_level(level: &str) -> bool {
    filter(level).is_ok()
}

/// Starts logging to standard error. `level` is a level or a filter in tracing's grammar (`info,prunelle_systemd=debug`).
pub fn init(format: LogFormat, level: &str) -> Result<LogControl, TelemetryError> {
    let (filter, control) = reload::Layer::new(filter(level)?);
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Logfmt => registry
            .with(
                tracing_logfmt::builder()
                    .with_target(true)
                    .layer()
                    .with_writer(std::io::stderr),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
    }
    .map_err(TelemetryError::Twice)?;
    Ok(LogControl(control))
}

/// A bare word must be a level: as a filter it would be taken for a module's name and silence everything.
fn filter(level: &str) -> Result<EnvFilter, TelemetryError> {
    let is_word = !level.contains([',', '=', '[']);
    let directives = if is_word && tracing::Level::from_str(level).is_err() && level != "off" {
        "=" // which is no directive, so that the error below is reported
    } else {
        level
    };
    EnvFilter::try_new(directives).map_err(|source| TelemetryError::Level {
        level: level.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
