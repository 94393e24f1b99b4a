use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::time::Duration;

use prunelle_foundation::clock::{BootId, ManualClock, Now, SharedClock};
use prunelle_foundation::exposition::Format;

use super::*;
use crate::textfile::write_all;

struct Bench {
    folder: tempfile::TempDir,
    reader: Reader,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn new() -> Self {
        let now = Now {
            wall: jiff::Timestamp::from_second(4_000_000_000).unwrap(),
            boot: Duration::from_secs(1),
            boot_id: BootId::new("test"),
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            reader: Reader::default(),
            clock: Arc::new(ManualClock::new(now)),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn deadline(&self, allowed: Duration) -> Deadline {
        let clock: SharedClock = self.clock.clone();
        Deadline::after(clock, allowed)
    }

    /// Names and values that are read from folders, and whether there are errors.
    fn read(&self, folders: &[&str]) -> (String, bool) {
        self.read_at(4_000_000_000, folders)
    }

    fn read_at(&self, now: i64, folders: &[&str]) -> (String, bool) {
        let folders: Vec<_> = folders.iter().map(|folder| self.path(folder)).collect();
        let deadline = self.deadline(Duration::from_secs(1));
        let reading = self.reader.read(&folders, now, &deadline).unwrap();
        let mut text = String::new();
        write_all(&reading.families, Format::Text, &mut text);
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        (lines.join(";"), reading.has_errors)
    }

    fn complaints(&self) -> Vec<String> {
        let state = self.reader.state.lock().unwrap();
        let complaints = state.complaints.iter();
        let folder = format!("{}/", self.folder.path().display());
        complaints
            .map(|(path, error)| format!("{}: {error}", path.replace(&folder, "")))
            .collect()
    }
}

fn has(text: &str, has_errors: bool) -> (String, bool) {
    (text.to_owned(), has_errors)
}

#[test]
fn no_folder_is_no_error_and_a_missing_one_is() {
    let bench = Bench::new();
    assert_eq!(bench.read(&[]), has("", false));
    assert_eq!(bench.read(&["gone"]), has("", true));
    assert_eq!(bench.read(&["gone*"]), has("", true));
}

#[test]
fn files_are_read_in_order_and_others_are_not() {
    let bench = Bench::new();
    bench.write("b.prom", "b 1\n");
    bench.write("a.prom", "a 1\n");
    bench.write("c.prom.tmp", "c 1\n");
    bench.write("d.txt", "d 1\n");
    assert_eq!(bench.read(&["."]), has("a 1;b 1", false));
}

#[test]
fn folders_may_be_patterns_and_no_file_is_read_twice() {
    let bench = Bench::new();
    bench.write("one/x/a.prom", "a 1\n");
    bench.write("two/x/b.prom", "b 1\n");
    bench.write("[three/x/c.prom", "c 1\n");
    assert_eq!(bench.read(&["*/x", "one/x"]), has("c 1;a 1;b 1", false));
    assert_eq!(bench.read(&["[ot]*/?"]), has("a 1;b 1", false));
    assert_eq!(bench.read(&["[three/x"]), has("c 1", false));
}

#[test]
fn a_broken_file_costs_itself_only_until_it_is_well_again() {
    let bench = Bench::new();
    bench.write("a.prom", "a 1\n");
    let broken = bench.write("b.prom", "b 1\nb");
    assert_eq!(bench.read(&["."]), has("a 1", true));
    assert_eq!(
        bench.complaints(),
        ["b.prom: line 2: no line end: the file is cut off, or still being written"]
    );
    // As it is renamed over by whoever writes it well.
    let new = bench.write("b.new", "b 2\n");
    fs::rename(new, broken).unwrap();
    assert_eq!(bench.read(&["."]), has("a 1;b 2", false));
    assert_eq!(bench.complaints(), [""; 0]);
}

#[test]
fn what_is_no_file_neither_hangs_nor_costs_the_others() {
    let bench = Bench::new();
    bench.write("a.prom", "a 1\n");
    fs::create_dir(bench.path("folder.prom")).unwrap();
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        bench.path("pipe.prom"),
        rustix::fs::Mode::RWXU,
    )
    .unwrap();
    symlink("nowhere", bench.path("link.prom")).unwrap();
    symlink("/dev/zero", bench.path("zero.prom")).unwrap();
    let large = fs::File::create(bench.path("large.prom")).unwrap();
    large.set_len(file::LARGEST + 1).unwrap();
    assert_eq!(bench.read(&["."]), has("a 1", true));
    assert_eq!(
        bench.complaints(),
        [
            "folder.prom: it is no regular file",
            "large.prom: it is larger than 16 MiB",
            "link.prom: cannot read it: No such file or directory (os error 2)",
            "pipe.prom: it is no regular file",
            "zero.prom: it is no regular file",
        ]
    );
}

#[test]
fn a_file_without_permission_is_named() {
    let bench = Bench::new();
    let path = bench.write("a.prom", "a 1\n");
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = rustix::process::geteuid().is_root();
    assert_eq!(bench.read(&["."]).1, !is_root);
}

#[test]
fn what_vanishes_is_gone_without_an_error() {
    let bench = Bench::new();
    bench.write("a.prom", "a 1\n");
    let path = bench.write("b.prom", "b 1\n");
    assert_eq!(bench.read(&["."]), has("a 1;b 1", false));
    fs::rename(path, bench.path("b.old")).unwrap();
    assert_eq!(bench.read(&["."]), has("a 1", false));
    assert_eq!(bench.reader.state.lock().unwrap().files.len(), 1);
    // Between the list and the reading.
    assert!(file::look(&bench.path("b.prom")).unwrap().is_none());
    assert!(file::read(&bench.path("b.prom")).unwrap().is_none());
}

#[test]
fn what_has_not_changed_is_not_read_again_but_what_was_just_written_is() {
    let bench = Bench::new();
    let path = bench.write("a.prom", "a 1\n");
    let written = fs::metadata(&path).unwrap().ctime();
    let is_settled = || {
        bench
            .reader
            .state
            .lock()
            .unwrap()
            .files
            .values()
            .all(|it| it.is_settled)
    };
    assert_eq!(bench.read_at(written, &["."]), has("a 1", false));
    assert!(!is_settled());
    assert_eq!(bench.read_at(written + 60, &["."]), has("a 1", false));
    assert!(is_settled());
    // In place, at the same size: the times tell.
    fs::write(&path, "a 2\n").unwrap();
    set_modified(&path, Duration::from_secs(1_000_000_000));
    assert_eq!(bench.read_at(written, &["."]), has("a 2", false));
}

fn set_modified(path: &Path, since_epoch: Duration) {
    let file = fs::File::options().write(true).open(path).unwrap();
    let time = std::time::UNIX_EPOCH + since_epoch;
    file.set_modified(time).unwrap();
}

#[test]
fn when_time_is_up_there_is_nothing() {
    let bench = Bench::new();
    bench.write("a.prom", "a 1\n");
    let folders = [bench.path(".")];
    let over = bench.deadline(Duration::ZERO);
    assert!(bench.reader.read(&folders, 0, &over).is_none());
}

#[test]
fn each_file_tells_when_it_was_written() {
    let bench = Bench::new();
    let path = bench.write("a.prom", "a 1\n");
    bench.write("b.prom", "broken");
    set_modified(&path, Duration::from_millis(1_234_567_890_900));
    let deadline = bench.deadline(Duration::from_secs(1));
    let folders = [bench.folder.path().to_owned()];
    let reading = bench.reader.read(&folders, 0, &deadline).unwrap();
    assert_eq!(
        reading.modified,
        [(path.to_str().unwrap().into(), 1_234_567_890)]
    );
}

#[test]
fn metrics_of_running_collectors_and_of_this_process_are_reserved() {
    let collectors: Vec<_> = crate::collector::COLLECTORS.iter().collect();
    let bench = Bench {
        reader: Reader::new(&collectors),
        ..Bench::new()
    };
    bench.write(
        "a.prom",
        "a 1\nnode_textfile_scrape_error 0\nprocess_open_fds 1\nnode_scrape_collector_success 1\n\
         node_scrape_collector_successes 1\n",
    );
    let expected = has("a 1;node_scrape_collector_successes 1", true);
    assert_eq!(bench.read(&["."]), expected);
}
