//! `docs/alerts.md` is made from the rules that ship and from the shipped policy: every alert, and what is done about it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prunelle_healer::alert::Labels;
use prunelle_healer::policy::{Mode, Policy, load};
use regex::{Captures, Regex};

/// The files of rules, in the order of the page, with their headings.
const FILES: [(&str, &str); 12] = [
    ("services", "Services"),
    ("resources", "CPU, memory, disk and network"),
    ("filesystem", "File systems"),
    ("units", "Units, and what services use"),
    ("pressure", "Pressure"),
    ("network", "Network devices"),
    ("hardware", "Hardware and the kernel's limits"),
    ("clock", "Clocks"),
    ("adaptive", "What is unusual at this hour"),
    ("exporter", "The exporter, settings and certificates"),
    ("healer", "Repairs that do not work, and the healer"),
    ("stack", "Prunelle itself"),
];

const BEGIN: &str = "# All alerts

Made by `cargo xtask docs` from `prometheus/rules/` and `deploy/policy.yml`. What stands in *italics* is a label of the alert. Each
name leads to its runbook: what the alert means, and what to do. *For* is how long it must be so before the alert fires.

The last column is what the installed policy plans. It observes until its `mode` is `enforce`, restarts only units that its `allow`
lists name (they are empty), and what it cannot repair is told to people, as everything is ([notifications.md](notifications.md)).
Limits of CPU, memory, disk and network are the host's own settings ([configuration.md](configuration.md)).
";

/// Writes the page when `cargo xtask docs` asks for it.
#[test]
fn the_page_is_in_step() {
    let path = repository().join("docs/alerts.md");
    let expected = page();
    if std::env::var_os("PRUNELLE_WRITE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == expected,
        "docs/alerts.md is out of step: run `cargo xtask docs`"
    );
}

#[test]
fn the_page_has_every_file_of_rules_and_every_runbook() {
    let page = page();
    let names = |folder: &str, extension: &str| -> Vec<String> {
        let entries = std::fs::read_dir(repository().join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|it| it == extension))
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    for file in names("prometheus/rules", "yml") {
        assert!(FILES.iter().any(|(name, _)| *name == file), "{file}.yml");
    }
    let runbooks = names("docs/runbooks", "md");
    assert!(runbooks.len() > 50);
    for runbook in runbooks {
        assert!(
            page.contains(&format!("[{runbook}](runbooks/{runbook}.md)")),
            "{runbook}"
        );
    }
    // No template is left over.
    assert!(!page.contains("{{") && !page.contains("}}"));
}

#[test]
fn what_the_policy_repairs_is_told_from_what_it_does_not() {
    let page = page();
    let row = |begin: &str| page.lines().find(|line| line.starts_with(begin)).unwrap();
    assert!(row("| [ServiceDown]").ends_with("| `restart_service` |"));
    assert!(row("| [DiskFull]").contains("`clean_package_cache`"));
    assert!(row("| [RaidDegraded]").ends_with("| tells people |"));
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page() -> String {
    let policy = load::read(&repository().join("deploy/policy.yml"))
        .unwrap_or_else(|errors| panic!("{errors}"));
    let mut page = BEGIN.to_owned();
    for (file, heading) in FILES {
        let _ = write!(
            page,
            "\n## {heading}\n\n| alert | severity | for | says | the shipped policy |\n| --- | --- | --- | --- | --- |\n"
        );
        for rule in rules(file) {
            let _ = writeln!(page, "{}", row(&rule, &policy));
        }
    }
    page
}

fn rules(file: &str) -> Vec<serde_yaml::Value> {
    let path = repository().join(format!("prometheus/rules/{file}.yml"));
    let file: serde_yaml::Value =
        serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let groups = file["groups"].as_sequence().unwrap().iter();
    groups
        .flat_map(|group| group["rules"].as_sequence().unwrap().clone())
        .filter(|rule| rule.get("alert").is_some())
        .collect()
}

fn row(rule: &serde_yaml::Value, policy: &Policy) -> String {
    let alert = rule["alert"].as_str().unwrap();
    let severity = rule["labels"]["severity"].as_str().unwrap();
    let wait = match rule["for"].as_str() {
        None | Some("0s") => "at once",
        Some(wait) => wait,
    };
    let says = in_words(rule["annotations"]["summary"].as_str().unwrap().trim());
    let labels = [("alertname", alert), ("severity", severity)];
    let labels: Labels = labels
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let does = if severity == "none" {
        "proves that the way from Prometheus to people is open".to_owned()
    } else {
        plan(policy, &labels)
    };
    format!("| [{alert}](runbooks/{alert}.md) | {severity} | {wait} | {says} | {does} |")
}

fn plan(policy: &Policy, labels: &Labels) -> String {
    let mut plans = Vec::new();
    for found in policy.matches(labels) {
        let mut remedies: Vec<String> = Vec::new();
        for rung in &found.rule.ladder {
            let remedy = format!("`{}`", rung.remedy.kind().as_str());
            if remedies.last() != Some(&remedy) {
                remedies.push(remedy);
            }
        }
        let locked = match found.rule.mode {
            Some(Mode::Observe | Mode::Off) => "; the rule itself observes, too",
            _ => "",
        };
        plans.push(format!("{}{locked}", remedies.join(", then ")));
    }
    if plans.is_empty() {
        "tells people".to_owned()
    } else {
        plans.join("; ")
    }
}

/// A summary without its templates: labels in italics, and both sides of what depends on the value.
fn in_words(summary: &str) -> String {
    let choice = Regex::new(r"\{\{ if [^}]*\}\}(.*?)\{\{ else\s*\}\}(.*?)\{\{ end \}\}").unwrap();
    let label = Regex::new(r"\{\{ \$labels\.([a-z_]+) \}\}").unwrap();
    let value = Regex::new(r"\{\{ [^}]*\$value[^}]*\}\}").unwrap();
    let text = choice.replace_all(summary, |found: &Captures<'_>| {
        format!("{}, or: {}", &found[1], &found[2])
    });
    let text = label.replace_all(&text, "*$1*");
    value.replace_all(&text, "…").replace('|', "\\|")
}
