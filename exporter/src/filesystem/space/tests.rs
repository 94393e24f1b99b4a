use super::*;

fn stat(blocks: u64, free: u64, available: u64) -> StatVfs {
    let mut stat = rustix::fs::statvfs("/").unwrap();
    stat.f_frsize = 1024;
    stat.f_blocks = blocks;
    stat.f_bfree = free;
    stat.f_bavail = available;
    stat
}

#[test]
fn reserved_blocks_are_neither_used_nor_available() {
    let space = from_statvfs(&stat(1000, 150, 100)).unwrap().unwrap();
    assert_eq!(space.used, 850 * 1024);
    assert_eq!(space.available, 100 * 1024);
    assert_eq!(space.usage(), Some(850.0 / 950.0));
}

#[test]
fn no_size_is_no_file_system_to_watch() {
    assert_eq!(from_statvfs(&stat(0, 0, 0)).unwrap(), None);
}

#[test]
fn available_below_zero_is_none_left() {
    let space = from_statvfs(&stat(1000, 20, u64::MAX - 5))
        .unwrap()
        .unwrap();
    assert_eq!(space.available, 0);
    assert_eq!(space.usage(), Some(1.0));
}

#[test]
fn sizes_that_cannot_be_true_are_errors() {
    assert!(from_statvfs(&stat(10, 11, 5)).is_err());
    assert!(from_statvfs(&stat(u64::MAX, 0, 0)).is_err());
}

#[test]
fn a_file_that_is_bound_somewhere_is_not_asked() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert_eq!(ask(file.path()).unwrap(), None);
    assert!(ask(Path::new("/")).unwrap().is_some());
    assert!(ask(Path::new("/no/such/folder")).is_err());
}
