//! SIGKILL at every step of finishing, compressing and removing files, and at random.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prunelle_healer::journal::{JournalOptions, LogStep};
use rustix::process::{Signal, getpid, kill_process};

use super::super::fixture::Fixture;
use super::super::log::hear;
use super::{assert_whole, journal_text, names, options, settled, whole_text};
use crate::child;

const STEP: &str = "PRUNELLE_LOG_TEST_STEP";
const KEEP: &str = "PRUNELLE_LOG_TEST_KEEP";
/// How often each step is killed at: the first time, and later ones.
const TIMES: [u64; 3] = [1, 2, 5];

const STEPS: [LogStep; 10] = [
    LogStep::Note,
    LogStep::Rename,
    LogStep::SyncFolder,
    LogStep::Open,
    LogStep::Compress,
    LogStep::CompressMore,
    LogStep::SyncCompressed,
    LogStep::NameCompressed,
    LogStep::Compare,
    LogStep::RemovePlain,
];

#[tokio::test]
async fn at_every_step_it_loses_no_line_and_doubles_none() {
    let fixture = Fixture::new();
    for step in STEPS {
        for time in TIMES {
            let killed = run_until_killed(&fixture, &format!("{step:?}"), time, 0);
            assert!(killed, "the step {step:?} did not come {time} times");
        }
        let journal = fixture.try_open(options(&fixture)).unwrap();
        hear(&fixture, &journal, 0..40).await;
        hear(&fixture, &journal, 40..80).await;
        assert_whole(&fixture, journal).await;
    }
    assert!(names(fixture.folder.path()).len() > 50);
}

#[tokio::test]
async fn at_any_moment_it_loses_no_line_and_doubles_none() {
    let fixture = Fixture::new();
    for round in 0..15 {
        let mut process = start(&fixture, "none", 0, 0);
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        for _ in 0..(3 + round * 7) {
            lines.next().unwrap().unwrap();
        }
        process.kill().unwrap();
        process.wait().unwrap();
        if round % 5 == 4 {
            let journal = fixture.try_open(options(&fixture)).unwrap();
            assert_whole(&fixture, journal).await;
        }
    }
}

#[tokio::test]
async fn while_old_files_are_removed_what_is_left_is_the_end() {
    let fixture = Fixture::new();
    let keep = 4;
    for step in [LogStep::NoteBeginning, LogStep::RemoveOld] {
        for time in TIMES {
            let killed = run_until_killed(&fixture, &format!("{step:?}"), time, keep);
            assert!(killed, "the step {step:?} did not come {time} times");
        }
        let mut options = options(&fixture);
        options.log.keep_files = keep;
        let journal = fixture.try_open(options).unwrap();
        super::super::log::logged(&journal, journal.stats().sequence()).await;
        settled(&fixture).await;
        journal.close().await;
        let (found, all) = (whole_text(&fixture.log()), journal_text(&fixture));
        assert!(found.lines().count() > 10 && found.len() < all.len());
        assert!(all.ends_with(&found), "{:?}", names(fixture.folder.path()));
    }
}

fn start(fixture: &Fixture, step: &str, time: u64, keep: usize) -> std::process::Child {
    child::command(
        "journal::rotation::killed::rotates_until_killed",
        fixture.folder.path(),
    )
    .env(STEP, format!("{step}:{time}"))
    .env(KEEP, keep.to_string())
    .stdout(Stdio::piped())
    .stderr(Stdio::null())
    .spawn()
    .unwrap()
}

/// Whether it was killed, and did not end by itself.
fn run_until_killed(fixture: &Fixture, step: &str, time: u64, keep: usize) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    let output = start(fixture, step, time, keep).wait_with_output().unwrap();
    output.status.signal() == Some(Signal::KILL.as_raw())
}

/// The other process: writes lines, and kills itself at a step of the log.
#[tokio::test]
async fn rotates_until_killed() {
    let Some(folder) = child::folder() else {
        return;
    };
    let at = std::env::var(STEP).unwrap();
    let (step, time) = at.split_once(':').unwrap();
    let (step, time) = (step.to_owned(), time.parse::<u64>().unwrap());
    let fixture = Fixture::at(&folder);
    let mut options: JournalOptions = options(&fixture);
    options.log.keep_files = std::env::var(KEEP).unwrap().parse().unwrap();
    let count = AtomicU64::new(0);
    options.log.on_step = Some(Arc::new(move |now| {
        if format!("{now:?}") == step && count.fetch_add(1, Ordering::SeqCst) + 1 == time {
            kill_process(getpid(), Signal::KILL).unwrap();
        }
    }));
    let journal = fixture.try_open(options).unwrap();
    println!();
    let base = u64::from(std::process::id()) << 24;
    for number in 0..2000 {
        let first = base + number * 4;
        hear(&fixture, &journal, first..first + 4).await;
        println!("heard");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
