//! `journal verify`, over the log of a real journal, with and without its daemon.

use std::fs;
use std::path::{Path, PathBuf};

use prunelle_healer::journal::LogOptions;
use serde_json::Value;

use super::{run, stderr, stdout};
use crate::journal::{Fixture, hear, logged};

/// A log in several files, and the journal it was made from, which no daemon has open.
async fn closed() -> Fixture {
    let fixture = Fixture::new();
    let mut options = fixture.options();
    options.log = LogOptions {
        max_bytes: 4 << 10,
        is_compressed: true,
        ..LogOptions::default()
    };
    let journal = fixture.try_open(options).unwrap();
    hear(&fixture, &journal, 0..20).await;
    logged(&journal, 20).await;
    journal.close().await;
    fixture
}

async fn verify(fixture: &Fixture, more: &[&str]) -> (Option<i32>, String, String) {
    let folder = fixture.folder.path().display();
    let runtime = format!("--runtime.path={folder}/none");
    let storage = format!("--storage.path={folder}");
    let log = format!("--actions.file={}", fixture.log().display());
    let mut arguments = vec!["journal", "verify", &runtime, &storage, &log];
    arguments.extend(more);
    let output = run(&arguments).await;
    (output.status.code(), stdout(&output), stderr(&output))
}

fn last_file(folder: &Path) -> PathBuf {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("actions.jsonl.2"))
        .collect();
    paths.sort();
    paths.pop().unwrap()
}

#[tokio::test]
async fn a_log_as_it_was_written_is_good() {
    let fixture = closed().await;
    let (code, text, errors) = verify(&fixture, &[]).await;
    assert_eq!(code, Some(0), "{text}{errors}");
    assert!(text.starts_with("good: 20 lines in "), "{text}");
    assert!(
        text.contains("seq 1 to 20; its end is held against the journal"),
        "{text}"
    );

    let (code, text, _) = verify(&fixture, &["--json"]).await;
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &report["is_good"]), (Some(0), &true.into()));
    assert_eq!(report["lines"], 20);
    assert!(report["files"].as_array().unwrap().len() > 2);
}

#[tokio::test]
async fn a_cut_end_and_a_missing_file_are_bad() {
    let fixture = closed().await;
    let text = fs::read_to_string(fixture.log()).unwrap();
    let cut = text.trim_end().rfind('\n').map_or(0, |end| end + 1);
    fs::write(fixture.log(), &text[..cut]).unwrap();
    let (code, text, _) = verify(&fixture, &[]).await;
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("must reach seq 20"), "{text}");

    let fixture = closed().await;
    fs::rename(
        last_file(fixture.folder.path()),
        fixture.folder.path().join("gone"),
    )
    .unwrap();
    let (code, text, _) = verify(&fixture, &["--json"]).await;
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, Some(1), "{text}");
    assert_eq!(report["problems"][0]["kind"], "removed", "{text}");
}

#[tokio::test]
async fn files_by_name_are_held_against_a_number() {
    let fixture = closed().await;
    let log = fixture.log().display().to_string();
    let (code, text, _) = verify(&fixture, &[&log, "--last-seq=20"]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("older lines were removed"), "{text}");
    let (code, text, _) = verify(&fixture, &[&log, "--last-seq=21"]).await;
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("must reach seq 21"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_read_is_neither_good_nor_bad() {
    let fixture = Fixture::new();
    for files in [&[][..], &["/does/not/exist"]] {
        let (code, text, errors) = verify(&fixture, files).await;
        assert_eq!((code, text.trim()), (Some(2), ""), "{errors}");
        assert!(errors.contains("cannot read"), "{errors}");
    }
}

#[tokio::test]
async fn without_a_journal_it_says_what_it_cannot_see() {
    let fixture = closed().await;
    fs::rename(fixture.database(), fixture.folder.path().join("gone")).unwrap();
    let (code, text, _) = verify(&fixture, &[]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("a cut-off end would not be seen"), "{text}");
    assert!(text.contains("the journal could not be asked"), "{text}");
}
