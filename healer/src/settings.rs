//! The program's settings: flags and environment in, one checked [`Settings`] out.
//!
//! Every flag is an option without a default and has one environment variable; the flag wins, an empty variable counts
//! as unset, and [`Settings::resolve`] is the one place that knows the defaults. `AUTO_HEALING_ENABLED` is the
//! exception: the more cautious of flag and variable counts, because nothing may raise the mode.

mod actions;
mod flags;
mod mail;

use std::path::PathBuf;
use std::str::FromStr;

use prunelle_foundation::listener::ListenAddress;
use prunelle_foundation::quantity::ByteSize;
use prunelle_foundation::setting::{Problem, SettingErrors, boolean, given};
use prunelle_foundation::telemetry::LogFormat;
use reqwest::Url;

pub use actions::{ActionLogSettings, Journald};
pub use flags::Flags;
pub use mail::{ENVIRONMENT_RECEIVER, Encryption, Mail, MailServer, addresses};

use crate::boundary::Boundary;
use crate::grafana::Access;
use crate::http_client::is_loopback;

/// The variable behind `--auto-healing-enabled`, read apart because the flag does not override it.
pub const AUTO_HEALING_VARIABLE: &str = "AUTO_HEALING_ENABLED";

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen_address: ListenAddress,
    /// The web configuration; none = HTTP, and the webhook's token alone.
    pub web_config_file: Option<PathBuf>,
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
    /// How its files follow each other.
    pub actions: ActionLogSettings,
    /// Folder of the control socket and the pause file.
    pub runtime_path: PathBuf,
    /// Alertmanager's base address.
    pub alertmanager_url: Url,
    /// Prometheus' base address.
    pub prometheus_url: Url,
    /// What CPU and memory are measured against.
    pub host_boundary: Boundary,
    /// Alertmanager's base address, as people reach it.
    pub alertmanager_external_url: Option<Url>,
    /// Grafana's base address.
    pub grafana_url: Option<Url>,
    /// How remediations are annotated there; none: they are not.
    pub grafana_annotations: Option<Access>,
    /// How mail is sent.
    pub mail: Mail,
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
        let mut errors = SettingErrors::default();
        let listen_address = errors.parse(
            &named("--web.listen-address"),
            or(flags.listen_address.as_deref(), "127.0.0.1:8050"),
            read(
                "is not an address to listen on",
                "write `host:port`, or `:port` for all addresses",
            ),
        );
        let storage_reserve = errors.parse(
            &named("--storage.reserve"),
            or(flags.storage_reserve.as_deref(), "64MiB"),
            read("is not a size", "write it with its unit, as in `64MiB`"),
        );
        let actions = actions::resolve(flags, &mut errors);
        let alertmanager_url = errors.parse(
            &named("--alertmanager.url"),
            or(flags.alertmanager_url.as_deref(), "http://127.0.0.1:9093"),
            url,
        );
        let prometheus_url = prometheus_url(flags, &mut errors);
        let host_boundary = errors.parse(
            &named("--host.boundary"),
            or(flags.host_boundary.as_deref(), "machine"),
            read("is not a boundary", "write `machine` or `cgroup`"),
        );
        // Wrong or not given: none. What is wrong is in `errors`.
        let grafana_url = given(flags.grafana_url.as_deref())
            .and_then(|text| errors.parse(&named("--grafana.url"), text, url));
        let grafana_annotations = annotations(flags, grafana_url.as_ref(), &mut errors);
        let alertmanager_external_url = given(flags.alertmanager_external_url.as_deref())
            .and_then(|text| errors.parse(&named("--alertmanager.external-url"), text, url));
        let mail = mail::resolve(flags, &mut errors);
        let flag = given(flags.auto_healing_enabled.as_deref())
            .and_then(|text| errors.parse("--auto-healing-enabled", text, boolean));
        let variable = given(auto_healing_variable)
            .and_then(|text| errors.parse(AUTO_HEALING_VARIABLE, text, boolean));
        let log_format = errors.parse(
            &named("--log.format"),
            or(flags.log_format.as_deref(), "logfmt"),
            read("is not a log format", "write `logfmt` or `json`"),
        );
        let (
            Some(listen_address),
            Some(storage_reserve),
            Some(actions),
            Some(alertmanager_url),
            Some(prometheus_url),
            Some(host_boundary),
            Some(log_format),
            true,
        ) = (
            listen_address,
            storage_reserve,
            actions,
            alertmanager_url,
            prometheus_url,
            host_boundary,
            log_format,
            errors.is_empty(),
        )
        else {
            return Err(errors);
        };
        Ok(Self {
            listen_address,
            web_config_file: web_config_file(flags),
            token_files: token_files(flags),
            policy_file: policy_file(flags),
            storage_path: storage_path(flags),
            storage_reserve,
            actions_file: actions_file(flags),
            actions,
            runtime_path: runtime_path(flags),
            alertmanager_external_url: alertmanager_external_url
                .or_else(|| Some(alertmanager_url.clone()).filter(|url| !is_loopback(url))),
            alertmanager_url,
            prometheus_url,
            host_boundary,
            grafana_url,
            grafana_annotations,
            mail,
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

/// The policy file, also for `check-config`, which needs nothing else.
pub fn policy_file(flags: &Flags) -> PathBuf {
    path(flags.policy_file.as_deref(), "/etc/prunelle/policy.yml")
}

/// The web configuration, also for `check-config`.
pub fn web_config_file(flags: &Flags) -> Option<PathBuf> {
    given(flags.web_config_file.as_deref()).map(PathBuf::from)
}

/// The action log, also for its verification, which needs no daemon.
pub fn actions_file(flags: &Flags) -> PathBuf {
    path(
        flags.actions_file.as_deref(),
        "/var/log/prunelle/actions.jsonl",
    )
}

/// The journal's folder, also for the verification of the action log and for reports when no daemon runs.
pub fn storage_path(flags: &Flags) -> PathBuf {
    path(flags.storage_path.as_deref(), "/var/lib/prunelle")
}

/// The runtime folder, also for the commands that speak to the daemon.
pub fn runtime_path(flags: &Flags) -> PathBuf {
    path(flags.runtime_path.as_deref(), "/run/prunelle")
}

/// The control socket in a runtime folder.
pub fn socket(runtime_path: &std::path::Path) -> PathBuf {
    runtime_path.join("healer.sock")
}

/// Prometheus' address, also for rehearsals, which need nothing else; none when it is wrong, which is in `errors`.
pub fn prometheus_url(flags: &Flags, errors: &mut SettingErrors) -> Option<Url> {
    errors.parse(
        &named("--prometheus.url"),
        or(flags.prometheus_url.as_deref(), "http://127.0.0.1:9090"),
        url,
    )
}

/// A token is for the Grafana that is named beside it.
fn annotations(flags: &Flags, url: Option<&Url>, errors: &mut SettingErrors) -> Option<Access> {
    const FLAG: &str = "--grafana.token-file";
    let file = given(flags.grafana_token_file.as_deref())?;
    // A wrong address is told by itself.
    if given(flags.grafana_url.as_deref()).is_none() {
        let without = |_: &str| -> Result<(), Problem> {
            Err(Problem::new(
                "is a token for a Grafana that is not named",
                "set `--grafana.url` as well",
            ))
        };
        errors.parse(&named(FLAG), file, without);
    }
    Some(Access {
        url: url?.clone(),
        token_file: PathBuf::from(file),
    })
}

/// Mail, also for `notify test`, which needs little else.
pub fn mail(flags: &Flags) -> Result<Mail, SettingErrors> {
    let mut errors = SettingErrors::default();
    let mail = mail::resolve(flags, &mut errors);
    if errors.is_empty() {
        Ok(mail)
    } else {
        Err(errors)
    }
}

fn most_cautious(flag: Option<bool>, variable: Option<bool>) -> Option<bool> {
    match (flag, variable) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (flag, variable) => flag.or(variable),
    }
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

fn url(text: &str) -> Result<Url, Problem> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            Problem::new(
                "is not an address of HTTP",
                "write it with its scheme, as in `http://127.0.0.1:9093`",
            )
        })
}

/// A parser of what has one of its own, with words for what that refuses.
fn read<T: FromStr>(problem: &str, hint: &str) -> impl FnOnce(&str) -> Result<T, Problem> {
    move |text| text.parse().map_err(|_| Problem::new(problem, hint))
}

/// A flag together with its variable, for it is not known which of both was given.
fn named(flag: &str) -> String {
    match variable(flag) {
        Some(variable) => format!("{flag} ({variable})"),
        None => flag.to_owned(),
    }
}

/// The variable of a flag: `--storage.reserve` is `PRUNELLE_HEALER_STORAGE_RESERVE`.
fn variable(flag: &str) -> Option<String> {
    let name = flag.strip_prefix("--").filter(|name| name.contains('.'))?;
    let name = name.replace(['.', '-'], "_").to_uppercase();
    Some(match name.as_str() {
        "EMAIL_ENABLED" => "EMAIL_ALERTS_ENABLED".to_owned(),
        // Mail has the names that other programs know, too.
        bare if bare.starts_with("EMAIL_") || bare.starts_with("SMTP_") => name,
        _ => format!("PRUNELLE_HEALER_{name}"),
    })
}

#[cfg(test)]
mod tests;
