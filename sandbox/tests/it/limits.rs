//! A sandbox with limits: who wants more memory is ended by the kernel, and the cgroups that bound it are gone with it.

use std::fs;
use std::path::PathBuf;

use prunelle_sandbox::{Limits, Manager, Options};

const MIB: u64 = 1 << 20;

#[test]
fn nobody_inside_has_more_memory_than_the_sandbox() {
    let options = Options {
        limits: Some(Limits {
            memory: 256 * MIB,
            cpus: 0.5,
        }),
        ..Options::default()
    }
    // `tail` keeps a line without end as a whole. What is started from outside is not bound: hence a unit.
    .unit(
        "greedy.service",
        "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'for size in 100M 1G; do head -c $$size /dev/zero | tail | wc -c; done >${PRUNELLE_SANDBOX}/sizes'\n",
    );
    let manager = Manager::start(options).unwrap();
    let bounds = bounds(&manager);
    assert!(
        !bounds.is_empty() && bounds.iter().all(|bound| bound.is_dir()),
        "{bounds:?}"
    );
    manager.systemctl(&["start", "greedy.service"]).unwrap();
    let sizes = fs::read_to_string(manager.dir().join("sizes")).unwrap();
    assert_eq!(
        sizes.split_whitespace().collect::<Vec<_>>(),
        ["104857600", "0"]
    );

    drop(manager);
    let left: Vec<_> = bounds.iter().filter(|bound| bound.exists()).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The folders of the cgroups that bound the first process inside, as this process sees them.
fn bounds(manager: &Manager) -> Vec<PathBuf> {
    let init = fs::read_to_string(manager.dir().join("init.pid")).unwrap();
    let places = fs::read_to_string(format!("/proc/{}/cgroup", init.trim())).unwrap();
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let mount = |is_it: &dyn Fn(&str, &str) -> bool| {
        mounts.lines().find_map(|line| {
            let mut fields = line.split(' ').skip(1);
            let (point, kind, options) = (fields.next()?, fields.next()?, fields.next()?);
            is_it(kind, options).then(|| PathBuf::from(point))
        })
    };
    places
        .lines()
        .filter(|line| line.contains("/prunelle-"))
        .filter_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            let point = if controllers.is_empty() {
                mount(&|kind, _| kind == "cgroup2")
            } else {
                mount(&|kind, options| {
                    kind == "cgroup" && options.split(',').any(|option| option == controllers)
                })
            };
            Some(point?.join(path.trim_start_matches('/')))
        })
        .collect()
}
