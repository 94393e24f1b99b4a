//! `docs/reference/` says what the code says.

use std::path::Path;
use std::process::Output;

use prunelle_exporter::collector::COLLECTORS;
use prunelle_exporter::reference;

use crate::program::command;

/// Writes the files when `cargo xtask docs` asks for it.
#[test]
fn the_files_are_in_step() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference");
    let is_writing = std::env::var_os("PRUNELLE_WRITE_DOCS").is_some();
    for (name, expected) in reference::files() {
        let path = folder.join(name);
        if is_writing {
            std::fs::write(&path, &expected).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == expected,
            "docs/reference/{name} is out of step: run `cargo xtask docs`"
        );
    }
}

#[test]
fn every_metric_is_told_once_by_one_collector() {
    let mut names: Vec<_> = COLLECTORS
        .iter()
        .flat_map(|it| it.metrics)
        .map(|it| it.name)
        .collect();
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|it| it[0] == it[1]).collect();
    assert_eq!(twice, Vec::<&[&str]>::new());
}

fn check(text: &str) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let flag = format!("--config.file={}", file.path().display());
    let output = command().args([&flag, "--config.check"]).output().unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

#[test]
fn the_example_is_valid_with_nothing_set_and_with_every_default() {
    let files = reference::files();
    let (_, example) = files.iter().find(|it| it.0 == "exporter.yml").unwrap();
    assert!(check(example).contains("nothing is set"));
    let uncommented: Vec<_> = example
        .lines()
        .map(|line| {
            let bare = line.trim_start();
            let is_key = bare.starts_with('#') && !bare.starts_with("# ");
            if is_key {
                line.replacen('#', "", 1)
            } else {
                line.to_owned()
            }
        })
        .collect();
    let said = check(&uncommented.join("\n"));
    assert!(said.contains("web.listen_addresses = :9750"), "{said}");
}
