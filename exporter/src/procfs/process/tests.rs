use super::*;

const STAT: &str = "1234 (nginx) S 1 1234 1234 0 -1 4194560 2163 0 12 0 150 50 7 3 20 0 1 0 98765 12345678 512 18446744073709551615 1 1 0 0 0 0 0 16781312 83922441 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

#[test]
fn a_process() {
    let expected = Stat {
        comm: b"nginx",
        parent: 1,
        is_kernel_thread: false,
        cpu: 200,
        children: 10,
        start: 98765,
    };
    assert_eq!(stat(STAT.as_bytes()), Ok(expected));
    let kernel = STAT
        .replace("4194560", "69238880")
        .replace("nginx", "kworker/0:1-ev");
    assert!(stat(kernel.as_bytes()).unwrap().is_kernel_thread);
}

#[test]
fn a_name_may_be_anything() {
    for comm in [
        "",
        " ",
        "a b",
        "(sd-pam)",
        ") R 9 9",
        "a)\n(b",
        "((",
        "tmux: server",
    ] {
        let content = STAT.replace("nginx", comm);
        let process = stat(content.as_bytes()).unwrap();
        assert_eq!(
            (process.comm, process.start),
            (comm.as_bytes(), 98765),
            "{comm}"
        );
    }
    let mut content = STAT.as_bytes().to_vec();
    content[6] = 0xff;
    assert_eq!(stat(&content).unwrap().comm, b"\xffginx");
}

#[test]
fn what_is_no_process_is_an_error() {
    let cut = STAT.find("98765").unwrap();
    for content in [
        "",
        "1234",
        "1234 (nginx",
        "1234 nginx)",
        "1 )(",
        "1 (a)",
        &STAT[..cut],
    ] {
        assert!(stat(content.as_bytes()).is_err(), "{content}");
    }
    assert!(stat(STAT.replace(" 150 ", " x ").as_bytes()).is_err());
    assert!(stat(STAT.replace(" 150 ", " 99999999999999999999 ").as_bytes()).is_err());
    let largest = STAT.replace(" 150 ", " 18446744073709551615 ");
    assert_eq!(stat(largest.as_bytes()).unwrap().cpu, u64::MAX);
}

#[test]
fn pages() {
    assert_eq!(statm(b"3000 512 128 100 0 400 0\n"), Ok((512, 128)));
    for wrong in ["", "3000", "3000 512", "3000 x 1"] {
        assert!(statm(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn the_place_in_systemds_hierarchy() {
    let check = |content: &str, expected: Option<&str>| {
        let path = control_group(content.as_bytes());
        assert_eq!(
            path.map(|it| str::from_utf8(it).unwrap()),
            expected,
            "{content}"
        );
    };
    check(
        "0::/system.slice/nginx.service\n",
        Some("/system.slice/nginx.service"),
    );
    check(
        "0::/system.slice/a.service (deleted)\n",
        Some("/system.slice/a.service"),
    );
    check(
        "0::/../../system.slice/a.service\n",
        Some("/system.slice/a.service"),
    );
    check("0::/..\n", None);
    check("0::/\n", None);
    check("", None);
    check(
        "4:memory:/x\n1:name=systemd:/system.slice/a.service\n0::/\n",
        Some("/system.slice/a.service"),
    );
    check(
        "1:name=systemd:/\n0::/system.slice/a:b.service\n",
        Some("/system.slice/a:b.service"),
    );
}

#[test]
fn units_are_few_and_never_numbered() {
    let check = |path: &str, expected: Option<&str>| {
        let unit = unit(path.as_bytes());
        assert_eq!(
            unit.map(|it| str::from_utf8(it).unwrap()),
            expected,
            "{path}"
        );
    };
    check("/system.slice/nginx.service", Some("nginx.service"));
    check("/system.slice/_cpu.service", Some("cpu.service"));
    check(
        "/system.slice/system-getty.slice/getty@tty1.service",
        Some("getty@tty1.service"),
    );
    check("/system.slice/a.service/worker-17", Some("a.service"));
    check("/init.scope", Some("init.scope"));
    check("/system.slice", Some("system.slice"));
    check("/system.slice/docker-4f1e.scope", Some("system.slice"));
    check("/system.slice/run-u1234.service", Some("system.slice"));
    check("/system.slice/run-p1234-i99.service", Some("system.slice"));
    check("/machine.slice/machine-qemu1.scope", Some("machine.slice"));
    check(
        "/user.slice/user-1000.slice/session-3.scope",
        Some("user-1000.slice"),
    );
    check(
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-1234.scope",
        Some("user@1000.service"),
    );
    check(
        "/kubepods.slice/kubepods-burstable.slice/kubepods-pod1.slice/x.scope",
        Some("kubepods.slice"),
    );
    check("/docker/4f1e", None);
    check("/", None);
    check("", None);
}
