//! What ships agrees on names: every metric that a dashboard or a rule asks for is one that the programs publish.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Suffixes of the series of a histogram.
const OF_A_HISTOGRAM: [&str; 3] = ["_bucket", "_count", "_sum"];

#[test]
fn dashboards_and_rules_ask_for_metrics_that_the_reference_describes() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut known = names(&fs::read_to_string(root.join("docs/metrics.md"))?);
    known.extend(names(&fs::read_to_string(
        root.join("docs/reference/metrics.md"),
    )?));
    let mut asked = 0;
    for folder in ["grafana/dashboards", "prometheus/rules"] {
        for file in files(&root.join(folder))? {
            for name in names(&fs::read_to_string(&file)?) {
                let plain = OF_A_HISTOGRAM
                    .iter()
                    .find_map(|suffix| name.strip_suffix(suffix));
                let is_known = known.contains(&name) || plain.is_some_and(|it| known.contains(it));
                assert!(is_known, "{}: `{name}` is in no reference", file.display());
                asked += 1;
            }
        }
    }
    assert!(
        asked >= 15,
        "only {asked} names were found: the search is broken"
    );
    Ok(())
}

/// The JSON and YAML files of a folder, without its sub-folders.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|it| it == "json" || it == "yml")
        {
            files.push(path);
        }
    }
    Ok(files)
}

/// Every name of a metric of ours in a text.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("prunelle_") && !word.ends_with('_'))
        .map(str::to_owned)
        .collect()
}
