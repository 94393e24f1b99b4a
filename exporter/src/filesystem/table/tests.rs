use super::*;
use crate::options::Filter;

fn mounts(lines: &[&str]) -> Vec<Mount> {
    mountinfo::parse(lines.join("\n").as_bytes()).unwrap()
}

/// With nothing set.
fn all(mounts: &[Mount], rootfs: &Path) -> Vec<FileSystem> {
    watched(mounts, rootfs, &FilesystemOptions::default())
}

fn shown(lines: &[&str], rootfs: &str) -> Vec<(String, String)> {
    all(&mounts(lines), Path::new(rootfs))
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
    let watched = all(&mounts(&lines), Path::new("/"));
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
    let watched = all(&mountinfo::parse(&content).unwrap(), Path::new("/"));
    assert_eq!(watched.len(), 2);
    assert_eq!(watched[0].mountpoint, "/caf\\xe9");
    assert_eq!(watched[0].path.as_os_str().as_bytes(), b"/caf\xe9");
}

#[test]
fn what_is_left_out_hides_too() {
    let lines = [
        "1 0 8:1 / /data rw - ext4 /dev/sda1 rw",
        "2 1 0:2 / /data rw - overlay overlay rw",
    ];
    assert_eq!(shown(&lines, "/"), []);
}

#[test]
fn a_thousand_mounts_at_one_place_are_one() {
    let lines: Vec<_> = (0..1000)
        .map(|id| format!("{id} 0 8:{id} / /data rw - ext4 /dev/sd{id} rw"))
        .collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let watched = all(&mounts(&lines), Path::new("/"));
    assert_eq!(watched.len(), 1);
    assert_eq!(
        (&*watched[0].minor, &*watched[0].device),
        ("999", "/dev/sd999")
    );
}

struct Proc(tempfile::TempDir);

impl Proc {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn roots(&self) -> Roots {
        Roots {
            procfs: self.0.path().to_owned(),
            ..Roots::default()
        }
    }

    fn write(&self, process: &str, content: &str) {
        std::fs::create_dir_all(self.0.path().join(process)).unwrap();
        std::fs::write(self.0.path().join(process).join("mountinfo"), content).unwrap();
    }
}

#[test]
fn the_list_falls_back_to_this_process_and_a_broken_one_is_an_error() {
    let proc = Proc::new();
    let mut table = Table::new(&proc.roots());
    let options = Arc::default();
    assert!(table.read(&options).unwrap().is_none());
    proc.write("self", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
    assert_eq!(table.read(&options).unwrap().unwrap().len(), 1);
    for _ in 0..2 {
        proc.write("1", "1 0 8:1 / / rw - ext4\n");
        assert!(table.read(&options).is_err());
    }
}

#[test]
fn it_is_parsed_again_only_when_it_has_changed() {
    let proc = Proc::new();
    let mut table = Table::new(&proc.roots());
    let options = Arc::default();
    let mut read = || table.read(&options).unwrap().unwrap();
    proc.write("1", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
    let first = read();
    assert!(Arc::ptr_eq(&first, &read()));
    proc.write("1", "1 0 8:1 / / ro - ext4 /dev/sda1 rw\n");
    assert!(read()[0].is_readonly);
    proc.write("1", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
    let again = read();
    assert!(!again[0].is_readonly);
    assert!(Arc::ptr_eq(&again, &read()));
}

#[test]
fn what_is_set_replaces_what_is_left_out_by_itself_but_the_root_stays() {
    let lines = [
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
        "2 1 0:2 / /dev/shm rw - tmpfs tmpfs rw",
        "3 1 8:2 / /data rw - xfs /dev/sdb1 rw",
        "4 1 0:3 / /merged rw - overlay overlay rw",
    ];
    let filter = |include: Option<&str>, exclude: Option<&str>| Filter {
        include: include.map(|it| it.parse().unwrap()),
        exclude: exclude.map(|it| it.parse().unwrap()),
    };
    let shown = |mount_points: Filter, fs_types: Filter| -> Vec<String> {
        let options = FilesystemOptions {
            mount_points,
            fs_types,
        };
        let watched = watched(&mounts(&lines), Path::new("/"), &options);
        watched.into_iter().map(|it| it.mountpoint).collect()
    };
    let unset = || filter(None, None);
    assert_eq!(shown(unset(), unset()), ["/", "/data"]);
    assert_eq!(
        shown(filter(Some("^/dev"), None), unset()),
        ["/", "/dev/shm"]
    );
    assert_eq!(
        shown(unset(), filter(None, Some("^(xfs|ext4)$"))),
        ["/", "/merged"]
    );
    assert_eq!(
        shown(filter(None, Some("^$")), filter(None, Some("^$"))),
        ["/", "/data", "/merged", "/dev/shm"]
    );
}

#[test]
fn another_choice_is_made_at_once() {
    let proc = Proc::new();
    let mut table = Table::new(&proc.roots());
    proc.write("1", "1 0 8:1 / /data rw - ext4 /dev/sda1 rw\n");
    let mut count = |options: FilesystemOptions| {
        let watched = table.read(&Arc::new(options)).unwrap();
        watched.unwrap().len()
    };
    let nothing = || Filter {
        include: Some("^$".parse().unwrap()),
        exclude: None,
    };
    assert_eq!(count(FilesystemOptions::default()), 1);
    assert_eq!(
        count(FilesystemOptions {
            mount_points: nothing(),
            ..FilesystemOptions::default()
        }),
        0
    );
}
