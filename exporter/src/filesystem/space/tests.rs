use std::path::Path;
use std::sync::OnceLock;

use super::*;

fn stat(blocks: u64, free: u64, available: u64) -> StatVfs {
    let mut stat = rustix::fs::statvfs("/").unwrap();
    stat.f_frsize = 1024;
    stat.f_blocks = blocks;
    stat.f_bfree = free;
    stat.f_bavail = available;
    stat.f_files = 50;
    stat.f_ffree = 20;
    stat
}

fn space(blocks: u64, free: u64, available: u64) -> Option<Space> {
    from_statvfs(&stat(blocks, free, available), true)
}

fn at(path: &Path) -> FileSystem {
    FileSystem {
        id: 1,
        path: path.to_owned(),
        mountpoint: String::new(),
        device: String::new(),
        fstype: String::new(),
        major: String::new(),
        minor: String::new(),
        is_readonly: false,
        is_folder: OnceLock::new(),
    }
}

#[test]
fn reserved_blocks_are_neither_used_nor_available() {
    let space = space(1000, 150, 100).unwrap();
    assert_eq!(space.used(), 850 * 1024);
    assert_eq!(space.free, 150 * 1024);
    assert_eq!(space.available, 100 * 1024);
    assert_eq!((space.files, space.files_free), (50, 20));
    assert_eq!(space.usage(), Some(850.0 / 950.0));
    assert!(space.is_disk());
}

#[test]
fn no_size_is_no_disk() {
    let space = space(0, 0, 0).unwrap();
    assert!(!space.is_disk());
    assert_eq!(space.usage(), None);
}

#[test]
fn available_below_zero_is_none_left() {
    let space = space(1000, 20, u64::MAX - 5).unwrap();
    assert_eq!(space.available, 0);
    assert_eq!(space.usage(), Some(1.0));
}

#[test]
fn sizes_that_cannot_be_true_are_none() {
    assert_eq!(space(10, 11, 5), None);
    assert_eq!(space(u64::MAX, 0, 0), None);
}

#[test]
fn a_file_that_is_bound_somewhere_is_no_disk() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let space = ask(&at(file.path())).unwrap();
    assert!(space.total > 0);
    assert!(!space.is_disk());
    assert!(ask(&at(Path::new("/"))).unwrap().is_disk());
    let refusal = ask(&at(Path::new("/no/such/folder"))).unwrap_err();
    assert_eq!(refusal.text(), "no such file or directory");
}

#[test]
fn what_is_mounted_is_found_out_once() {
    let folder = tempfile::tempdir().unwrap();
    let file_system = at(folder.path());
    assert!(ask(&file_system).unwrap().is_folder);
    assert_eq!(file_system.is_folder.get(), Some(&true));
}
