//! Finished files of the action log: no line is lost and none is there twice, whatever ends the program and whenever.

mod kept;
mod killed;
mod others;

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use prunelle_healer::journal::{Journal, JournalOptions, LogOptions};
use rusqlite::Connection;

use super::fixture::Fixture;

/// Some alerts long.
const SMALL: u64 = 4 << 10;

/// Small files, compressed.
fn options(fixture: &Fixture) -> JournalOptions {
    JournalOptions {
        log: LogOptions {
            max_bytes: SMALL,
            is_compressed: true,
            ..LogOptions::default()
        },
        ..fixture.options()
    }
}

/// Names beside the log that begin as it does, in order.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("actions.jsonl."))
        .collect();
    names.sort();
    names
}

fn is_compressed(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "gz")
}

fn text_of(path: &Path) -> String {
    let mut text = String::new();
    let file = File::open(path).unwrap();
    if is_compressed(path.to_str().unwrap()) {
        MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    } else {
        { file }.read_to_string(&mut text).unwrap();
    }
    text
}

/// All files one after the other, by their names. What the end of the program has left half done does not count.
fn whole_text(log: &Path) -> String {
    let folder = log.parent().unwrap();
    let names = names(folder);
    let is_there = |name: &str| names.iter().any(|other| other == name);
    let is_half_done = |name: &str| {
        name.strip_suffix(".gz").is_some_and(is_there)
            || Path::new(name).extension().is_some_and(|end| end == "tmp")
    };
    let finished = names.iter().filter(|name| !is_half_done(name));
    let finished = finished.map(|name| folder.join(name));
    let files: Vec<PathBuf> = finished.chain([log.to_owned()]).collect();
    files.iter().map(|path| text_of(path)).collect()
}

/// What the log must hold: the journal's own lines.
fn journal_text(fixture: &Fixture) -> String {
    let database = Connection::open(fixture.database()).unwrap();
    let mut statement = database
        .prepare("SELECT line || char(10) FROM events ORDER BY seq")
        .unwrap();
    let lines = statement.query_map([], |row| row.get::<_, String>(0));
    lines.unwrap().collect::<Result<_, _>>().unwrap()
}

/// Waits until every finished file is compressed, and nothing is left half done.
async fn settled(fixture: &Fixture) {
    let folder = fixture.folder.path();
    let wait = async {
        while !names(folder).iter().all(|name| is_compressed(name)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), wait).await;
    assert!(waited.is_ok(), "{:?}", names(folder));
}

/// Closes the journal; afterwards the files together equal it.
async fn assert_whole(fixture: &Fixture, journal: Journal) {
    super::log::logged(&journal, journal.stats().sequence()).await;
    settled(fixture).await;
    journal.close().await;
    let (found, expected) = (whole_text(&fixture.log()), journal_text(fixture));
    assert!(
        found == expected,
        "{} lines in {:?}, {} in the journal",
        found.lines().count(),
        names(fixture.folder.path()),
        expected.lines().count()
    );
}
