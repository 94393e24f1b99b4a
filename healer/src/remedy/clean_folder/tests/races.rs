//! What somebody changes between the listing and the removal.

use std::os::unix::fs::symlink;

use rustix::fs::{FallocateFlags, fallocate};

use super::*;

/// Lists, lets `change` happen, and removes.
fn check(fixture: &Fixture, change: impl FnOnce()) -> Tally {
    let job = &fixture.job;
    let base = Base::open(&job.folder).unwrap();
    let (before, _) = space(&base).unwrap();
    let open = OpenFiles::scan(&job.proc);
    let sockets = LiveSockets::read(&job.proc);
    let listing = walk::list(Manner::Remove, &base, job, &open, &sockets).unwrap();
    assert!(!listing.victims.is_empty());
    change();
    removal::go_through(Manner::Remove, listing, &base, job, open, before)
}

fn only(tally: &Tally) -> (u64, Vec<(SkipReason, u64)>) {
    (tally.files, tally.skipped.iter().collect())
}

#[test]
fn a_file_that_was_replaced_stays() {
    let fixture = Fixture::new();
    fixture.file("a", 1);
    let tally = check(&fixture, || {
        // Old as well, so that only its identity tells.
        fs::rename(fixture.file("other", 1), fixture.path("a")).unwrap();
    });
    assert_eq!(only(&tally), (0, vec![(SkipReason::Changed, 1)]));
    assert_eq!(fixture.left(), ["a"]);
}

#[test]
fn a_file_that_became_a_link_or_folder_stays() {
    let fixture = Fixture::new();
    fixture.file("a", 1);
    fixture.file("b", 1);
    fixture.file("c", 1);
    let tally = check(&fixture, || {
        for name in ["a", "b", "c"] {
            fs::rename(fixture.path(name), fixture.outside().join(name)).unwrap();
        }
        symlink(fixture.outside().join("precious"), fixture.path("a")).unwrap();
        fs::create_dir(fixture.path("b")).unwrap();
    });
    assert_eq!(only(&tally), (0, vec![(SkipReason::Changed, 3)]));
    assert_eq!(fixture.left(), ["a", "b/"]);
}

#[test]
fn a_file_that_was_used_stays() {
    let fixture = Fixture::new();
    let path = fixture.file("a", 1);
    let tally = check(&fixture, || fixture.modified(&path, DAY));
    assert_eq!(only(&tally), (0, vec![(SkipReason::Young, 1)]));
}

#[test]
fn a_large_file_that_was_opened_stays() {
    let fixture = Fixture::new();
    let path = fixture.file("a", 1);
    let file = File::options().write(true).open(&path).unwrap();
    fallocate(&file, FallocateFlags::empty(), 0, 17 << 20).unwrap();
    drop(file);
    let mut held = None;
    let tally = check(&fixture, || held = Some(File::open(&path).unwrap()));
    assert_eq!(only(&tally), (0, vec![(SkipReason::Open, 1)]));
    drop(held);
}

#[test]
fn a_folder_that_became_a_link_leads_nowhere() {
    let fixture = Fixture::new();
    fixture.file("sub/precious", 1);
    let tally = check(&fixture, || {
        fs::rename(fixture.path("sub"), fixture.root.path().join("moved")).unwrap();
        symlink(fixture.outside(), fixture.path("sub")).unwrap();
    });
    assert_eq!(only(&tally), (0, vec![(SkipReason::Changed, 1)]));
    assert_eq!(fixture.left(), ["sub"]);
    assert!(fixture.root.path().join("moved/precious").exists());
}

#[test]
fn a_folder_that_was_replaced_stays() {
    let fixture = Fixture::new();
    let file = fixture.file("sub/a", 1);
    let tally = check(&fixture, || {
        fs::rename(fixture.path("sub"), fixture.root.path().join("moved")).unwrap();
        fs::create_dir(fixture.path("sub")).unwrap();
        // The very same file, in a folder that was not listed.
        fs::hard_link(fixture.root.path().join("moved/a"), &file).unwrap();
    });
    assert_eq!(only(&tally), (0, vec![(SkipReason::Changed, 1)]));
    assert_eq!(fixture.left(), ["sub/", "sub/a"]);
}

#[test]
fn an_empty_folder_that_was_filled_stays() {
    let fixture = Fixture::new();
    fixture.file("a", 1);
    fs::create_dir(fixture.path("empty")).unwrap();
    let tally = check(&fixture, || {
        fixture.file("empty/new", 1);
    });
    assert_eq!((tally.files, tally.folders), (1, 0));
    assert_eq!(fixture.left(), ["empty/", "empty/new"]);
}

#[test]
fn the_folder_itself_is_held() {
    let fixture = Fixture::new();
    fixture.file("precious", 1);
    let tally = check(&fixture, || {
        fs::rename(&fixture.job.folder, fixture.root.path().join("moved")).unwrap();
        symlink(fixture.outside(), &fixture.job.folder).unwrap();
    });
    // What was listed goes, by the descriptor, and only that.
    assert_eq!(tally.files, 1);
    assert!(fixture.outside().join("precious").exists());
}
