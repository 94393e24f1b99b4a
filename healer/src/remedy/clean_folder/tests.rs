//! Against real file systems. Files are made now, and the job's clock is ten days ahead: nothing else makes a ctime old.

mod announced;
mod attackers;
mod confined;
mod limits;
mod names;
mod on_mount;
mod races;
mod stays;

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use prunelle_foundation::clock::{Clock as _, SystemClock};

use super::report::Bytes;
use super::*;
use crate::reason::Reason;

const DAY: Duration = Duration::from_hours(24);

/// A folder to clean, and one outside that must never be touched.
struct Fixture {
    root: tempfile::TempDir,
    job: Job,
}

impl Fixture {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("base");
        fs::create_dir(&folder).unwrap();
        fs::create_dir(root.path().join("outside")).unwrap();
        fs::write(root.path().join("outside/precious"), "x").unwrap();
        let mut now = SystemClock::new().unwrap().now();
        now.wall = now.wall.checked_add(10 * DAY).unwrap();
        now.boot += 10 * DAY;
        let settings = CleanFolder {
            folder: None,
            older_than: 3 * DAY,
            stop_at_free: 1.0,
            max_bytes: u64::MAX,
            max_files: u64::MAX,
        };
        let job = Job::new(folder, settings, Vec::new(), now);
        Self { root, job }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.job.folder.join(name)
    }

    fn outside(&self) -> PathBuf {
        self.root.path().join("outside")
    }

    /// A file of some bytes, with the folders it needs.
    fn file(&self, name: &str, bytes: usize) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, vec![b'x'; bytes]).unwrap();
        path
    }

    /// Makes a file or folder young: modified this long before the job's clock.
    fn modified(&self, path: &Path, age: Duration) {
        let times = FileTimes::new().set_modified(self.before(age));
        File::open(path).unwrap().set_times(times).unwrap();
    }

    /// This long before the job's clock.
    fn before(&self, age: Duration) -> SystemTime {
        let seconds = u64::try_from(self.job.now.wall.as_second()).unwrap();
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) - age
    }

    fn remove(&self) -> Report {
        remove(&self.job).unwrap()
    }

    /// What is left, sorted, folders with a slash; and nothing outside was touched.
    fn left(&self) -> Vec<String> {
        assert!(self.outside().join("precious").exists());
        let mut left = Vec::new();
        let mut folders = vec![self.job.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let entry = entry.unwrap();
                let path = entry.path();
                let name = path.strip_prefix(&self.job.folder).unwrap();
                let name = printable(name);
                if entry.file_type().unwrap().is_dir() {
                    left.push(format!("{name}/"));
                    folders.push(path);
                } else {
                    left.push(name);
                }
            }
        }
        left.sort();
        left
    }
}

fn printable(path: &Path) -> String {
    open_files::printable(path)
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn removes_what_is_old_and_tells_of_it() {
    let fixture = Fixture::new();
    fixture.file("a", 5000);
    fixture.file("sub/b", 5000);
    let young = fixture.file("sub/c", 10);
    fixture.modified(&young, DAY);
    let plan = plan(&fixture.job).unwrap();
    assert_eq!((plan.files, plan.ended), (2, Ended::Done));
    assert_eq!(plan.skipped.count(SkipReason::Young), 1);
    assert_eq!(fixture.left(), ["a", "sub/", "sub/b", "sub/c"]);

    let report = fixture.remove();
    assert_eq!((report.files, report.folders), (2, 0));
    assert_eq!((report.bytes, report.ended), (plan.bytes, Ended::Done));
    assert_eq!(report.first_names, plan.first_names);
    assert_eq!(report.skipped, plan.skipped);
    assert!(report.bytes >= 10_000);
    assert_eq!(fixture.left(), ["sub/", "sub/c"]);

    // Again, as after a crash: nothing is left to do.
    let again = remove(&fixture.job).unwrap_err();
    assert_eq!(again.reason(), Reason::NothingToClean);
    assert!(again.to_string().ends_with("base: 1 too young"), "{again}");
}

#[test]
fn nothing_old_enough_is_said() {
    let fixture = Fixture::new();
    let error = plan(&fixture.job).unwrap_err();
    assert_eq!(error.reason(), Reason::NothingToClean);
    assert!(error.to_string().ends_with("base: it is empty"), "{error}");
    fixture.file("a", 1);
    let mut job = fixture.job.clone();
    job.settings.older_than = 11 * DAY;
    assert_eq!(remove(&job).unwrap_err().reason(), Reason::NothingToClean);
    // A clock that is behind makes nothing old.
    job.settings.older_than = Duration::ZERO;
    job.now.wall = jiff::Timestamp::UNIX_EPOCH;
    assert_eq!(remove(&job).unwrap_err().reason(), Reason::NothingToClean);
    assert_eq!(fixture.left(), ["a"]);
}

#[test]
fn old_empty_folders_go_innermost_first() {
    let fixture = Fixture::new();
    fixture.file("old/inner/deep/a", 1);
    fs::create_dir(fixture.path("empty")).unwrap();
    fixture.file("young/a", 1);
    fixture.modified(&fixture.path("young"), DAY);
    fixture.file("full/old", 1);
    let stays = fixture.file("full/young", 1);
    fixture.modified(&stays, DAY);
    let report = fixture.remove();
    assert_eq!((report.files, report.folders), (3, 4));
    assert_eq!(fixture.left(), ["full/", "full/young", "young/"]);
}

#[test]
fn plan_and_report_are_read_back() {
    let fixture = Fixture::new();
    fixture.file("a", 5000);
    let plan = plan(&fixture.job).unwrap();
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    assert!(
        plan.to_string()
            .starts_with("would remove 1 files, 8 KiB, from ")
    );
    let report = fixture.remove();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    assert!(
        report
            .to_string()
            .starts_with("removed 1 files and 0 folders from ")
    );
}

#[test]
fn bytes_for_people() {
    for (bytes, expected) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (20 << 30, "20 GiB"),
        (u64::MAX, "17179869183.9 GiB"),
    ] {
        assert_eq!(Bytes(bytes).to_string(), expected);
    }
}
