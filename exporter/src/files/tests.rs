use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn tree() -> (tempfile::TempDir, Files) {
    let folder = tempfile::tempdir().unwrap();
    let root = |name: &str| folder.path().join(name);
    fs::create_dir_all(root("proc/net")).unwrap();
    fs::create_dir_all(root("sys")).unwrap();
    let files = Files::new(Roots {
        procfs: root("proc"),
        sysfs: root("sys"),
        ..Roots::default()
    });
    (folder, files)
}

#[test]
fn a_file_is_read_once_a_scrape_and_anew_in_the_next() {
    let (folder, mut files) = tree();
    let path = folder.path().join("proc/stat");
    fs::write(&path, "one").unwrap();
    assert_eq!(files.procfs("stat").unwrap(), Some(&b"one"[..]));
    fs::write(&path, "two!").unwrap();
    assert_eq!(files.procfs("stat").unwrap(), Some(&b"one"[..]));
    files.begin();
    assert_eq!(files.procfs("stat").unwrap(), Some(&b"two!"[..]));
    files.begin();
    fs::write(&path, "x").unwrap();
    assert_eq!(files.procfs("stat").unwrap(), Some(&b"x"[..]));
}

#[test]
fn a_file_that_is_not_there_is_none_and_is_found_when_it_comes() {
    let (folder, mut files) = tree();
    assert_eq!(files.sysfs("later").unwrap(), None);
    files.begin();
    fs::write(folder.path().join("sys/later"), "1").unwrap();
    assert_eq!(files.sysfs("later").unwrap(), Some(&b"1"[..]));
}

#[test]
fn a_large_file_is_read_whole() {
    let (folder, mut files) = tree();
    let large = vec![b'7'; 100_000];
    fs::write(folder.path().join("proc/large"), &large).unwrap();
    assert_eq!(files.procfs("large").unwrap(), Some(&large[..]));
}

#[test]
fn the_network_is_that_of_process_1_where_it_can_be_seen() {
    let (folder, mut files) = tree();
    fs::write(folder.path().join("proc/net/dev"), "own").unwrap();
    assert_eq!(files.net("dev").unwrap(), Some(&b"own"[..]));
    fs::create_dir_all(folder.path().join("proc/1/net")).unwrap();
    fs::write(folder.path().join("proc/1/net/dev"), "init").unwrap();
    let mut files = Files::new(files.roots);
    assert_eq!(files.net("dev").unwrap(), Some(&b"init"[..]));
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_it() {
    let (folder, mut files) = tree();
    // A folder is there and is no file: the same for root and for others.
    fs::create_dir(folder.path().join("proc/stat")).unwrap();
    let error = files.procfs("stat").unwrap_err();
    assert!(error.to_string().ends_with("proc/stat`"), "{error}");
    let error = files.parse_procfs("stat", |_| Ok(())).unwrap_err();
    assert!(matches!(error, ReadError::Io { .. }), "{error:?}");
    let path = folder.path().join("proc/bad");
    fs::write(&path, "x").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let error = files
        .parse_procfs::<()>("bad", |_| Err(Malformed::Missing("cpu")))
        .unwrap_err();
    assert!(error.to_string().contains("`cpu` is missing"), "{error}");
}
