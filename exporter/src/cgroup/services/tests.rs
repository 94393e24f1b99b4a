use std::fs;

use super::*;

const NGINX: &str = "/system.slice/nginx.service";
const UNIFIED: &str = "31 23 0:28 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n";
const LEGACY: &str = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/blkio ro - cgroup cgroup rw,blkio
37 31 0:34 / /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids
38 31 0:35 / /sys/fs/cgroup/systemd ro - cgroup cgroup rw,xattr,name=systemd
";
const HYBRID: &str = "41 31 0:38 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw\n";

const V2_FILES: &[(&str, &str)] = &[
    (
        "cpu.stat",
        "usage_usec 3500000\nuser_usec 3000000\nsystem_usec 500000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 250000\n",
    ),
    ("memory.current", "1048576\n"),
    ("memory.peak", "2097152\n"),
    ("memory.swap.current", "4096\n"),
    ("memory.stat", "anon 700000\nfile 300000\nkernel 1\n"),
    (
        "memory.events",
        "low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\noom_group_kill 0\n",
    ),
    (
        "io.stat",
        "8:0 rbytes=10 wbytes=20 rios=3 wios=4 dbytes=0 dios=0\n",
    ),
    ("pids.current", "12\n"),
    (
        "cpu.pressure",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n",
    ),
    (
        "memory.pressure",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n",
    ),
    (
        "io.pressure",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\n",
    ),
];

const V1_FILES: &[(&str, &str, &str)] = &[
    ("cpu,cpuacct", "cpuacct.stat", "user 300\nsystem 50\n"),
    (
        "cpu,cpuacct",
        "cpu.stat",
        "nr_periods 10\nnr_throttled 4\nthrottled_time 250000000\n",
    ),
    ("memory", "memory.usage_in_bytes", "1048576\n"),
    ("memory", "memory.max_usage_in_bytes", "2097152\n"),
    (
        "memory",
        "memory.stat",
        "cache 1\nrss 1\ntotal_cache 300000\ntotal_rss 700000\ntotal_swap 4096\n",
    ),
    (
        "memory",
        "memory.oom_control",
        "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    ),
    (
        "blkio",
        "blkio.throttle.io_service_bytes_recursive",
        "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n",
    ),
    (
        "blkio",
        "blkio.throttle.io_service_bytes",
        "8:0 Read 1\n8:0 Write 2\n8:0 Total 3\nTotal 3\n",
    ),
    (
        "blkio",
        "blkio.throttle.io_serviced_recursive",
        "8:0 Read 3\n8:0 Write 4\n8:0 Total 7\nTotal 7\n",
    ),
    ("pids", "pids.current", "12\n"),
];

fn expected() -> Figures {
    Figures {
        cpu: Some(CpuTime {
            user: Duration::from_secs(3),
            system: Duration::from_millis(500),
        }),
        throttling: Some(Throttling {
            periods: 10,
            throttled_periods: 4,
            throttled: Duration::from_millis(250),
        }),
        memory: Some(1_048_576),
        memory_peak: Some(2_097_152),
        swap: Some(4096),
        anon: Some(700_000),
        file: Some(300_000),
        oom_kills: Some(2),
        io: Io {
            read_bytes: Some(10),
            written_bytes: Some(20),
            reads: Some(3),
            writes: Some(4),
        },
        cpu_pressure: Some(Pressure {
            waiting: Duration::from_secs(1),
            stalled: None,
        }),
        memory_pressure: Some(Pressure {
            waiting: Duration::from_secs(2),
            stalled: Some(Duration::from_millis(1500)),
        }),
        io_pressure: Some(Pressure {
            waiting: Duration::from_secs(3),
            stalled: Some(Duration::from_millis(2500)),
        }),
        tasks: Some(12),
    }
}

struct Tree {
    folder: tempfile::TempDir,
    roots: Roots,
    cgroups: ServiceCgroups,
}

impl Tree {
    fn new(mountinfo: &str) -> Self {
        Self::with_limit(mountinfo, 1000)
    }

    fn with_limit(mountinfo: &str, limit: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots {
            procfs: folder.path().join("proc"),
            sysfs: folder.path().join("sys"),
            ..Roots::default()
        };
        let tree = Self {
            folder,
            cgroups: ServiceCgroups::with_limit(limit),
            roots,
        };
        tree.write("proc/self/mountinfo", mountinfo);
        tree
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes the files of version 2 for a unit below `mount`.
    fn v2(&self, mount: &str, control_group: &str) {
        for (file, content) in V2_FILES {
            self.write(
                &format!("sys/fs/cgroup{mount}{control_group}/{file}"),
                content,
            );
        }
    }

    fn v1(&self, control_group: &str) {
        for (controller, file, content) in V1_FILES {
            self.write(
                &format!("sys/fs/cgroup/{controller}{control_group}/{file}"),
                content,
            );
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the folder is the test's own")]
    fn remove(&self, path: &str) {
        fs::remove_dir_all(self.folder.path().join(path)).unwrap();
    }

    fn read_as(&mut self, control_group: &str, invocation_id: &str) -> Result<Figures, ReadError> {
        self.cgroups.begin();
        let figures = self.cgroups.read(
            &self.roots,
            UnitCgroup {
                name: "nginx.service",
                control_group,
                invocation_id: Some(invocation_id),
            },
        );
        self.cgroups.end();
        figures
    }

    fn read(&mut self) -> Figures {
        self.read_as(NGINX, "a").unwrap()
    }
}

#[test]
fn version_2() {
    let mut tree = Tree::new(UNIFIED);
    tree.v2("", NGINX);
    assert_eq!(tree.read(), expected());
    assert_eq!(tree.read(), expected());
    assert_eq!(tree.cgroups.open(), V2_FILES.len());
}

#[test]
fn version_1_has_no_pressure() {
    let mut tree = Tree::new(LEGACY);
    tree.v1(NGINX);
    let figures = Figures {
        cpu_pressure: None,
        memory_pressure: None,
        io_pressure: None,
        ..expected()
    };
    assert_eq!(tree.read(), figures);
    assert_eq!(tree.read(), figures);
}

#[test]
fn both_at_once() {
    let mut tree = Tree::new(&format!("{LEGACY}{HYBRID}"));
    tree.v1(NGINX);
    // No controller is there but what is always there.
    for (file, content) in V2_FILES {
        if file.ends_with("pressure") {
            tree.write(&format!("sys/fs/cgroup/unified{NGINX}/{file}"), content);
        }
    }
    tree.write(
        &format!("sys/fs/cgroup/unified{NGINX}/cpu.stat"),
        "usage_usec 9000000\nuser_usec 8000000\nsystem_usec 1000000\n",
    );
    assert_eq!(tree.read(), expected());
    // Without a cgroup of its own where CPU time is accounted for, version 2 knows it all the same.
    tree.remove(&format!("sys/fs/cgroup/cpu,cpuacct{NGINX}"));
    let figures = tree.read_as(NGINX, "b").unwrap();
    assert_eq!(figures.cpu.unwrap().user, Duration::from_secs(8));
    assert_eq!(figures.throttling, None);
    assert_eq!(figures.memory, Some(1_048_576));
}

#[test]
fn an_older_kernel_of_version_1_counts_without_what_is_below() {
    let mut tree = Tree::new(LEGACY);
    tree.write(
        &format!("sys/fs/cgroup/blkio{NGINX}/blkio.throttle.io_service_bytes"),
        "8:0 Read 1\n8:0 Write 2\n8:0 Total 3\nTotal 3\n",
    );
    tree.write(
        &format!("sys/fs/cgroup/memory{NGINX}/memory.oom_control"),
        "oom_kill_disable 0\nunder_oom 0\n",
    );
    let figures = tree.read();
    assert_eq!(
        (figures.io.read_bytes, figures.io.written_bytes),
        (Some(1), Some(2))
    );
    assert_eq!((figures.io.reads, figures.oom_kills), (None, None));
}

#[test]
fn what_is_not_there_is_not_zero() {
    let mut tree = Tree::new(UNIFIED);
    assert_eq!(tree.read(), Figures::default());
    // Accounting is switched off, and nothing but the basics is there.
    let folder = format!("sys/fs/cgroup{NGINX}");
    tree.write(
        &format!("{folder}/cpu.stat"),
        "usage_usec 2\nuser_usec 1\nsystem_usec 1\n",
    );
    let figures = Figures {
        cpu: Some(CpuTime {
            user: Duration::from_micros(1),
            system: Duration::from_micros(1),
        }),
        ..Figures::default()
    };
    assert_eq!(tree.read(), figures);
    // A controller that is enabled later is found in time.
    tree.write(&format!("{folder}/pids.current"), "3\n");
    assert!((0..20).any(|_| tree.read().tasks == Some(3)));
}

#[test]
fn without_hierarchies_or_a_cgroup_there_is_nothing() {
    for mountinfo in ["", "31 23 0:28 / /tmp rw - tmpfs tmpfs rw\n"] {
        assert_eq!(Tree::new(mountinfo).read(), Figures::default());
    }
    let mut tree = Tree::new(UNIFIED);
    tree.v2("", "");
    tree.v2("", "/../outside.service");
    // The root is every process, and what leads out of the hierarchy is no cgroup.
    for control_group in [
        "",
        "/",
        "relative.service",
        "/../outside.service",
        "/a/../b",
    ] {
        assert_eq!(
            tree.read_as(control_group, "a").unwrap(),
            Figures::default(),
            "{control_group}"
        );
    }
}

#[test]
fn a_cgroup_that_is_mounted_below_the_root_of_its_hierarchy() {
    let mountinfo = UNIFIED.replacen(" / ", " /docker/x ", 1);
    let mut tree = Tree::new(&mountinfo);
    tree.v2("", NGINX);
    assert_eq!(
        tree.read_as(&format!("/docker/x{NGINX}"), "a").unwrap(),
        expected()
    );
    assert_eq!(
        tree.read_as("/docker/y/z.service", "a").unwrap(),
        Figures::default()
    );
    // The host's, seen from a container with a cgroup namespace.
    let mut tree = Tree::new(&UNIFIED.replacen(" / ", " /../.. ", 1));
    tree.v2("", NGINX);
    assert_eq!(tree.read(), expected());
}

#[test]
fn another_invocation_is_another_cgroup() {
    let mut tree = Tree::new(UNIFIED);
    tree.v2("", NGINX);
    assert_eq!(tree.read(), expected());
    tree.remove(&format!("sys/fs/cgroup{NGINX}"));
    tree.write(&format!("sys/fs/cgroup{NGINX}/pids.current"), "1\n");
    let fresh = Figures {
        tasks: Some(1),
        ..Figures::default()
    };
    assert_eq!(tree.read_as(NGINX, "b").unwrap(), fresh);
    assert_eq!(tree.cgroups.open(), 1);
    assert_eq!(
        tree.read_as("/system.slice/other.service", "b").unwrap(),
        Figures::default()
    );
    assert_eq!(tree.cgroups.open(), 0);
}

#[test]
fn descriptors_beyond_the_limit_are_not_kept() {
    for limit in [0, 1, V2_FILES.len() + 3] {
        let mut tree = Tree::with_limit(UNIFIED, limit);
        tree.v2("", "/a.service");
        tree.v2("", "/b.service");
        for _ in 0..3 {
            tree.cgroups.begin();
            for name in ["/a.service", "/b.service"] {
                let unit = UnitCgroup {
                    name,
                    control_group: name,
                    invocation_id: None,
                };
                assert_eq!(tree.cgroups.read(&tree.roots, unit).unwrap(), expected());
            }
            tree.cgroups.end();
            assert_eq!(tree.cgroups.open(), limit);
        }
        // Nobody asks for them any more.
        tree.cgroups.begin();
        tree.cgroups.end();
        assert_eq!(tree.cgroups.open(), 0);
    }
}

#[test]
fn what_is_not_understood_names_the_file() {
    for (file, content) in [
        ("cpu.stat", ""),
        ("cpu.stat", "usage_usec 1\n"),
        ("cpu.stat", "user_usec 1\nsystem_usec -1\n"),
        ("memory.current", ""),
        ("memory.current", "99999999999999999999999\n"),
        ("memory.stat", "anon 1\n"),
        ("memory.events", "oom_kill x\n"),
        ("io.stat", "8:0 rbytes=1e9\n"),
        ("io.pressure", "some avg10=0.00\n"),
    ] {
        let mut tree = Tree::new(UNIFIED);
        tree.v2("", NGINX);
        tree.write(&format!("sys/fs/cgroup{NGINX}/{file}"), content);
        let error = tree.read_as(NGINX, "a").unwrap_err().to_string();
        assert!(error.contains(file), "{error}");
    }
}

#[test]
fn absurd_numbers_stay_what_they_are() {
    let mut tree = Tree::new(LEGACY);
    let largest = u64::MAX;
    tree.write(
        &format!("sys/fs/cgroup/cpu,cpuacct{NGINX}/cpuacct.stat"),
        &format!("user {largest}\nsystem 0\n"),
    );
    tree.write(
        &format!("sys/fs/cgroup/memory{NGINX}/memory.usage_in_bytes"),
        &format!("{largest}\n"),
    );
    let figures = tree.read();
    assert_eq!(figures.memory, Some(largest));
    let hours = figures.cpu.unwrap().user.as_secs() / 3600;
    assert_eq!(
        hours,
        largest / rustix::param::clock_ticks_per_second() / 3600
    );
}

#[test]
fn large_files_are_read_to_their_end() {
    let mut tree = Tree::new(UNIFIED);
    let line = |minor| format!("8:{minor} rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0\n");
    let content: String = (0..1000).map(line).collect();
    tree.write(&format!("sys/fs/cgroup{NGINX}/io.stat"), &content);
    assert_eq!(tree.read().io.read_bytes, Some(1000));
}
