use super::*;

fn mount(line: &str) -> Mount {
    mountinfo::parse(line.as_bytes()).unwrap().remove(0)
}

#[track_caller]
fn check_folders(root: &str, place: &str, expected: &[&str]) {
    let mount = mount(&format!(
        "1 0 0:1 {root} /sys/fs/cgroup rw - cgroup2 cgroup rw"
    ));
    let roots = Roots {
        sysfs: "/host/sys".into(),
        ..Roots::default()
    };
    let folders = folders(&mount, place.as_bytes(), &roots);
    let folders: Vec<_> = folders.iter().map(|it| it.to_str().unwrap()).collect();
    assert_eq!(folders, expected);
}

#[test]
fn folders_go_from_the_top_as_mounted_down_to_this_process() {
    let top = "/host/sys/fs/cgroup";
    check_folders("/", "/", &[top]);
    check_folders(
        "/",
        "/a/b",
        &[top, "/host/sys/fs/cgroup/a", "/host/sys/fs/cgroup/a/b"],
    );
    check_folders("/docker/x", "/docker/x", &[top]);
    check_folders("/docker/x", "/docker/x/y", &[top, "/host/sys/fs/cgroup/y"]);
}

#[test]
fn what_is_outside_of_what_is_mounted_is_not_visible() {
    check_folders("/docker/x", "/elsewhere", &["/host/sys/fs/cgroup"]);
    check_folders("/", "/../../other", &["/host/sys/fs/cgroup"]);
}

#[test]
fn a_hierarchy_is_found_by_its_controllers() {
    let places = b"9:name=systemd:/a\n4:memory:/b\n2:cpu,cpuacct:/c\n0::/d\n";
    let of = |controller: &str| {
        place(places, |_, list| {
            list.split(|&byte| byte == b',')
                .any(|it| it == controller.as_bytes())
        })
    };
    assert_eq!(of("memory"), Some(&b"/b"[..]));
    assert_eq!(of("cpuacct"), Some(&b"/c"[..]));
    assert_eq!(of("pids"), None);
    assert_eq!(place(places, |id, _| id == b"0"), Some(&b"/d"[..]));
    assert_eq!(place(b"garbage", |_, _| true), None);
}
