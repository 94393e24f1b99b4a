//! Tests that need a mount namespace, a file system or a user of their own: each starts this test program again.

use std::process::Command;

use rustix::mount::{MountFlags, mount, mount_bind};

use super::*;

/// Runs the ignored test `name` of this module behind `wrapper`.
#[expect(clippy::disallowed_methods, reason = "a test may start itself")]
fn run(wrapper: &[&str], name: &str) {
    let (program, arguments) = wrapper.split_first().unwrap();
    let test = format!("remedy::clean_folder::tests::confined::{name}");
    let output = Command::new(program)
        .args(arguments)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--ignored", "--nocapture"])
        .output()
        .unwrap_or_else(|error| panic!("{program} (Debian package util-linux): {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// In a mount namespace of its own, which goes with the process.
fn with_mounts(name: &str) {
    if is_root() {
        run(&["unshare", "--mount"], name);
    } else {
        run(&["unshare", "--mount", "--user", "--map-root-user"], name);
    }
}

/// As somebody who is not root.
fn as_ordinary_user(name: &str) {
    if is_root() {
        run(
            &[
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
            ],
            name,
        );
    } else {
        run(&["env"], name);
    }
}

fn tmpfs(path: &Path, size: &str) {
    let options = std::ffi::CString::new(format!("size={size}")).unwrap();
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    mount("tmpfs", path, "tmpfs", flags, Some(options.as_c_str())).unwrap();
}

/// A fixture on a file system of its own, over the folder for temporary files: nothing is left of it outside.
fn on_tmpfs(size: &str) -> Fixture {
    tmpfs(&std::env::temp_dir(), size);
    Fixture::new()
}

#[test]
fn stops_at_the_free_space_aimed_for() {
    with_mounts("inside_stops_at_the_free_space_aimed_for");
}

#[test]
#[ignore = "started by the test above"]
fn inside_stops_at_the_free_space_aimed_for() {
    let mut fixture = on_tmpfs("64m");
    for index in 0..48 {
        fixture.file(&format!("{index:02}"), 1 << 20);
    }
    let facts = base_facts(&fixture.job.folder, None).unwrap();
    assert!((facts.free_ratio - 0.25).abs() < 0.01, "{facts:?}");
    // The 49th file, outside, is one page: sixteen of 1 MiB make it 49.99 %.
    fixture.job.settings.stop_at_free = 0.49;
    let plan = plan(&fixture.job).unwrap();
    let report = fixture.remove();
    assert_eq!((report.files, report.ended), (16, Ended::EnoughFree));
    assert_eq!((plan.files, plan.ended), (16, Ended::EnoughFree));
    assert_eq!((report.freed_bytes, report.bytes), (16 << 20, 16 << 20));
    let verdict = |at_least| free_space::check(&fixture.job.folder, at_least).unwrap();
    assert!(verdict(0.49).holds());
    assert!(!verdict(0.51).holds());
    assert_eq!(fixture.left().len(), 32);
}

#[test]
fn mounts_are_not_crossed() {
    with_mounts("inside_mounts_are_not_crossed");
}

#[test]
#[ignore = "started by the test above"]
fn inside_mounts_are_not_crossed() {
    let fixture = on_tmpfs("8m");
    fixture.file("old", 1);
    for name in ["other", "same"] {
        fs::create_dir(fixture.path(name)).unwrap();
    }
    tmpfs(&fixture.path("other"), "1m");
    fixture.file("other/old", 1);
    // The same file system, and files inside are old.
    fs::write(fixture.outside().join("old"), "x").unwrap();
    mount_bind(fixture.outside(), fixture.path("same")).unwrap();
    let file = fixture.file("bound", 1);
    mount_bind(fixture.outside().join("precious"), &file).unwrap();
    let report = fixture.remove();
    assert_eq!(report.files, 1);
    assert_eq!(report.skipped.count(SkipReason::MountPoint), 3);
    assert_eq!(
        fixture.left(),
        [
            "bound",
            "other/",
            "other/old",
            "same/",
            "same/old",
            "same/precious"
        ]
    );
}

#[test]
fn an_alert_is_about_a_file_system() {
    with_mounts("inside_an_alert_is_about_a_file_system");
}

#[test]
#[ignore = "started by the test above"]
fn inside_an_alert_is_about_a_file_system() {
    let fixture = on_tmpfs("8m");
    let mountpoint = std::env::temp_dir();
    let mountpoint = mountpoint.to_str().unwrap();
    let check = |alert: Option<&str>, expected| {
        let facts = base_facts(&fixture.job.folder, alert).unwrap();
        assert_eq!(facts.is_alert_about_its_file_system, expected, "{alert:?}");
    };
    check(Some(mountpoint), true);
    check(Some("/"), false);
    check(Some(fixture.job.folder.to_str().unwrap()), false);
    check(None, false);
    // As a service manager confines: the folder is bound onto itself.
    mount_bind(&fixture.job.folder, &fixture.job.folder).unwrap();
    check(Some(mountpoint), true);
    check(Some("/"), false);
}

#[test]
fn a_hundred_thousand_files() {
    with_mounts("inside_a_hundred_thousand_files");
}

#[test]
#[ignore = "started by the test above"]
fn inside_a_hundred_thousand_files() {
    let fixture = on_tmpfs("1g");
    for folder in 0..10 {
        fs::create_dir(fixture.path(&folder.to_string())).unwrap();
        for file in 0..10_000 {
            File::create(fixture.path(&format!("{folder}/{file}"))).unwrap();
        }
    }
    let mut bounded = fixture.job.clone();
    bounded.settings.max_files = 100;
    assert_eq!(plan(&bounded).unwrap().files, 100);
    let small = peak_bytes();
    let report = fixture.remove();
    assert_eq!((report.files, report.folders), (100_000, 10));
    assert!(fixture.left().is_empty());
    let grown = peak_bytes() - small;
    assert!(grown < 64 << 20, "{grown} bytes more");
}

/// The most memory that this process ever held.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kilobytes = line.trim().strip_suffix(" kB").unwrap();
    kilobytes.trim().parse::<u64>().unwrap() * 1024
}

#[test]
fn goes_on_where_it_is_not_permitted() {
    as_ordinary_user("inside_goes_on_where_it_is_not_permitted");
}

#[test]
#[ignore = "started by the test above"]
fn inside_goes_on_where_it_is_not_permitted() {
    let fixture = Fixture::new();
    fixture.file("a", 1);
    fixture.file("closed/b", 1);
    fixture.file("fixed/c", 1);
    mode(&fixture.file("unreadable", 1), 0o000);
    fixture.file("z", 1);
    mode(&fixture.path("closed"), 0o000);
    mode(&fixture.path("fixed"), 0o555);
    let report = fixture.remove();
    assert_eq!(report.files, 2, "{report:?}");
    assert_eq!(report.skipped.count(SkipReason::NotPermitted), 3);
    mode(&fixture.path("closed"), 0o755);
    mode(&fixture.path("fixed"), 0o755);
    assert_eq!(
        fixture.left(),
        ["closed/", "closed/b", "fixed/", "fixed/c", "unreadable"]
    );
    // Others' open files are not seen, and the report says so.
    assert!(report.unseen_processes > 0);
    assert!(report.to_string().contains("could not be seen"));
    // A folder that may not be opened at all.
    mode(&fixture.job.folder, 0o000);
    let error = remove(&fixture.job).unwrap_err();
    mode(&fixture.job.folder, 0o755);
    assert_eq!(error.reason(), Reason::NotPermitted);
}
