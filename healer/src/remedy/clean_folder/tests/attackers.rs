//! Attackers beside the cleaner, as many at once as there are ways in: links for folders and files, bind mounts, renames,
//! FIFOs and hard links, swapped as fast as they can while one cleaning follows the other. Under canary trees: whatever
//! is led outside would remove something there that has the same name.
//!
//! A hundred cleanings as a rule, some hundred swaps beside each; `PRUNELLE_ATTACKS` says how many more for the full run.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::{AtomicBool, Ordering};

use prunelle_sandbox::wait::Stopwatch;
use rustix::fs::{CWD, FileType, Mode, OFlags, RenameFlags, mknodat, openat, renameat_with};
use rustix::mount::{UnmountFlags, mount, mount_bind, unmount};

use super::*;

/// Set for this program when it runs in its own mount namespace.
const INSIDE: &str = "PRUNELLE_ATTACKED_INSIDE";
const TEST: &str = "remedy::clean_folder::tests::attackers::nothing_outside_is_touched";

/// Folders that are walked, each with a canary of the same name outside.
const FOLDERS: [&str; 5] = ["d0", "d1", "d2", "deep/x/y", "moved/y"];
const FILES: [&str; 4] = ["a", "b", "c", "d"];

/// Everything that the attackers know.
struct Ground {
    fixture: Fixture,
    /// The real folders, held open: files are put there whatever has their names meanwhile.
    folders: Vec<OwnedFd>,
    is_over: AtomicBool,
    swaps: AtomicU64,
}

impl Ground {
    fn new() -> Self {
        let options = std::ffi::CString::new("size=256m").unwrap();
        let temporary = std::env::temp_dir();
        let flags = rustix::mount::MountFlags::NOSUID;
        mount(
            "tmpfs",
            &temporary,
            "tmpfs",
            flags,
            Some(options.as_c_str()),
        )
        .unwrap();
        let mut fixture = Fixture::new();
        // No process is looked at: what is open is another test's matter, and looking takes longest.
        fixture.job.proc = fixture.root.path().join("no-processes");
        let outside = fixture.outside();
        for folder in FOLDERS {
            for base in [&fixture.job.folder, &outside] {
                fs::create_dir_all(base.join(folder)).unwrap();
            }
            for file in FILES {
                fs::write(outside.join(folder).join(file), file).unwrap();
            }
        }
        // These folders stay; all others would go once they are empty.
        for folder in FOLDERS.into_iter().chain(["m", "deep/x", "moved"]) {
            let kept = fixture.file(&format!("{folder}/kept"), 1);
            fixture.modified(&kept, DAY);
        }
        for file in ["f", "h"] {
            fs::write(outside.join(file), file).unwrap();
        }
        fs::create_dir(fixture.root.path().join("parked")).unwrap();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = |name: &str| openat(CWD, fixture.path(name), flags, Mode::empty()).unwrap();
        let folders = FOLDERS.into_iter().chain([""]).map(open).collect();
        Self {
            folders,
            fixture,
            is_over: AtomicBool::new(false),
            swaps: AtomicU64::new(0),
        }
    }

    /// Old files in the real folders, and beside them.
    fn refill(&self) {
        let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for folder in &self.folders {
            for file in FILES {
                // A FIFO that nobody reads, or a link, may be there.
                let _ = openat(folder, file, flags | OFlags::NONBLOCK, Mode::RUSR);
            }
        }
    }

    /// Swaps two names until it is over; what is missing is made again by `make`.
    fn swap(&self, one: &str, other: &str, make: impl Fn(&Path)) {
        let (one, other) = (self.fixture.path(one), self.fixture.path(other));
        while !self.is_over.load(Ordering::Relaxed) {
            if fs::symlink_metadata(&other).is_err() {
                make(&other);
            }
            for _ in 0..2 {
                if renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE).is_ok() {
                    self.swaps.fetch_add(1, Ordering::Relaxed);
                }
            }
            // The link was removed while it had the folder's name: the folder gets it back.
            if fs::symlink_metadata(&one).is_err() {
                let _ = fs::rename(&other, &one);
            }
        }
    }

    /// Puts a bind mount of the canary over a folder, and takes it away.
    fn bind(&self, name: &str) {
        while !self.is_over.load(Ordering::Relaxed) {
            let (folder, canary) = (self.fixture.path(name), self.fixture.outside().join("d0"));
            if mount_bind(&canary, &folder).is_ok() {
                self.swaps.fetch_add(1, Ordering::Relaxed);
                give_way();
                let _ = unmount(&folder, UnmountFlags::DETACH);
            }
            give_way();
        }
    }

    /// Moves a folder out of the base and back.
    fn move_out(&self, name: &str) {
        let (folder, parked) = (
            self.fixture.path(name),
            self.fixture.root.path().join("parked/x"),
        );
        while !self.is_over.load(Ordering::Relaxed) {
            if fs::rename(&folder, &parked).is_ok() {
                self.swaps.fetch_add(1, Ordering::Relaxed);
                fs::rename(&parked, &folder).unwrap();
            }
        }
    }

    /// Gives a canary a second name in the base, which the cleaner may take away.
    fn link(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            if fs::hard_link(self.fixture.outside().join("h"), self.fixture.path("h")).is_ok() {
                self.swaps.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Names, contents, inodes and times of modification below a folder.
fn picture(folder: &Path) -> BTreeMap<PathBuf, (u64, i64, i64, Vec<u8>)> {
    let mut picture = BTreeMap::new();
    let mut unread = vec![folder.to_owned()];
    while let Some(path) = unread.pop() {
        let file = fs::symlink_metadata(&path).unwrap();
        let content = if file.is_dir() {
            unread.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            Vec::new()
        } else {
            fs::read(&path).unwrap()
        };
        picture.insert(path, (file.ino(), file.mtime(), file.mtime_nsec(), content));
    }
    picture
}

/// Leaves a mount, or its absence, to the cleaner for a moment: it has to come across both.
fn give_way() {
    for _ in 0..3 {
        std::thread::yield_now();
    }
}

fn to(target: PathBuf) -> impl Fn(&Path) {
    move |link| {
        let _ = symlink(&target, link);
    }
}

fn fifo(path: &Path) {
    let _ = mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0);
}

#[test]
fn nothing_outside_is_touched() {
    if std::env::var_os(INSIDE).is_none() {
        return inside();
    }
    let told = std::env::var("PRUNELLE_ATTACKS").ok();
    let cleanings: u64 = told.map_or(100, |told| told.parse().unwrap());
    let ground = Ground::new();
    let outside = ground.fixture.outside();
    let before = picture(&outside);
    let watch = Stopwatch::start();
    let (mut files, mut skipped) = (0, BTreeMap::new());
    std::thread::scope(|scope| {
        let _over = Over(&ground.is_over);
        for folder in ["d0", "d1"] {
            let canary = outside.join(folder);
            let link = format!("link-{folder}");
            let ground = &ground;
            scope.spawn(move || ground.swap(folder, &link, to(canary)));
        }
        // Each attacker keeps to a way that no other leads outside: the canaries are the cleaner's alone.
        scope.spawn(|| ground.swap("deep/x", "deep/link", to(outside.join("deep/x"))));
        scope.spawn(|| ground.swap("a", "link-a", to(outside.join("f"))));
        scope.spawn(|| ground.swap("b", "fifo", fifo));
        scope.spawn(|| ground.bind("m"));
        scope.spawn(|| ground.bind("d2"));
        scope.spawn(|| ground.move_out("moved/y"));
        scope.spawn(|| ground.link());
        for cleaning in 1..=cleanings {
            ground.refill();
            if let Ok(report) = remove(&ground.fixture.job) {
                files += report.files;
                for (reason, count) in report.skipped.iter() {
                    *skipped.entry(format!("{reason:?}")).or_insert(0) += count;
                }
            }
            if cleaning % 100 == 0 {
                assert_eq!(picture(&outside), before, "cleaning {cleaning}");
            }
            if cleaning % 1000 == 0 {
                eprintln!("{cleaning} cleanings, nothing outside was touched");
            }
        }
    });
    assert_eq!(picture(&outside), before);
    let swaps = ground.swaps.load(Ordering::Relaxed);
    println!(
        "{cleanings} cleanings in {:.1?}, {swaps} swaps beside them: {files} files removed, left alone: {skipped:?}",
        watch.elapsed()
    );
    // The attackers were at work, and so was the cleaner.
    assert!(
        swaps > 10 * cleanings,
        "{swaps} swaps beside {cleanings} cleanings"
    );
    assert!(files > cleanings, "{files} files in {cleanings} cleanings");
    // Two places have a mount now and then.
    let mounts = skipped["MountPoint"];
    assert!(mounts > 0 && mounts < 2 * cleanings, "{skipped:?}");
    assert!(skipped["Changed"] > 0, "{skipped:?}");
}

/// The attackers stop whatever happens to the cleaner.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs the test in a mount namespace of its own.
#[expect(clippy::disallowed_methods, reason = "a test may start itself")]
fn inside() {
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let output = command
        .args(["--mount", "--propagation", "private"])
        // Other tests that run beside this one need the processors too.
        .args(["nice", "-n", "19"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(INSIDE, "1")
        // A long run is heard of.
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("unshare (Debian package util-linux): {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    print!("{said}");
}
