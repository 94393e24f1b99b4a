//! What must stay, whatever its age.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, FileType, FlockOperation, Mode, flock, makedev, mknodat};

use super::*;

fn check(fixture: &Fixture, reason: SkipReason, stays: &[&str]) {
    fixture.file("goes", 1);
    let plan = plan(&fixture.job).unwrap();
    assert_eq!((plan.files, plan.skipped.count(reason)), (1, 1), "{plan:?}");
    let report = fixture.remove();
    assert_eq!(
        (report.files, report.skipped.count(reason)),
        (1, 1),
        "{report:?}"
    );
    assert_eq!(fixture.left(), stays);
}

#[test]
fn links_go_but_lead_nowhere() {
    let fixture = Fixture::new();
    let precious = fixture.outside().join("precious");
    symlink(&precious, fixture.path("to-file")).unwrap();
    symlink(fixture.outside(), fixture.path("to-folder")).unwrap();
    symlink("/nonexistent", fixture.path("to-nothing")).unwrap();
    assert_eq!(fixture.remove().files, 3);
    assert!(fixture.left().is_empty());
}

#[test]
fn a_pipe_does_not_block() {
    let fixture = Fixture::new();
    let fifo = FileType::Fifo;
    mknodat(CWD, fixture.path("pipe"), fifo, Mode::RUSR, 0).unwrap();
    assert_eq!(fixture.remove().files, 1);
    assert!(fixture.left().is_empty());
}

#[test]
fn devices() {
    let fixture = Fixture::new();
    // The one device that everybody may make.
    let path = fixture.path("device");
    mknodat(
        CWD,
        path,
        FileType::CharacterDevice,
        Mode::RUSR,
        makedev(0, 0),
    )
    .unwrap();
    check(&fixture, SkipReason::Device, &["device"]);
}

/// A `/proc` of two processes in two network namespaces, where sockets of these paths are bound.
fn proc_with_sockets(fixture: &Fixture, paths: [&str; 2]) -> PathBuf {
    let proc = fixture.root.path().join("proc");
    for (pid, path) in ["7", "8"].into_iter().zip(paths) {
        let process = proc.join(pid);
        for folder in ["ns", "net", "fd"] {
            fs::create_dir_all(process.join(folder)).unwrap();
        }
        fs::write(process.join("ns/net"), "").unwrap();
        let line = format!("0: 00000002 00000000 00010000 0001 01 12345 {path}\n");
        fs::write(
            process.join("net/unix"),
            format!("Num RefCount Path\n{line}"),
        )
        .unwrap();
    }
    proc
}

#[test]
fn live_sockets() {
    let mut fixture = Fixture::new();
    for name in ["live", "contained", "dead"] {
        drop(UnixListener::bind(fixture.path(name)).unwrap());
    }
    let listed = fixture.path("live");
    let listed = listed.to_str().unwrap().to_owned();
    fixture.job.proc = proc_with_sockets(&fixture, [&listed, "/inside/a/container/contained"]);
    let report = fixture.remove();
    assert_eq!(report.skipped.count(SkipReason::LiveSocket), 2);
    assert_eq!(fixture.left(), ["contained", "live"]);
}

#[test]
fn a_socket_of_this_very_process_is_live() {
    let fixture = Fixture::new();
    let _live = UnixListener::bind(fixture.path("live")).unwrap();
    check(&fixture, SkipReason::LiveSocket, &["live"]);
}

#[test]
fn when_sockets_cannot_be_listed_all_are_live() {
    let mut fixture = Fixture::new();
    drop(UnixListener::bind(fixture.path("dead")).unwrap());
    fixture.job.proc = "/nonexistent".into();
    check(&fixture, SkipReason::LiveSocket, &["dead"]);
}

#[test]
fn sticky_files() {
    let fixture = Fixture::new();
    mode(&fixture.file("sticky", 1), 0o1644);
    check(&fixture, SkipReason::Sticky, &["sticky"]);
}

#[test]
fn sticky_folders_with_all_in_them() {
    let fixture = Fixture::new();
    fixture.file(".X11-unix/old", 1);
    mode(&fixture.path(".X11-unix"), 0o1777);
    check(
        &fixture,
        SkipReason::Sticky,
        &[".X11-unix/", ".X11-unix/old"],
    );
}

#[test]
fn locked_files() {
    let fixture = Fixture::new();
    let file = File::open(fixture.file("locked", 1)).unwrap();
    flock(&file, FlockOperation::LockShared).unwrap();
    // The lock alone, without its holder's descriptor being seen.
    let mut blind = fixture.job.clone();
    blind.proc = "/nonexistent".into();
    let error = remove(&blind).unwrap_err();
    assert!(error.to_string().ends_with("1 locked"), "{error}");
    assert_eq!(plan(&blind).unwrap().files, 1, "a plan does not ask");
    drop(file);
    assert_eq!(fixture.remove().files, 1);
}

#[test]
fn locked_folders_with_all_in_them() {
    let fixture = Fixture::new();
    fixture.file("work/old", 1);
    fixture.file("goes", 1);
    let folder = File::open(fixture.path("work")).unwrap();
    flock(&folder, FlockOperation::LockExclusive).unwrap();
    assert_eq!(plan(&fixture.job).unwrap().files, 2, "a plan does not ask");
    let report = fixture.remove();
    assert_eq!(report.skipped.count(SkipReason::Locked), 1, "{report:?}");
    assert_eq!(fixture.left(), ["work/", "work/old"]);
    drop(folder);
    assert_eq!(fixture.remove().files, 1);
}

#[test]
fn a_plan_takes_no_lock() {
    let mut fixture = Fixture::new();
    let file = fixture.file("work/old", 1);
    // Asked at every step: whoever wants a lock meanwhile gets it.
    let paths = [fixture.path("work"), fixture.path(""), file];
    let is_free = move || {
        paths.iter().all(|path| {
            let file = File::open(path).unwrap();
            flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
        })
    };
    fixture.job.may_go_on = Arc::new(is_free.clone());
    let plan = plan(&fixture.job).unwrap();
    assert_eq!((plan.files, plan.ended), (1, Ended::Done));
    // A removal does: the very same question is answered otherwise.
    assert!(is_free());
    assert_eq!(fixture.remove().ended, Ended::Interrupted);
}

#[test]
fn open_files() {
    let fixture = Fixture::new();
    let open = File::open(fixture.file("open", 1)).unwrap();
    check(&fixture, SkipReason::Open, &["open"]);
    drop(open);
    assert_eq!(fixture.remove().files, 1);
}

#[test]
fn protected_paths_and_what_is_the_file_systems_own() {
    let mut fixture = Fixture::new();
    fixture.file("keep/deep/old", 1);
    fixture.job.protected = vec![fixture.path("keep"), "/etc".into()];
    check(
        &fixture,
        SkipReason::Protected,
        &["keep/", "keep/deep/", "keep/deep/old"],
    );
    // The base may lie in a protected one only if the guards let it pass; here it is no business of ours.
    fixture.job.protected = Vec::new();
    assert_eq!(fixture.remove().files, 1);
}

#[test]
fn other_names_of_a_file_count_once() {
    let fixture = Fixture::new();
    let file = fixture.file("first", 100_000);
    fs::hard_link(&file, fixture.path("second")).unwrap();
    fs::hard_link(fixture.outside().join("precious"), fixture.path("third")).unwrap();
    let plan = plan(&fixture.job).unwrap();
    assert_eq!((plan.files, plan.bytes), (3, 0));
    assert_eq!(fixture.remove().files, 3);
    assert!(fixture.left().is_empty());
}

#[test]
fn holders_of_deleted_files_are_named() {
    let fixture = Fixture::new();
    let path = fixture.file("gone\nwith a line", 300_000);
    let _held = File::open(&path).unwrap();
    fs::rename(&path, fixture.outside().join("gone\nwith a line")).unwrap();
    let path = fixture.outside().join("gone\nwith a line");
    #[expect(clippy::disallowed_methods, reason = "what another program does")]
    fs::remove_file(&path).unwrap();
    fixture.file("old", 1);
    let report = fixture.remove();
    let holder = report
        .holders
        .iter()
        .find(|holder| holder.pid == std::process::id())
        .expect("this process");
    assert!(holder.bytes >= 300_000);
    assert_eq!(holder.path, printable(&path));
    assert!(holder.path.contains("gone\\nwith"), "{}", holder.path);
    assert!(!holder.process.is_empty());
}
