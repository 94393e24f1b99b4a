//! Caps, order and interruption.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

fn names(report: &Report) -> Vec<&str> {
    report
        .first_names
        .iter()
        .map(|path| path.rsplit('/').next().unwrap())
        .collect()
}

/// Three ages by mtime; all older than the limit by the job's clock, and by ctime as well.
fn aged() -> Fixture {
    let fixture = Fixture::new();
    for (name, bytes, age) in [("c", 1, 4), ("a", 1, 6), ("big", 50_000, 6), ("b", 1, 5)] {
        let path = fixture.file(name, bytes);
        let at = fixture.before(age * DAY);
        let times = FileTimes::new().set_modified(at).set_accessed(at);
        File::open(path).unwrap().set_times(times).unwrap();
    }
    fixture
}

#[test]
fn the_oldest_go_first_then_the_biggest() {
    let mut fixture = aged();
    assert_eq!(names(&fixture.remove()), ["big", "a", "b", "c"]);

    fixture = aged();
    fixture.job.settings.max_files = 2;
    let report = fixture.remove();
    assert_eq!(
        (names(&report), report.ended),
        (vec!["big", "a"], Ended::Done)
    );
    assert_eq!(fixture.left(), ["b", "c"]);
}

#[test]
fn bytes_are_never_exceeded_but_what_fits_goes() {
    let mut fixture = aged();
    fixture.job.settings.max_bytes = 20_000;
    let report = fixture.remove();
    assert_eq!(names(&report), ["a", "b", "c"]);
    assert_eq!(report.ended, Ended::MaxBytes);
    assert_eq!(report.skipped.count(SkipReason::OverMaxBytes), 1);
    assert!(report.bytes <= 20_000);
    assert_eq!(fixture.left(), ["big"]);
}

#[test]
fn zero_means_none() {
    let mut fixture = aged();
    fixture.job.settings.max_files = 0;
    assert_eq!(
        remove(&fixture.job).unwrap_err().reason(),
        Reason::NothingToClean
    );
    assert_eq!(fixture.left().len(), 4);
}

#[test]
fn enough_free_means_nothing_is_done() {
    let mut fixture = aged();
    fixture.job.settings.stop_at_free = 0.0;
    let error = remove(&fixture.job).unwrap_err();
    assert_eq!(error.reason(), Reason::RecoveredByItself);
    assert!(
        error.to_string().contains("% of the file system of "),
        "{error}"
    );
    assert_eq!(fixture.left().len(), 4);
}

#[test]
fn stops_at_once_when_told_to() {
    let mut fixture = aged();
    fixture.job.may_go_on = Arc::new(|| false);
    let report = fixture.remove();
    assert_eq!((report.files, report.ended), (0, Ended::Interrupted));
    // Six entries are listed with `.` and `..` and the end; then two victims pass.
    let steps = Arc::new(AtomicU64::new(0));
    fixture.job.may_go_on = Arc::new(move || steps.fetch_add(1, Ordering::Relaxed) < 7 + 2);
    let report = fixture.remove();
    assert_eq!((report.files, report.ended), (2, Ended::Interrupted));
    assert_eq!(fixture.left(), ["b", "c"]);
}

#[test]
fn deep_folders_are_bounded() {
    let fixture = Fixture::new();
    let depth = walk::MAX_DEPTH + 20;
    let path = "d/".repeat(depth);
    fixture.file(&format!("{path}bottom"), 1);
    fixture.file("d/d/top", 1);
    let report = fixture.remove();
    assert_eq!((report.files, report.folders), (1, 0));
    assert_eq!(report.skipped.count(SkipReason::TooDeep), 1);
    assert!(fixture.path(&format!("{path}bottom")).exists());
}
