//! Which folders are refused, names of all kinds, and the parsers of `/proc`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use super::*;

#[test]
fn refuses_folders_by_their_path() {
    for path in [
        "/",
        "/etc",
        "/usr",
        "/home",
        "/var",
        "/srv",
        "/home/alice",
        "/etc/cron.d",
        "/usr/share/doc",
        "/proc/1/fd",
        "/dev/shm",
        "/var/lib",
        "/var/log",
        "tmp",
        "tmp/x",
        "/tmp/../etc/x",
        "",
    ] {
        assert!(is_refused(Path::new(path)).is_some(), "{path}");
    }
    for path in [
        "/tmp",
        "/tmp/",
        "/var/tmp",
        "/var/cache",
        "/var/lib/app",
        "/srv/cache",
        "/home/alice/.cache",
    ] {
        assert_eq!(is_refused(Path::new(path)), None, "{path}");
    }
}

#[test]
fn refuses_a_folder_behind_a_link() {
    let fixture = Fixture::new();
    let link = fixture.root.path().join("link");
    symlink(&fixture.job.folder, &link).unwrap();
    fixture.file("sub/a", 1);
    for path in [link.clone(), link.join("sub")] {
        let mut job = fixture.job.clone();
        job.folder = path;
        let error = remove(&job).unwrap_err();
        assert_eq!(error.reason(), Reason::Protected);
        assert!(error.to_string().ends_with("is a symbolic link"), "{error}");
    }
    assert_eq!(fixture.left(), ["sub/", "sub/a"]);
}

#[test]
fn refuses_a_folder_that_others_may_replace() {
    let fixture = Fixture::new();
    fixture.file("sub/a", 1);
    let mut job = fixture.job.clone();
    job.folder = fixture.path("sub");
    for (of_parent, is_fine) in [
        (0o755, true),
        (0o775, false),
        (0o757, false),
        (0o1777, true),
    ] {
        mode(&fixture.job.folder, of_parent);
        let planned = plan(&job);
        assert_eq!(planned.is_ok(), is_fine, "{of_parent:o} {planned:?}");
        if let Err(error) = planned {
            assert_eq!(error.reason(), Reason::Protected);
        }
    }
}

#[test]
fn who_may_replace_a_folder() {
    let us = 1000;
    let template = Base::open(&Fixture::new().job.folder).unwrap().entry;
    let folder = |owner, mode| entry::Entry {
        owner,
        mode,
        ..template
    };
    for (parent, child, expected) in [
        (folder(0, 0o755), folder(0, 0o755), false),
        (folder(0, 0o755), folder(33, 0o755), false),
        (folder(0, 0o1777), folder(us, 0o700), false),
        (folder(0, 0o1777), folder(33, 0o700), true),
        (folder(33, 0o755), folder(33, 0o755), false),
        (folder(33, 0o755), folder(0, 0o755), true),
        (folder(us, 0o755), folder(33, 0o755), false),
        (folder(us, 0o777), folder(us, 0o755), true),
    ] {
        assert_eq!(
            base::is_replaceable(&parent, &child, us),
            expected,
            "{parent:?} {child:?}"
        );
    }
}

#[test]
fn a_missing_folder_is_an_error() {
    let mut fixture = Fixture::new();
    fixture.job.folder = fixture.path("nothing");
    let error = plan(&fixture.job).unwrap_err();
    assert_eq!(error.reason(), Reason::RemedyFailed);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("No such file"), "{source}");
    assert!(base_facts(&fixture.job.folder, Some("/")).is_err());
}

#[test]
fn any_name_can_go() {
    let fixture = Fixture::new();
    for name in [
        &b"not \xff utf-8"[..],
        b"new\nline",
        b"\x1b[31mred",
        b"-rf",
        b" ",
        b"*",
        &[b'n'; 255],
    ] {
        fs::write(fixture.job.folder.join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let report = fixture.remove();
    assert_eq!(report.files, 7);
    assert!(fixture.left().is_empty());
    for name in &report.first_names {
        assert!(!name.contains(char::is_control), "{name}");
    }
}

#[test]
fn age_is_by_the_youngest_stamp() {
    let at = |day: i64| jiff::Timestamp::from_second(day * 86_400).unwrap();
    let stamps = |accessed, modified, changed, born: Option<i64>| age::Stamps {
        accessed: at(accessed),
        modified: at(modified),
        changed: at(changed),
        born: born.map(at),
    };
    for (stamps, file, folder) in [
        (stamps(4, 1, 1, Some(1)), 4, 4),
        (stamps(1, 4, 1, Some(1)), 4, 4),
        (stamps(1, 1, 4, Some(1)), 4, 1),
        (stamps(1, 1, 1, Some(4)), 4, 4),
        (stamps(1, 2, 3, None), 3, 2),
    ] {
        assert_eq!(stamps.of_file(), at(file));
        assert_eq!(stamps.of_folder(), at(folder));
    }
    assert!(age::is_old(at(7), at(10), 3 * DAY));
    assert!(!age::is_old(
        at(7),
        at(10),
        3 * DAY + Duration::from_nanos(1)
    ));
    assert!(!age::is_old(at(11), at(10), Duration::ZERO));
    assert!(age::is_old(at(10), at(10), Duration::ZERO));
}

const MOUNTINFO: &[u8] = b"\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:25 / /run rw - tmpfs tmpfs rw
31 22 254:1 /tmp /tmp rw - ext4 /dev/vda1 rw
32 22 0:44 / /mnt/with\\040space rw - tmpfs tmpfs rw
33 32 0:45 / /mnt/with\\040space rw - tmpfs tmpfs rw
";

#[test]
fn mounts_are_compared_by_file_system() {
    let mounts = mounts::parse(MOUNTINFO);
    assert_eq!(mounts.len(), 5);
    for (id, mountpoint, expected) in [
        (22, "/", true),
        (31, "/", true),
        (31, "/tmp", true),
        (30, "/", false),
        (33, "/mnt/with space", true),
        (32, "/mnt/with space", false),
        (99, "/", false),
        (22, "", false),
        (22, "/nowhere", false),
        (22, "/tmp/", false),
    ] {
        assert_eq!(
            mounts::is_same_file_system(&mounts, id, mountpoint),
            expected,
            "{id} {mountpoint}"
        );
    }
}

#[test]
fn sockets_are_known_by_their_last_name() {
    let list = b"Num       RefCount Protocol Flags    Type St Inode Path
ffff0: 00000002 00000000 00010000 0001 01 12345 /run/a b.sock
ffff0: 00000003 00000000 00000000 0001 03 12346
ffff0: 00000002 00000000 00010000 0001 01 12347 @abstract
ffff0: 00000002 00000000 00010000 0001 01     7 ./dir/relative.sock
";
    let found: Vec<_> = sockets::parse(list).collect();
    assert_eq!(found, ["a b.sock", "relative.sock"]);
}
