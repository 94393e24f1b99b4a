//! From what counts to what holds: pure, and everything that is wrong at once.

use std::path::{Path, PathBuf};

use prunelle_foundation::setting::{Problem, SettingErrors, boolean};
use prunelle_systemd::{InvalidWatchItem, WatchList};

use super::Settings;
use super::levels::thresholds;
use super::options::{options, switched_on};
use super::parsers::{address, boundary, interval, log_format, log_level, number, telemetry_path};
use super::precedence::{Chosen, Text};
use super::table::{self, Setting};
use crate::roots::Roots;
use crate::web::Web;

/// Checks everything and fills in the defaults. What stands for a wrong value does not get out.
pub(super) fn resolve(chosen: &Chosen) -> Result<Settings, SettingErrors> {
    let mut resolver = Resolver {
        chosen,
        errors: SettingErrors::default(),
    };
    let settings = Settings {
        listen: resolver.list(&table::LISTEN_ADDRESS, address),
        web: Web {
            telemetry_path: resolver
                .value(&table::TELEMETRY_PATH, telemetry_path)
                .unwrap_or_default(),
            has_lifecycle: resolver
                .value(&table::ENABLE_LIFECYCLE, boolean)
                .unwrap_or_default(),
        },
        max_requests: resolver
            .value(&table::MAX_REQUESTS, number(10_000, "40"))
            .unwrap_or_default(),
        collectors: switched_on(&mut resolver),
        web_config_file: resolver
            .given(&table::WEB_CONFIG_FILE)
            .map(|_| resolver.path(&table::WEB_CONFIG_FILE)),
        roots: Roots {
            procfs: resolver.path(&table::PROCFS),
            sysfs: resolver.path(&table::SYSFS),
            rootfs: resolver.path(&table::ROOTFS),
            udev_data: resolver.path(&table::UDEV_DATA),
        },
        options: options(&mut resolver),
        boundary: resolver
            .value(&table::BOUNDARY, boundary)
            .unwrap_or_default(),
        services: services(&mut resolver),
        interval: resolver
            .value(&table::INTERVAL, interval)
            .unwrap_or_default(),
        thresholds: thresholds(&mut resolver),
        log_level: resolver
            .value(&table::LOG_LEVEL, log_level)
            .unwrap_or_default(),
        log_format: resolver
            .value(&table::LOG_FORMAT, log_format)
            .unwrap_or_default(),
    };
    if resolver.errors.is_empty() {
        Ok(settings)
    } else {
        Err(resolver.errors)
    }
}

/// Reads settings and collects what is wrong with them.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    chosen: &'a Chosen,
    errors: SettingErrors,
}

impl<'a> Resolver<'a> {
    /// What was given for a setting of one value.
    pub(super) fn given(&self, setting: &Setting) -> Option<&'a Text> {
        self.chosen.get(setting.flag())?.first()
    }

    /// The value of a setting, or its default; none when there is neither, or it is wrong.
    pub(super) fn value<T>(
        &mut self,
        setting: &Setting,
        parser: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        if self.given(setting).is_some() {
            self.value_of(setting.flag(), parser)
        } else {
            parser(setting.default_value()?).ok()
        }
    }

    /// The same without a default.
    pub(super) fn value_of<T>(
        &mut self,
        flag: &str,
        parser: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let given = self.chosen.get(flag)?.first()?;
        self.errors.parse(given.origin.clone(), &given.text, parser)
    }

    /// All values of a setting, or its default.
    pub(super) fn list<T>(
        &mut self,
        setting: &Setting,
        parser: impl Fn(&str) -> Result<T, Problem>,
    ) -> Vec<T> {
        match self.chosen.get(setting.flag()) {
            Some(given) if !given.is_empty() => given
                .iter()
                .filter_map(|it| self.errors.parse(it.origin.clone(), &it.text, &parser))
                .collect(),
            // Nowhere to listen is no answer.
            _ => setting
                .default_value()
                .and_then(|default| parser(default).ok())
                .into_iter()
                .collect(),
        }
    }

    /// A path; one that stands in the file starts at the file's folder.
    pub(super) fn path(&self, setting: &Setting) -> PathBuf {
        let default = || PathBuf::from(setting.default_value().unwrap_or_default());
        self.given(setting).map_or_else(default, absolute)
    }

    /// Any number of paths.
    pub(super) fn paths(&self, setting: &Setting) -> Vec<PathBuf> {
        let given = self.chosen.get(setting.flag()).unwrap_or_default();
        given.iter().map(absolute).collect()
    }

    /// One more thing that is wrong.
    pub(super) fn wrong(&mut self, given: &Text, problem: Problem) {
        self.errors.add(given.origin.clone(), &given.text, problem);
    }
}

fn absolute(given: &Text) -> PathBuf {
    let file = given
        .origin
        .place
        .as_ref()
        .map(|place| place.file.as_path());
    match file.and_then(Path::parent) {
        Some(folder) => folder.join(&given.text),
        None => PathBuf::from(&given.text),
    }
}

/// Each name and glob by itself, so that the one that is wrong is told, and where it stands.
fn services(resolver: &mut Resolver<'_>) -> WatchList {
    let given = resolver
        .chosen
        .get(table::SERVICES.flag())
        .unwrap_or_default();
    for item in given {
        if let Err(error) = WatchList::parse([&item.text]) {
            resolver.wrong(item, wrong_service(&error));
        }
    }
    // What is wrong has been told.
    WatchList::parse(given.iter().map(|item| &item.text)).unwrap_or_default()
}

fn wrong_service(error: &InvalidWatchItem) -> Problem {
    let (problem, why) = match error {
        InvalidWatchItem::Name(error) => ("is not the name of a unit", error.why),
        InvalidWatchItem::Glob { why, .. } => ("is not a glob for names of units", why.as_str()),
    };
    let hint = format!("{why}; write names and globs, as `nginx`, `cron.service` or `php*-fpm`");
    Problem::new(problem, hint)
}
