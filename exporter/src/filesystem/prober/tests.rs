use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use prunelle_foundation::clock::SystemClock;
use prunelle_foundation::lifecycle::Lifecycle;

use super::*;

/// Mounts that hang until they are let go, and how often each was asked.
#[derive(Default)]
struct Mounts {
    hanging: Mutex<BTreeSet<PathBuf>>,
    changed: Condvar,
    asked: AtomicUsize,
}

impl Mounts {
    fn ask(&self, path: &Path) -> io::Result<Option<Space>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let hanging = self.hanging.lock().unwrap();
        let _hanging = self
            .changed
            .wait_while(hanging, |hanging| hanging.contains(path))
            .unwrap();
        if path.ends_with("refuses") {
            return Err(io::Error::from(io::ErrorKind::PermissionDenied));
        }
        Ok(Some(Space {
            total: 100,
            used: 50,
            available: 50,
        }))
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
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("1")).unwrap();
        let lines = ["/", "/a", "/b", "/refuses"]
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
            prober: Prober::new(roots, tasks.clone(), Box::new(move |path| asked.ask(path))),
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
        let answers = self.prober.ask(&Self::within(limit));
        let (failed, answered): (Answers, Answers) = answers
            .unwrap()
            .unwrap()
            .into_iter()
            .partition(|(_, answer)| *answer == Answer::Failed);
        let names = |answers: Answers| {
            let mut names: Vec<_> = answers.into_iter().map(|(it, _)| it.mountpoint).collect();
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
    let prober = Prober::new(roots, tasks, Box::new(|_| Ok(None)));
    let answers = prober.ask(&Bench::within(Duration::from_secs(10)));
    assert!(answers.unwrap().is_none());
}
