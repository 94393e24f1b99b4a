use std::fs;

use super::*;

fn put(root: &Path, path: &str, bytes: usize) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, vec![1; bytes]).unwrap();
}

#[test]
fn counts_the_packages_of_the_manager_that_is_there() {
    for (program, cache, name) in [
        ("usr/bin/apt-get", "var/cache/apt/archives/a.deb", "apt-get"),
        (
            "usr/bin/dnf",
            "var/cache/dnf/fedora-1/packages/a.rpm",
            "dnf",
        ),
        (
            "usr/bin/dnf5",
            "var/cache/libdnf5/fedora-1/packages/a.rpm",
            "dnf5",
        ),
    ] {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), cache, 4096);
        put(root.path(), "var/cache/apt/archives/lock", 4096);
        assert_eq!(usage(root.path(), |_| true), Usage::default(), "no {name}");
        put(root.path(), program, 1);
        let found = usage(root.path(), |_| true);
        let wanted = Usage {
            manager: Some(name),
            files: 1,
            bytes: 4096,
        };
        assert_eq!(found, wanted);
        assert_eq!(usage(root.path(), |_| false), Usage::default(), "elsewhere");
    }
}

#[test]
fn links_are_not_followed() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "usr/bin/apt-get", 1);
    put(root.path(), "home/a.deb", 4096);
    fs::create_dir_all(root.path().join("var/cache/apt")).unwrap();
    put(root.path(), "var/cache/apt/archives/b.deb", 4096);
    let link = root.path().join("var/cache/apt/archives/elsewhere");
    std::os::unix::fs::symlink(root.path().join("home"), link).unwrap();
    assert_eq!(usage(root.path(), |_| true).files, 1);
}
