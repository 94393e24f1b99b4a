//! From what was given to what holds: pure, and everything that is wrong at once.

use std::path::PathBuf;
use std::time::Duration;

use prunelle_foundation::listener::ListenAddress;
use prunelle_foundation::setting::{Problem, SettingErrors, boolean, given};
use prunelle_foundation::telemetry::LogFormat;
use prunelle_systemd::{InvalidWatchItem, WatchList};

use super::flags::Given;
use super::levels::thresholds;
use super::{Boundary, Settings, collectors, root, switches};
use crate::collector::{COLLECTORS, Collector};
use crate::roots::Roots;
use crate::web::Web;

const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);
const LONGEST_INTERVAL: u64 = 3600;

impl Given {
    /// Checks everything and fills in the defaults.
    pub fn resolve(&self) -> Result<Settings, SettingErrors> {
        let mut errors = Errors {
            given: self,
            errors: SettingErrors::default(),
        };
        let flags = &self.flags;
        let default_roots = Roots::default();
        let settings = Settings {
            listen: listen(&mut errors),
            web: Web {
                telemetry_path: errors
                    .parse(
                        "web_telemetry_path",
                        flags.web_telemetry_path.as_ref(),
                        path,
                    )
                    .unwrap_or_else(|| "/metrics".to_owned()),
                max_requests: errors
                    .parse("web_max_requests", flags.web_max_requests.as_ref(), count)
                    .unwrap_or(40),
                collectors: switched_on(&mut errors),
            },
            web_config_file: given(flags.web_config_file.as_deref()).map(PathBuf::from),
            roots: Roots {
                procfs: root(given(flags.path_procfs.as_deref()), default_roots.procfs),
                sysfs: root(given(flags.path_sysfs.as_deref()), default_roots.sysfs),
                rootfs: root(given(flags.path_rootfs.as_deref()), default_roots.rootfs),
                udev_data: root(
                    given(flags.path_udev_data.as_deref()),
                    default_roots.udev_data,
                ),
            },
            options: collectors::options(&mut errors),
            boundary: errors
                .parse("host_boundary", flags.host_boundary.as_ref(), boundary)
                .unwrap_or(Boundary::Machine),
            services: errors
                .parse(
                    "monitored_services",
                    flags.monitored_services.as_ref(),
                    services,
                )
                .unwrap_or_default(),
            interval: errors
                .parse(
                    "monitoring_interval",
                    flags.monitoring_interval.as_ref(),
                    seconds,
                )
                .unwrap_or(DEFAULT_INTERVAL),
            thresholds: thresholds(&mut errors),
            log_level: given(flags.log_level.as_deref())
                .unwrap_or("info")
                .to_owned(),
            log_format: errors
                .parse("log_format", flags.log_format.as_ref(), log_format)
                .unwrap_or_default(),
        };
        if errors.errors.is_empty() {
            Ok(settings)
        } else {
            Err(errors.errors)
        }
    }
}

/// Collects what is wrong, under the name by which it was given.
pub(super) struct Errors<'a> {
    pub(super) given: &'a Given,
    errors: SettingErrors,
}

impl Errors<'_> {
    /// None when it was not given, or is wrong.
    pub(super) fn parse<T>(
        &mut self,
        field: &str,
        value: Option<&String>,
        parser: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let value = given(value.map(String::as_str))?;
        self.errors.parse(&self.given.name(field), value, parser)
    }

    pub(super) fn add(&mut self, field: &str, value: &str, problem: Problem) {
        self.errors.add(&self.given.name(field), value, problem);
    }
}

fn listen(errors: &mut Errors<'_>) -> Vec<ListenAddress> {
    let texts = errors.given.flags.web_listen_address.iter();
    let texts: Vec<_> = texts
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .collect();
    let texts = if texts.is_empty() {
        vec![":9750"]
    } else {
        texts
    };
    let mut addresses = Vec::new();
    for text in texts {
        match text.parse() {
            Ok(address) => addresses.push(address),
            Err(_) => errors.add(
                "web_listen_address",
                text,
                Problem::new(
                    "is not an address to listen on",
                    "write `:9750`, `127.0.0.1:9750` or `[::1]:9750`",
                ),
            ),
        }
    }
    addresses
}

fn switched_on(errors: &mut Errors<'_>) -> Vec<&'static Collector> {
    let is_on = |collector: &&'static Collector| {
        let said = errors
            .given
            .flags
            .switches
            .said_about(collector)
            .map(str::to_owned);
        errors
            .parse(&switches::id(collector), said.as_ref(), boolean)
            .unwrap_or(collector.is_on_by_default)
    };
    COLLECTORS.iter().filter(is_on).collect()
}

fn path(text: &str) -> Result<String, Problem> {
    let is_simple = text.starts_with('/')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte));
    if !is_simple {
        Err(Problem::new(
            "is not a path for the metrics",
            "write it as `/metrics`: a slash, then letters, digits and `-_.~/`",
        ))
    } else if text == "/" || text.starts_with("/-/") {
        Err(Problem::new(
            "is taken by a page of its own",
            "choose another, as `/metrics`",
        ))
    } else {
        Ok(text.to_owned())
    }
}

fn count(text: &str) -> Result<usize, Problem> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=10_000).contains(number));
    number.ok_or_else(|| {
        Problem::new(
            "is not a number of scrapes",
            "give a number from 1 to 10000, as `40`",
        )
    })
}

fn boundary(text: &str) -> Result<Boundary, Problem> {
    match text {
        "machine" => Ok(Boundary::Machine),
        "cgroup" => Ok(Boundary::Cgroup),
        _ => Err(Problem::new(
            "is not a boundary",
            "use `machine` or `cgroup`",
        )),
    }
}

fn seconds(text: &str) -> Result<Duration, Problem> {
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds| (1..=LONGEST_INTERVAL).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let hint = format!("give a whole number from 1 to {LONGEST_INTERVAL}, as `10`");
        Problem::new("is not a number of seconds", hint)
    })
}

fn services(text: &str) -> Result<WatchList, Problem> {
    text.parse().map_err(|error: InvalidWatchItem| {
        Problem::new(
            format!("is no list of services, because {error},"),
            "separate names and globs by commas, as `nginx,cron,php*-fpm`",
        )
    })
}

fn log_format(text: &str) -> Result<LogFormat, Problem> {
    text.parse()
        .map_err(|_| Problem::new("is not a log format", "use `logfmt` or `json`"))
}
