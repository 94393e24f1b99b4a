use super::*;

fn mounts(lines: &[&str]) -> Vec<Mount> {
    mountinfo::parse(lines.join("\n").as_bytes()).unwrap()
}

fn shown(lines: &[&str], rootfs: &str) -> Vec<(String, String)> {
    watched(mounts(lines), Path::new(rootfs))
        .into_iter()
        .map(|it| (it.mountpoint, it.path.to_str().unwrap().to_owned()))
        .collect()
}

fn pair(mountpoint: &str, path: &str) -> (String, String) {
    (mountpoint.into(), path.into())
}

#[test]
fn pseudo_file_systems_and_what_containers_mount_are_left_out() {
    let lines = [
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
        "2 1 0:2 / /proc rw - proc proc rw",
        "3 1 0:3 / /dev rw - tmpfs tmpfs rw",
        "4 1 0:4 / /dev/shm rw - tmpfs tmpfs rw",
        "5 1 0:5 / /var/lib/docker/volumes/x rw - ext4 /dev/sda1 rw",
        "6 1 0:6 / /var/lib/docker rw - ext4 /dev/sdb1 rw",
        "7 1 0:7 / /x rw - overlay overlay rw",
        "8 1 0:8 / /devices rw - ext4 /dev/sdc1 rw",
        "9 1 0:9 / /sys/fs/cgroup rw - tmpfs tmpfs rw",
    ];
    assert_eq!(
        shown(&lines, "/"),
        [
            pair("/", "/"),
            pair("/var/lib/docker", "/var/lib/docker"),
            pair("/devices", "/devices"),
        ]
    );
}

#[test]
fn the_root_is_kept_whatever_its_type() {
    assert_eq!(
        shown(&["1 0 0:1 / / rw - overlay overlay rw"], "/"),
        [pair("/", "/")]
    );
}

#[test]
fn what_is_mounted_later_hides_what_was_there_before() {
    let lines = [
        "1 0 8:1 / /data rw - ext4 /dev/sda1 rw",
        "2 0 8:2 / /data rw - xfs /dev/sdb1 rw",
    ];
    let watched = watched(mounts(&lines), Path::new("/"));
    assert_eq!(watched.len(), 1);
    assert_eq!(watched[0].device, "/dev/sdb1");
}

#[test]
fn from_the_hosts_own_list_paths_are_mapped_below_the_root() {
    let lines = [
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
        "2 1 8:2 / /data rw - ext4 /dev/sdb1 rw",
    ];
    assert_eq!(
        shown(&lines, "/host"),
        [pair("/", "/host/"), pair("/data", "/host/data")]
    );
}

#[test]
fn from_a_list_made_inside_a_container_only_the_host_counts() {
    let lines = [
        "1 0 0:1 / / rw - overlay overlay rw",
        "2 1 8:1 / /host ro - ext4 /dev/sda1 rw",
        "3 2 8:2 / /host/data ro - ext4 /dev/sdb1 rw",
        "4 1 8:1 /etc/hosts /etc/hosts rw - ext4 /dev/sda1 rw",
        "5 1 8:3 / /hostile rw - ext4 /dev/sdc1 rw",
    ];
    for rootfs in ["/host", "/host/"] {
        assert_eq!(
            shown(&lines, rootfs),
            [pair("/", "/host/"), pair("/data", "/host/data")]
        );
    }
}

#[test]
fn names_that_are_not_utf8_are_asked_by_their_bytes_and_shown_escaped() {
    let mut content = b"1 0 8:1 / /caf\xe9 rw - ext4 /dev/sda1 rw\n".to_vec();
    content.extend_from_slice(b"2 0 8:2 / /caf\xe8 rw - ext4 /dev/sdb1 rw\n");
    let watched = watched(mountinfo::parse(&content).unwrap(), Path::new("/"));
    assert_eq!(watched.len(), 2);
    assert_eq!(watched[0].mountpoint, "/caf\\xe9");
    assert_eq!(watched[0].path.as_os_str().as_bytes(), b"/caf\xe9");
}

#[test]
fn the_list_falls_back_to_this_process_and_a_broken_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let roots = Roots {
        procfs: folder.path().to_owned(),
        ..Roots::default()
    };
    assert!(list(&roots).unwrap().is_none());
    let write = |process: &str, content: &str| {
        std::fs::create_dir_all(folder.path().join(process)).unwrap();
        std::fs::write(folder.path().join(process).join("mountinfo"), content).unwrap();
    };
    write("self", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
    assert_eq!(list(&roots).unwrap().unwrap().len(), 1);
    write("1", "1 0 8:1 / / rw - ext4\n");
    assert!(list(&roots).is_err());
}
