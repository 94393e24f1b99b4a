use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use prunelle_foundation::clock::SystemClock;
use prunelle_foundation::lifecycle::Lifecycle;
use rustix::io::Errno;

use super::*;

/// Mounts that hang until they are let go, and how often each was asked.
#[derive(Default)]
struct Mounts {
    hanging: Mutex<BTreeSet<PathBuf>>,
    changed: Condvar,
    asked: AtomicUsize,
}

impl Mounts {
    fn ask(&self, path: &Path) -> Result<Space, Refusal> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        assert!(!path.ends_with("panics"), "a bug");
        let hanging = self.hanging.lock().unwrap();
        let _hanging = self
            .changed
            .wait_while(hanging, |hanging| hanging.contains(path))
            .unwrap();
        if path.ends_with("refuses") {
            return Err(Errno::ACCESS.into());
        }
        Ok(Space {
            total: 100,
            free: 50,
            available: 50,
            files: 10,
            files_free: 5,
            is_folder: true,
        })
    }

    fn hang(&self, paths: &[&str]) {
        *self.hanging.lock().unwrap() = paths.iter().map(PathBuf::from).collect();
        self.changed.notify_all();
    }

    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::SeqCst)
    }
}

struct Bench {
    mounts: Arc<Mounts>,
    prober: Prober,
    tasks: Tasks,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::with(&["/", "/a", "/b", "/refuses"])
    }

    fn with(paths: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("1")).unwrap();
        let lines = paths
            .iter()
            .enumerate()
            .map(|(id, path)| format!("{id} 0 8:{id} / {path} rw - ext4 /dev/sd{id} rw\n"));
        std::fs::write(folder.path().join("1/mountinfo"), lines.collect::<String>()).unwrap();
        let roots = Roots {
            procfs: folder.path().to_owned(),
            ..Roots::default()
        };
        let mounts = Arc::new(Mounts::default());
        let tasks = Lifecycle::new().tasks();
        let asked = Arc::clone(&mounts);
        Self {
            prober: Prober::new(
                roots,
                tasks.clone(),
                Box::new(move |it| asked.ask(&it.path)),
            ),
            mounts,
            tasks,
            _folder: folder,
        }
    }

    fn within(limit: Duration) -> Deadline {
        Deadline::after(Arc::new(SystemClock::new().unwrap()), limit)
    }

    /// Mount points that answered, and those that failed.
    fn ask(&self, limit: Duration) -> (Vec<String>, Vec<String>) {
        Self::names(
            &self
                .prober
                .begin(&Arc::default())
                .finish(&Self::within(limit))
                .unwrap()
                .unwrap(),
        )
    }

    fn names(answers: &Answers) -> (Vec<String>, Vec<String>) {
        let (answered, failed): (Vec<_>, Vec<_>) = answers
            .iter()
            .partition(|(_, answer)| matches!(answer, Answer::Space(_)));
        let names = |answers: Vec<(&FileSystem, &Answer)>| {
            let mut names: Vec<_> = answers
                .iter()
                .map(|(it, _)| it.mountpoint.clone())
                .collect();
            names.sort();
            names
        };
        (names(answered), names(failed))
    }

    fn threads(&self) -> usize {
        self.tasks.running().len()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.mounts.hang(&[]);
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn all_answer_from_one_thread_that_is_kept() {
    let bench = Bench::new();
    for _ in 0..3 {
        let (answered, failed) = bench.ask(Duration::from_secs(10));
        assert_eq!(answered, owned(&["/", "/a", "/b"]));
        assert_eq!(failed, owned(&["/refuses"]));
    }
    assert_eq!(bench.threads(), 1);
}

#[test]
fn a_hung_mount_costs_one_thread_once_and_comes_back() {
    let bench = Bench::new();
    bench.mounts.hang(&["/a"]);
    let (answered, failed) = bench.ask(Duration::from_secs(10));
    assert_eq!(answered, owned(&["/", "/b"]));
    assert_eq!(failed, owned(&["/a", "/refuses"]));
    assert_eq!(
        bench.threads(),
        2,
        "the one that hangs and the one that works"
    );

    // From now on it costs nothing: it is not asked, and nobody waits for it.
    bench.mounts.asked();
    let while_nobody_waits = Bench::within(LONGEST_WAIT);
    for _ in 0..5 {
        let (answered, failed) = bench.ask(Duration::from_secs(10));
        assert_eq!(answered, owned(&["/", "/b"]));
        assert_eq!(failed, owned(&["/a", "/refuses"]));
    }
    assert_eq!(bench.mounts.asked(), 5 * 3);
    assert!(!while_nobody_waits.is_over());
    assert_eq!(bench.threads(), 2);

    bench.mounts.hang(&[]);
    prunelle_sandbox::wait_until(
        "the thread that hung has ended",
        Duration::from_secs(10),
        || (bench.threads() == 1).then_some(()),
    )
    .unwrap();
    assert_eq!(
        bench.ask(Duration::from_secs(10)).0,
        owned(&["/", "/a", "/b"])
    );
}

#[test]
fn two_hung_mounts_still_leave_the_others() {
    let bench = Bench::new();
    bench.mounts.hang(&["/", "/b"]);
    let (answered, failed) = bench.ask(Duration::from_secs(10));
    assert_eq!(answered, owned(&["/a"]));
    assert_eq!(failed, owned(&["/", "/b", "/refuses"]));
    assert_eq!(bench.threads(), 3);
}

#[test]
fn a_short_deadline_is_kept() {
    let bench = Bench::new();
    bench.mounts.hang(&["/a"]);
    let soon = Bench::within(Duration::from_secs(2));
    let (_, failed) = bench.ask(Duration::from_millis(200));
    assert!(failed.contains(&"/a".to_owned()), "{failed:?}");
    assert!(!soon.is_over());
}

#[test]
fn parallel_scrapes_take_turns() {
    let bench = Bench::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(bench.ask(Duration::from_secs(10)).0.len(), 3);
                }
            });
        }
    });
    assert_eq!(bench.threads(), 1);
}

#[test]
fn without_a_list_of_mounts_there_is_nothing_to_ask() {
    let tasks = Lifecycle::new().tasks();
    let roots = Roots {
        procfs: "/no/such/folder".into(),
        ..Roots::default()
    };
    let prober = Prober::new(roots, tasks, Box::new(|_| Err(Errno::IO.into())));
    let answers = prober
        .begin(&Arc::default())
        .finish(&Bench::within(Duration::from_secs(10)));
    assert!(answers.unwrap().is_none());
}

#[test]
fn the_thread_asks_while_the_scrape_does_something_else() {
    let bench = Bench::new();
    let probe = bench.prober.begin(&Arc::default());
    prunelle_sandbox::wait_until("all are asked", Duration::from_secs(10), || {
        (bench.mounts.asked.load(Ordering::SeqCst) == 4).then_some(())
    })
    .unwrap();
    // Nothing is left to wait for.
    let answers = probe.finish(&Bench::within(Duration::from_secs(10)));
    assert_eq!(Bench::names(&answers.unwrap().unwrap()).0.len(), 3);
}

#[test]
fn the_turn_of_a_scrape_that_came_second_begins_when_the_first_has_ended() {
    let bench = Bench::new();
    let first = bench.prober.begin(&Arc::default());
    let second = bench.prober.begin(&Arc::default());
    let soon = Bench::within(Duration::from_millis(20));
    assert!(matches!(second.finish(&soon), Err(ProbeError::Busy)));
    let third = bench.prober.begin(&Arc::default());
    drop(first);
    let deadline = Bench::within(Duration::from_secs(10));
    assert!(third.finish(&deadline).unwrap().is_some());
}

#[test]
fn a_scrape_that_gives_up_leaves_no_trap_for_the_next() {
    let bench = Bench::new();
    bench.mounts.hang(&["/a"]);
    let probe = bench.prober.begin(&Arc::default());
    prunelle_sandbox::wait_until("the thread hangs", Duration::from_secs(10), || {
        (bench.mounts.asked.load(Ordering::SeqCst) == 2).then_some(())
    })
    .unwrap();
    drop(probe);
    let (answered, failed) = bench.ask(Duration::from_secs(10));
    assert_eq!(answered, owned(&["/", "/b"]));
    assert_eq!(failed, owned(&["/a", "/refuses"]));
    assert_eq!(bench.threads(), 2);
}

#[test]
fn those_before_and_after_a_hung_mount_are_asked_once() {
    let bench = Bench::new();
    bench.mounts.hang(&["/a"]);
    bench.ask(Duration::from_secs(10));
    assert_eq!(bench.mounts.asked(), 4);
}

#[test]
fn why_is_told() {
    let bench = Bench::new();
    bench.mounts.hang(&["/a"]);
    let deadline = Bench::within(Duration::from_secs(10));
    let answers = bench
        .prober
        .begin(&Arc::default())
        .finish(&deadline)
        .unwrap()
        .unwrap();
    let answer = |mountpoint: &str| {
        let mut answers = answers.iter();
        *answers
            .find(|(it, _)| it.mountpoint == mountpoint)
            .unwrap()
            .1
    };
    assert_eq!(answer("/a"), Answer::Hangs);
    assert_eq!(answer("/refuses"), Answer::Refused(Errno::ACCESS.into()));
}

#[test]
fn a_thread_that_panics_costs_its_own_mount_only() {
    let bench = Bench::with(&["/", "/panics", "/b"]);
    for _ in 0..2 {
        let (answered, failed) = bench.ask(Duration::from_secs(10));
        assert_eq!(answered, owned(&["/", "/b"]));
        assert_eq!(failed, owned(&["/panics"]));
    }
    drop(bench.prober.begin(&Arc::default()));
}
