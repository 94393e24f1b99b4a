//! Flags and environment as they were given, read once. Nothing is checked here and nothing has a default here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};
use prunelle_foundation::setting::given;

use super::table::{self, Entry, Takes};

const CHECK: &str = "config.check";
/// Where a misspelt variable would otherwise be overlooked: the others are not ours alone.
const OUR_VARIABLES: &str = "PRUNELLE_EXPORTER_";

/// What was given when the program was started.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// By the flag's name, without the dashes.
    pub flags: BTreeMap<String, Vec<String>>,
    /// By the variable's name.
    pub environment: BTreeMap<String, String>,
    /// Only check the settings.
    pub is_check: bool,
}

impl Given {
    /// Reads arguments and environment; the error is clap's own, help and version among them.
    pub fn parse(
        arguments: impl IntoIterator<Item = OsString>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, clap::Error> {
        let matches = command().try_get_matches_from(arguments)?;
        let entries = table::entries();
        let mut flags: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let names = entries.iter().map(|entry| entry.flag.as_str());
        for flag in names.chain([table::CONFIG_FILE.0]) {
            if let Some(values) = values(&matches, flag) {
                flags.insert(flag.to_owned(), values);
            }
        }
        let text = |text: OsString| text.to_string_lossy().into_owned();
        let environment = environment
            .into_iter()
            .map(|(name, value)| (text(name), text(value)));
        let known: Vec<&str> = entries
            .iter()
            .map(|entry| entry.variable.as_str())
            .collect();
        let is_ours = |name: &str| name.starts_with(OUR_VARIABLES) || known.contains(&name);
        Ok(Self {
            flags,
            environment: environment.filter(|(name, _)| is_ours(name)).collect(),
            is_check: matches.get_flag(CHECK),
        })
    }

    /// The configuration file, if one is named.
    pub fn config_file(&self) -> Option<PathBuf> {
        let (flag, variable) = table::CONFIG_FILE;
        let flag = self.flags.get(flag).and_then(|values| values.first());
        let variable = self.environment.get(variable);
        let named = given(flag.map(String::as_str)).or_else(|| given(variable.map(String::as_str)));
        named.map(PathBuf::from)
    }

    /// Logs what is most likely a mistake and yet no error.
    pub fn warn(&self) {
        for variable in self.unknown_variables() {
            tracing::warn!(variable, "no such setting: the variable is ignored");
        }
    }

    /// Variables that look like ours and are not: most likely misspelt.
    pub fn unknown_variables(&self) -> Vec<&str> {
        let entries = table::entries();
        let is_known = |name: &str| {
            name == table::CONFIG_FILE.1 || entries.iter().any(|entry| entry.variable == name)
        };
        let names = self.environment.keys().map(String::as_str);
        names.filter(|name| !is_known(name)).collect()
    }
}

/// clap's command, made from the table.
///
/// Variables are read apart, so that an empty flag leaves the say to them, and a variable never conflicts with a flag.
pub(super) fn command() -> Command {
    let (flag, variable) = table::CONFIG_FILE;
    let command = Command::new("prunelle-exporter")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Publishes the resources of one host against thresholds, and its services up or down, for Prometheus")
        .after_help("A flag wins over its variable, a variable over the configuration file.")
        .max_term_width(100)
        .next_help_heading("Configuration")
        .arg(
            Arg::new(flag)
                .long(flag)
                .value_name("FILE")
                .help(format!("Configuration file in YAML with any of the settings below [env: {variable}] [default: none]")),
        )
        .arg(
            Arg::new(CHECK)
                .long(CHECK)
                .action(ArgAction::SetTrue)
                .help("Check all settings, say which are in force and where they are from, and exit"),
        );
    table::entries().into_iter().fold(command, with_entry)
}

fn with_entry(command: Command, entry: Entry) -> Command {
    let help = format!(
        "{} [env: {}] [default: {}]",
        entry.about, entry.variable, entry.default
    );
    let argument = Arg::new(entry.flag.clone())
        .long(entry.flag.clone())
        .value_name(entry.value_name)
        .help(help);
    let command = command.next_help_heading(entry.heading);
    match entry.takes {
        Takes::One => command.arg(argument),
        Takes::List => command.arg(argument.action(ArgAction::Append)),
        Takes::Switch => {
            let negative = format!("no-{}", entry.flag);
            command
                .arg(
                    argument
                        .num_args(0..=1)
                        .require_equals(true)
                        .default_missing_value("true"),
                )
                .arg(
                    Arg::new(negative.clone())
                        .long(negative)
                        .action(ArgAction::SetTrue)
                        .conflicts_with(entry.flag)
                        .hide(true),
                )
        }
    }
}

/// The values of a flag that was given; `--no-…` is its opposite.
fn values(matches: &ArgMatches, flag: &str) -> Option<Vec<String>> {
    let negative = matches.try_get_one::<bool>(&format!("no-{flag}"));
    if negative.is_ok_and(|is_given| is_given == Some(&true)) {
        return Some(vec!["false".to_owned()]);
    }
    let values = matches.get_many::<String>(flag)?;
    Some(values.cloned().collect())
}
