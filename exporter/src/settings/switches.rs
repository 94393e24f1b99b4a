//! `--collector.<name>` and `--no-collector.<name>`, made from the list of collectors, so that a new one has its flags.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::collector::{COLLECTORS, Collector};

/// What was said about each collector.
#[derive(Clone, Debug, Default)]
pub(super) struct Switches {
    /// By the collector's name, as text.
    said: Vec<(&'static str, String)>,
}

impl Switches {
    /// What was said about a collector.
    pub(super) fn said_about(&self, collector: &Collector) -> Option<&str> {
        let said = self.said.iter().find(|(name, _)| *name == collector.name);
        said.map(|(_, text)| text.as_str())
    }
}

/// The id under which clap keeps a collector's flag.
pub(super) fn id(collector: &Collector) -> String {
    format!("collector.{}", collector.name)
}

fn negative_id(collector: &Collector) -> String {
    format!("no-collector.{}", collector.name)
}

impl Args for Switches {
    fn augment_args(command: Command) -> Command {
        let command = command.next_help_heading("Collectors");
        COLLECTORS.iter().fold(command, |command, collector| {
            let name = collector.name;
            command
                .arg(
                    Arg::new(id(collector))
                        .long(format!("collector.{name}"))
                        .env(format!(
                            "PRUNELLE_EXPORTER_COLLECTOR_{}",
                            name.to_ascii_uppercase()
                        ))
                        .hide_env_values(true)
                        .value_name("BOOL")
                        .num_args(0..=1)
                        .require_equals(true)
                        .default_missing_value("true")
                        .help(format!(
                            "Switch on: {} [default: {}]",
                            collector.about, collector.is_on_by_default
                        )),
                )
                .arg(
                    Arg::new(negative_id(collector))
                        .long(format!("no-collector.{name}"))
                        .action(ArgAction::SetTrue)
                        .conflicts_with(id(collector))
                        .hide(true),
                )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Switches {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let said = COLLECTORS.iter().filter_map(|collector| {
            let text = if matches.get_flag(&negative_id(collector)) {
                "false".to_owned()
            } else {
                matches.get_one::<String>(&id(collector))?.clone()
            };
            Some((collector.name, text))
        });
        Ok(Self {
            said: said.collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
