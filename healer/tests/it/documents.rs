//! What is shipped and documented agrees with the program: policies load, and every setting is in the table.

use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use prunelle_healer::cli::Cli;
use prunelle_healer::notify::words::word;
use prunelle_healer::policy::{Language, Mode, Telling, load};
use prunelle_healer::report::{sheet, text};

use crate::looks;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    let path = repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The code blocks of a language in a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    page.split("\n```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(language))
        .map(|block| block.trim_start().to_owned())
        .collect()
}

#[test]
fn the_example_of_the_policy_page_loads_and_uses_everything() {
    let page = read("docs/policy.md");
    let blocks = blocks(&page, "yaml\n");
    let [example] = &blocks[..] else {
        panic!("one example, not {}", blocks.len())
    };
    let policy = load::parse(Path::new("docs/policy.md"), example)
        .unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(policy.rules.len(), 3);
    assert!(policy.rules[0].respects_clean_stop);
    assert_eq!(policy.rules[1].mode, Some(Mode::Observe));
    assert_eq!(policy.rules[1].mute_time_intervals[0].name, "office");
    assert_eq!(policy.groups.len(), 1);
    let checked = load::parse_with_warnings(Path::new("docs/policy.md"), example);
    assert_eq!(checked.map(|checked| checked.warnings), Ok(Vec::new()));
    assert_eq!(policy.receivers.len(), 1);
}

#[test]
fn the_examples_of_the_page_on_telling_people_load() {
    let page = read("docs/notifications.md");
    let blocks = blocks(&page, "yaml\n");
    let (notify, receivers): (Vec<_>, Vec<_>) = blocks
        .into_iter()
        .partition(|block| block.contains("notify:"));
    assert!(!receivers.is_empty());
    let begin = "version: 1\nhost: {label: instance, is: [a]}\nrules: []\n";
    let load = |text: &str| {
        load::parse_with_warnings(Path::new("docs/notifications.md"), text)
            .unwrap_or_else(|errors| panic!("{errors}"))
    };
    for block in &receivers {
        assert!(!load(&format!("{begin}{block}")).policy.receivers.is_empty());
    }
    let [notify] = &notify[..] else {
        panic!("one block with `notify`, not {}", notify.len())
    };
    // It names the receivers at the top of the page.
    let checked = load(&format!("{begin}{}\n{notify}", receivers[0]));
    assert_eq!(checked.warnings, Vec::new());
    let telling = checked.policy.telling;
    assert_eq!(telling.routes.len(), 3);
    let default = Telling::default();
    assert_eq!(telling.hold_critical, default.hold_critical);
    assert_eq!(telling.hold_warning, default.hold_warning);
    assert_eq!(telling.gather, default.gather);
    assert_eq!(telling.limit, default.limit);
    assert_eq!(telling.incident_limit, default.incident_limit);
    assert_eq!(telling.digest_every, default.digest_every);
}

/// As it stands in a page: spaces at the end of lines and those that do not break cannot be seen there.
fn as_shown(text: &str) -> String {
    let lines = text.trim_end().lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n").replace('\u{a0}', " ")
}

#[test]
fn the_report_that_is_shown_is_what_is_printed() {
    let report = looks::weeks::ordinary();
    let printed = as_shown(&text::text(&sheet::of(
        &report,
        &looks::reader(Language::English),
    )));
    let page = read("docs/reporting.md");
    let shown = blocks(&page, "text\n");
    assert_eq!(shown.len(), 1);
    assert!(
        as_shown(&shown[0]) == printed,
        "docs/reporting.md should show:\n{printed}"
    );
}

#[tokio::test]
async fn the_mail_that_is_shown_is_what_arrives() {
    let mut mails = looks::mails::all().into_iter();
    let message = mails
        .find(|mail| mail.name == "not-repaired")
        .unwrap()
        .message;
    let wording = word(&message, &looks::reader(Language::English), &looks::about());
    let arrived = crate::mail::arrived(&[(message, wording)]).await;
    let arrived = as_shown(&arrived[0].text);
    let page = read("docs/notifications.md");
    let shown = blocks(&page, "text\n");
    assert_eq!(shown.len(), 1);
    assert!(
        as_shown(&shown[0]) == arrived,
        "docs/notifications.md should show:\n{arrived}"
    );
}

/// All files of that name in a folder and below it.
fn find(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(find(&path, name));
        } else if path.file_name().is_some_and(|file| file == name) {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_shipped_policies_load_and_only_the_demos_act() {
    let deploy = repository().join("deploy");
    let files = find(&deploy, "policy.yml");
    assert!(files.contains(&deploy.join("demo/policy.yml")), "{files:?}");
    for file in files {
        let policy = load::read(&file).unwrap_or_else(|errors| panic!("{errors}"));
        let is_demo = ["demo", "compose"]
            .iter()
            .any(|folder| file.starts_with(deploy.join(folder)));
        let expected = if is_demo {
            Mode::Enforce
        } else {
            Mode::Observe
        };
        assert_eq!(policy.mode, expected, "{}", file.display());
    }
}

#[test]
fn every_setting_is_in_the_table_and_the_table_has_no_other() {
    let page = read("docs/configuration.md");
    let command = Cli::command();
    let arguments: Vec<_> = command
        .get_arguments()
        .filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version"))
        .collect();
    assert!(arguments.len() > 10);
    for argument in &arguments {
        let flag = format!("| `--{}` |", argument.get_long().unwrap());
        assert!(page.contains(&flag), "{flag}");
        if let Some(variable) = argument.get_env() {
            let variable = format!("`{}`", variable.display());
            assert!(page.contains(&variable), "{variable}");
        }
    }
    let known: Vec<String> = arguments
        .iter()
        .filter_map(|argument| argument.get_env())
        .map(|variable| variable.display().to_string())
        .collect();
    for word in page.split(|c: char| !c.is_ascii_uppercase() && c != '_') {
        if word.starts_with("PRUNELLE_HEALER_") {
            assert!(
                known.iter().any(|name| name == word),
                "{word} does not exist"
            );
        }
    }
}
