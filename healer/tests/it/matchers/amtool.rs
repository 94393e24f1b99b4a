//! What Debian's `amtool` makes of texts: one process says of many configurations whether each is valid, one shows the
//! routes of all that are, and one for each set of labels says which routes it takes.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

/// The program.
pub(super) struct Amtool;

impl Amtool {
    /// Fails clearly where it is not, or is of another grammar than the table is about.
    pub(super) fn find() -> Self {
        let version = run(&["--version"], Path::new("/"));
        let text = [version.stdout, version.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        let minor = text
            .strip_prefix("amtool, version 0.")
            .and_then(|rest| rest.split('.').next())
            .and_then(|minor| minor.parse::<u32>().ok())
            .unwrap_or_else(|| panic!("no version of amtool: {text}"));
        assert!(
            minor < 27,
            "this amtool has the UTF-8 grammar; the table is about the one before 0.27: {text}"
        );
        Self
    }

    /// The matchers as it prints them, or why it refuses them.
    pub(super) fn read(&self, texts: &[String]) -> Vec<Result<String, String>> {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..texts.len())
            .map(|index| format!("{index}.yml"))
            .collect();
        for (name, text) in names.iter().zip(texts) {
            let config = config(&[(0, text)]);
            std::fs::write(folder.path().join(name), config).unwrap();
        }
        let arguments: Vec<&str> = std::iter::once("check-config")
            .chain(names.iter().map(String::as_str))
            .collect();
        let output = run(&arguments, folder.path());
        let checked = String::from_utf8(output.stdout).unwrap();
        let refusals: Vec<Option<String>> = checked
            .split("Checking '")
            .skip(1)
            .map(|about| {
                about
                    .split_once("FAILED: ")
                    .map(|(_, why)| why.trim().to_owned())
            })
            .collect();
        assert_eq!(refusals.len(), texts.len(), "{checked}");

        let valid: Vec<(usize, &String)> = texts
            .iter()
            .enumerate()
            .filter(|(index, _)| refusals[*index].is_none())
            .collect();
        let shown = self.ask(&["config", "routes", "show"], &valid);
        let mut read: Vec<_> = refusals
            .into_iter()
            .map(|refusal| Err(refusal.unwrap_or_else(|| "it shows no such route".to_owned())))
            .collect();
        for line in shown.lines() {
            let route = line.split_once("── ").map(|(_, route)| route);
            if let Some((matchers, number)) =
                route.and_then(|route| route.rsplit_once("  continue: true  receiver: r"))
            {
                read[number.parse::<usize>().unwrap()] = Ok(matchers.to_owned());
            }
        }
        read
    }

    /// For each text that was read, the places of the label sets that fit.
    pub(super) fn fits(
        &self,
        texts: &[String],
        read: &[Result<String, String>],
        labels: &[&[(&str, &str)]],
    ) -> Vec<Vec<usize>> {
        let valid: Vec<(usize, &String)> = texts
            .iter()
            .enumerate()
            .filter(|(index, _)| read[*index].is_ok())
            .collect();
        let mut fits = vec![Vec::new(); texts.len()];
        for (index, labels) in labels.iter().enumerate() {
            let labels: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{name}=\"{value}\""))
                .collect();
            let arguments: Vec<&str> = ["config", "routes", "test"]
                .into_iter()
                .chain(labels.iter().map(String::as_str))
                .collect();
            for receiver in self.ask(&arguments, &valid).trim().split(',') {
                if let Some(number) = receiver.strip_prefix('r') {
                    fits[number.parse::<usize>().unwrap()].push(index);
                }
            }
        }
        fits
    }

    /// About one configuration that has them all.
    #[expect(
        clippy::unused_self,
        reason = "that the program is there was found out by making one"
    )]
    fn ask(&self, arguments: &[&str], texts: &[(usize, &String)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("all.yml"), config(texts)).unwrap();
        let arguments = [arguments, &["--config.file=all.yml"]].concat();
        let output = run(&arguments, folder.path());
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// One route for each text, with its number in the receiver's name.
fn config(texts: &[(usize, &String)]) -> String {
    let mut config = "route:\n  receiver: none\n  routes:\n".to_owned();
    let mut receivers = "receivers:\n- name: none\n".to_owned();
    for (number, text) in texts {
        // A string of JSON is one of YAML.
        let text = serde_json::to_string(text).unwrap();
        writeln!(
            config,
            "  - {{receiver: r{number}, continue: true, matchers: [{text}]}}"
        )
        .unwrap();
        writeln!(receivers, "- name: r{number}").unwrap();
    }
    config + &receivers
}

#[expect(clippy::disallowed_methods, reason = "a test may ask another program")]
fn run(arguments: &[&str], folder: &Path) -> Output {
    Command::new("amtool")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("amtool (Debian package prometheus-alertmanager): {error}"))
}
