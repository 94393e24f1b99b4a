use super::*;

#[test]
fn every_service_on_the_way_counts() {
    let check = |path: &str, expected: &[&str]| {
        assert_eq!(services(path).collect::<Vec<_>>(), expected, "{path}");
    };
    check("/system.slice/a.service", &["/system.slice/a.service"]);
    check(
        "/system.slice/a.service/worker",
        &["/system.slice/a.service"],
    );
    check(
        "/user.slice/user@1.service/app.slice/b.service",
        &[
            "/user.slice/user@1.service",
            "/user.slice/user@1.service/app.slice/b.service",
        ],
    );
    check("/system.slice/a.services", &[]);
    check("/user.slice/session-1.scope", &[]);
    check("", &[]);
}

fn process(folder: &Path, pid: u32, files: usize) -> std::path::PathBuf {
    let process = folder.join(pid.to_string());
    fs::create_dir_all(process.join("fd")).unwrap();
    for file in 0..files {
        fs::write(process.join("fd").join(file.to_string()), "").unwrap();
    }
    process
}

#[test]
fn entries_are_counted_where_the_kernel_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut open_files = OpenFiles::new(folder.path());
    assert!(!open_files.by_size);
    open_files.begin();
    open_files.count(&process(folder.path(), 1, 3), "/a.service");
    open_files.count(&process(folder.path(), 2, 4), "/a.service/x");
    open_files.count(&process(folder.path(), 3, 5), "/b.service");
    open_files.count(&process(folder.path(), 4, 6), "/c.scope");
    // It has ended.
    open_files.count(&folder.path().join("5"), "/b.service");
    let expected = HashMap::from([("/a.service".into(), 7), ("/b.service".into(), 5)]);
    assert_eq!(open_files.all(), expected);
    open_files.begin();
    assert_eq!(open_files.all(), HashMap::new());
}

#[test]
fn what_would_take_too_long_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut open_files = OpenFiles::new(folder.path());
    open_files.begin();
    open_files.left = 10;
    open_files.count(&process(folder.path(), 1, 3), "/a.service");
    open_files.count(&process(folder.path(), 2, 20), "/b.service");
    open_files.count(&process(folder.path(), 3, 1), "/b.service");
    assert_eq!(open_files.all(), HashMap::from([("/a.service".into(), 3)]));
}

#[test]
fn this_kernel_counts_as_it_lists() {
    let mut open_files = OpenFiles::new(Path::new("/proc"));
    let me = Path::new("/proc/self");
    open_files.begin();
    open_files.count(me, "/me.service");
    let counted = open_files.all()["/me.service"];
    // Listing opens one more; tests beside this one open some of their own.
    let listed = fs::read_dir(me.join("fd")).unwrap().count() as u64;
    assert!(
        counted > 2 && counted.abs_diff(listed) < 50,
        "{counted} {listed}"
    );
}
