//! The program's settings: flags and environment in, one checked [`Settings`] out.
//!
//! Every flag is an option without a default and has one environment variable; the flag wins, an empty variable counts
//! as unset, and [`Settings::resolve`] is the one place that knows the defaults. `AUTO_HEALING_ENABLED` is the
//! exception: the more cautious of flag and variable counts, because nothing may raise the mode.

mod flags;
mod problem;

use std::path::PathBuf;
use std::str::FromStr;

use prunelle_foundation::listener::ListenAddress;
use prunelle_foundation::quantity::ByteSize;
use prunelle_foundation::telemetry::LogFormat;
use reqwest::Url;

pub use flags::Flags;
use problem::Errors;
pub use problem::{SettingError, SettingErrors};

/// The variable behind `--auto-healing-enabled`, read apart because the flag does not override it.
pub const AUTO_HEALING_VARIABLE: &str = "AUTO_HEALING_ENABLED";

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen_address: ListenAddress,
    /// Files with a token each; at least one.
    pub token_files: Vec<PathBuf>,
    /// The policy.
    pub policy_file: PathBuf,
    /// Folder of the journal.
    pub storage_path: PathBuf,
    /// Bytes held back for the journal.
    pub storage_reserve: ByteSize,
    /// The action log.
    pub actions_file: PathBuf,
    /// Folder of the control socket and the pause file.
    pub runtime_path: PathBuf,
    /// Alertmanager's base address.
    pub alertmanager_url: Url,
    /// Grafana's base address.
    pub grafana_url: Option<Url>,
    /// Names and globs of services, as given.
    pub monitored_services: Vec<String>,
    /// False: observe; true or none: no opinion.
    pub auto_healing_enabled: Option<bool>,
    /// Level or filter of the log.
    pub log_level: String,
    /// How log lines look.
    pub log_format: LogFormat,
}

impl Settings {
    /// Flags and the variable `AUTO_HEALING_ENABLED` in, settings out. Pure.
    pub fn resolve(
        flags: &Flags,
        auto_healing_variable: Option<&str>,
    ) -> Result<Self, SettingErrors> {
        let mut errors = Errors::default();
        let listen_address = errors.parse(
            "--web.listen-address",
            or(flags.listen_address.as_deref(), "127.0.0.1:8050"),
            "write `host:port`, or `:port` for all addresses",
            |text| ListenAddress::from_str(text).map_err(|error| error.to_string()),
        );
        let storage_reserve = errors.parse(
            "--storage.reserve",
            or(flags.storage_reserve.as_deref(), "64MiB"),
            "write a size, as in `64MiB`",
            |text| ByteSize::from_str(text).map_err(|error| error.to_string()),
        );
        let alertmanager_url = errors.parse(
            "--alertmanager.url",
            or(flags.alertmanager_url.as_deref(), "http://127.0.0.1:9093"),
            URL_HINT,
            url,
        );
        let grafana_url = match given(flags.grafana_url.as_deref()) {
            Some(text) => errors.parse("--grafana.url", text, URL_HINT, url).map(Some),
            None => Some(None),
        };
        let flag = errors.switch(
            "--auto-healing-enabled",
            given(flags.auto_healing_enabled.as_deref()),
        );
        let variable = errors.switch(
            AUTO_HEALING_VARIABLE,
            auto_healing_variable.filter(|text| !text.trim().is_empty()),
        );
        let log_format = errors.parse(
            "--log.format",
            or(flags.log_format.as_deref(), "logfmt"),
            "write `logfmt` or `json`",
            |text| LogFormat::from_str(text).map_err(|error| error.to_string()),
        );
        let (
            Some(listen_address),
            Some(storage_reserve),
            Some(alertmanager_url),
            Some(grafana_url),
            Some(log_format),
            true,
        ) = (
            listen_address,
            storage_reserve,
            alertmanager_url,
            grafana_url,
            log_format,
            errors.0.is_empty(),
        )
        else {
            return Err(SettingErrors(errors.0));
        };
        Ok(Self {
            listen_address,
            token_files: token_files(flags),
            policy_file: policy_file(flags),
            storage_path: path(flags.storage_path.as_deref(), "/var/lib/prunelle"),
            storage_reserve,
            actions_file: path(
                flags.actions_file.as_deref(),
                "/var/log/prunelle/actions.jsonl",
            ),
            runtime_path: runtime_path(flags),
            alertmanager_url,
            grafana_url,
            monitored_services: list(
                given(flags.monitored_services.as_deref()).unwrap_or_default(),
            ),
            auto_healing_enabled: most_cautious(flag, variable),
            log_level: or(flags.log_level.as_deref(), "info").to_owned(),
            log_format,
        })
    }

    /// The control socket.
    pub fn socket(&self) -> PathBuf {
        socket(&self.runtime_path)
    }

    /// The file whose presence pauses everything.
    pub fn pause_file(&self) -> PathBuf {
        self.runtime_path.join("pause")
    }
}

const URL_HINT: &str = "write an address with its scheme, as in `http://127.0.0.1:9093`";

/// The policy file, also for `check-config`, which needs nothing else.
pub fn policy_file(flags: &Flags) -> PathBuf {
    path(flags.policy_file.as_deref(), "/etc/prunelle/policy.yml")
}

/// The runtime folder, also for the commands that speak to the daemon.
pub fn runtime_path(flags: &Flags) -> PathBuf {
    path(flags.runtime_path.as_deref(), "/run/prunelle")
}

/// The control socket in a runtime folder.
pub fn socket(runtime_path: &std::path::Path) -> PathBuf {
    runtime_path.join("healer.sock")
}

/// True, true, 1, yes, on and their opposites, as in the model's `.env`.
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn most_cautious(flag: Option<bool>, variable: Option<bool>) -> Option<bool> {
    match (flag, variable) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (flag, variable) => flag.or(variable),
    }
}

fn given(value: Option<&str>) -> Option<&str> {
    value.filter(|text| !text.trim().is_empty())
}

fn or<'a>(value: Option<&'a str>, default: &'a str) -> &'a str {
    given(value).unwrap_or(default)
}

fn path(value: Option<&str>, default: &str) -> PathBuf {
    PathBuf::from(or(value, default))
}

fn token_files(flags: &Flags) -> Vec<PathBuf> {
    let given: Vec<PathBuf> = flags
        .token_files
        .iter()
        .filter(|file| !file.trim().is_empty())
        .map(PathBuf::from)
        .collect();
    if given.is_empty() {
        vec!["/etc/prunelle/webhook-token".into()]
    } else {
        given
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

fn url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("not an address of HTTP".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests;
