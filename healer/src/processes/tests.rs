//! Parsers over what kernels write, the choice over tables, and samples of folders that stand for `/proc`.

mod choice;
mod fixture;
mod sample;

use super::parse::{anonymous_pages, key_in_kilobytes, proportional, stat, status};
use super::*;

#[test]
fn stat_is_read_whatever_the_name() {
    let tail =
        " S 7 7 7 0 -1 4194560 10 20 0 0 300 40 5 6 20 0 1 0 987654 1000 50 18446744073709551615";
    for name in ["sleep", "a b", ") S 1", "x\n1 (y)", "((", "\u{1b}[0m"] {
        let content = format!("42 ({name}){tail}");
        let stat = stat(content.as_bytes()).unwrap();
        assert_eq!(
            (stat.state, stat.parent, stat.cpu, stat.children, stat.start),
            (b'S', 7, 340, 11, 987_654),
            "{name}"
        );
        assert!(!stat.is_kernel_thread && !stat.has_ended());
    }
    let thread = stat(b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0").unwrap();
    assert!(thread.is_kernel_thread);
    let zombie = stat(b"9 (x) Z 1 9 9 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0").unwrap();
    assert!(zombie.has_ended());
    for broken in [
        "",
        "42",
        "42 (x",
        "42 (x) S",
        "42 (x) S 7 7 7 0 -1 4 0 0 0 0 1 1 1 1",
    ] {
        assert_eq!(stat(broken.as_bytes()), None, "{broken}");
    }
}

#[test]
fn status_tells_user_and_memory() {
    let text = "Name:\tRssAnon:\\n9\nUmask:\t0022\nUid:\t1000\t33\t1000\t1000\nVmRSS:\t 900 kB\n\
                RssAnon:\t     700 kB\nRssFile:\t 200 kB\nVmSwap:\t   50 kB\n";
    let expected = Memory {
        anonymous: 700 << 10,
        swap: 50 << 10,
    };
    let parsed = status(text.as_bytes()).unwrap();
    assert_eq!((parsed.uid, parsed.memory), (33, Some(expected)));
    assert_eq!(expected.total(), 750 << 10);
    // A thread of the kernel, and what has ended, hold nothing.
    assert_eq!(
        status(b"Name:\tk\nUid:\t0\t0\t0\t0\n").unwrap().memory,
        None
    );
    assert_eq!(status(b"Name:\tx\n"), None);
    assert_eq!(status(b"Uid:\t0\t0\t0\t0\nRssAnon:\t x kB\n"), None);
}

#[test]
fn figures_of_memory() {
    assert_eq!(anonymous_pages(b"1000 300 120 5 0 80 0\n"), Some(180));
    assert_eq!(anonymous_pages(b"0 0 0 0 0 0 0\n"), Some(0));
    assert_eq!(anonymous_pages(b"1000\n"), None);
    let rollup = b"1-2 ---p 0 0:0 0 [rollup]\nRss: 9 kB\nPss_Anon:   116 kB\nSwapPss:  4 kB\n";
    assert_eq!(proportional(rollup), Some(120 << 10));
    assert_eq!(proportional(b"Rss: 9 kB\n"), None);
    let meminfo = b"MemTotal:  16 kB\nSwapTotal: 8 kB\n";
    assert_eq!(key_in_kilobytes(meminfo, b"SwapTotal"), Some(8 << 10));
    assert_eq!(key_in_kilobytes(meminfo, b"Swap"), None);
    assert_eq!(Bytes(1536 << 20).to_string(), "1.5 GiB");
    assert_eq!(Bytes(12).to_string(), "12 B");
    assert_eq!(printable(b"a\x1b[31m\n\xff"), "a\\u{1b}[31m\\n\u{fffd}");
}

/// The place of a process in that `cgroup`, where the first process is in the other.
fn place(first: &str, content: &str) -> String {
    let root = Root::of_first_process(first.as_bytes()).unwrap();
    let path = cgroup::control_group(content.as_bytes()).unwrap();
    let place = root.place(&path).unwrap();
    format!("{} {}", place.unit, place.control_group)
}

#[test]
fn units_by_cgroup() {
    let unified = "0::/init.scope\n";
    let version_1 = "3:cpu:/\n1:name=systemd:/init.scope\n0::/\n";
    for (first, content, expected) in [
        (
            unified,
            "0::/system.slice/a.service\n",
            "a.service /system.slice/a.service",
        ),
        // Everything below the unit is the unit's.
        (
            unified,
            "0::/system.slice/a.service/worker/b.service\n",
            "a.service /system.slice/a.service",
        ),
        (
            unified,
            "0::/system.slice/system-a.slice/a@1.service\n",
            "a@1.service /system.slice/system-a.slice/a@1.service",
        ),
        // systemd's own escape.
        (
            unified,
            "0::/system.slice/_cpu.service\n",
            "cpu.service /system.slice/_cpu.service",
        ),
        // A user's own units are the user manager's.
        (
            unified,
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.service\n",
            "user@1000.service /user.slice/user-1000.slice/user@1000.service",
        ),
        (
            unified,
            "0::/user.slice/user-1000.slice/session-3.scope\n",
            "session-3.scope /user.slice/user-1000.slice/session-3.scope",
        ),
        (unified, "0::/init.scope\n", "init.scope /init.scope"),
        (unified, "0::/system.slice\n", "system.slice /system.slice"),
        (unified, "0::/\n", "-.slice /"),
        // Units of containers are theirs.
        (
            unified,
            "0::/system.slice/docker-4f.scope/system.slice/a.service\n",
            "docker-4f.scope /system.slice/docker-4f.scope",
        ),
        (
            unified,
            "0::/lxc.payload.web/system.slice/a.service\n",
            "-.slice /lxc.payload.web/system.slice/a.service",
        ),
        (
            unified,
            "0::/kubepods.slice/pod/a.service\n",
            "kubepods.slice /kubepods.slice/pod/a.service",
        ),
        // Version 1, with controllers that say something else; both versions at once.
        (
            version_1,
            "4:memory:/elsewhere.service\n1:name=systemd:/system.slice/a.service\n0::/\n",
            "a.service /system.slice/a.service",
        ),
        (
            version_1,
            "1:name=systemd:/system.slice/a.service\n",
            "a.service /system.slice/a.service",
        ),
        (
            "1:name=systemd:/init.scope\n0::/init.scope\n",
            "1:name=systemd:/system.slice/a.service\n0::/system.slice/a.service\n",
            "a.service /system.slice/a.service",
        ),
        // Inside a container that sees the whole path: what is outside is no unit of ours.
        (
            "1:name=systemd:/docker/4f/init.scope\n",
            "1:name=systemd:/docker/4f/system.slice/a.service\n",
            "a.service /docker/4f/system.slice/a.service",
        ),
        (
            "1:name=systemd:/docker/4f/init.scope\n",
            "1:name=systemd:/system.slice/a.service\n",
            "-.slice /system.slice/a.service",
        ),
        (
            "1:name=systemd:/docker/4f/init.scope\n",
            "1:name=systemd:/docker/4fa/system.slice/a.service\n",
            "-.slice /docker/4fa/system.slice/a.service",
        ),
        // A cgroup that is gone, with what has not been waited for.
        (
            unified,
            "0::/system.slice/a.service (deleted)\n",
            "system.slice /system.slice/a.service (deleted)",
        ),
    ] {
        assert_eq!(place(first, content), expected, "{content}");
    }
    assert!(matches!(
        Root::of_first_process(b"0::/../init.scope\n"),
        Err(ProcessesError::Namespace)
    ));
}

#[test]
fn who_may_be_acted_on() {
    for (unit, expected) in [
        ("a.service", true),
        ("a@1.service", true),
        ("user@1000.service", false),
        ("session-3.scope", false),
        ("docker-4f.scope", false),
        ("system.slice", false),
        ("-.slice", false),
        ("init.scope", false),
    ] {
        assert_eq!(is_actionable(&unit.parse().unwrap()), expected, "{unit}");
    }
    let place = |control_group: &str| Place {
        unit: "a.service".parse().unwrap(),
        control_group: control_group.to_owned(),
    };
    assert!(place("/a.service").holds("/a.service"));
    assert!(place("/a.service").holds("/a.service/b"));
    assert!(!place("/a.service").holds("/a.service2"));
    assert!(!place("/a.service").holds("/"));
}
