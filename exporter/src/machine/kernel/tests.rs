use std::path::PathBuf;

use super::*;

fn fixture(name: &str) -> Kernel {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    Kernel::new(Roots {
        procfs: folder.join("proc"),
        sysfs: folder.join("sys"),
        rootfs: folder,
        ..Roots::default()
    })
}

fn files(kernel: &Kernel) -> Files {
    Files::new(kernel.roots.clone())
}

fn names(devices: Option<Vec<DeviceBytes>>) -> Vec<String> {
    devices
        .unwrap()
        .into_iter()
        .map(|device| device.device)
        .collect()
}

#[test]
fn a_modern_kernel() {
    let kernel = fixture("modern");
    let memory = kernel.memory(&mut files(&kernel)).unwrap().unwrap();
    assert_eq!(memory.total(), 16_384_000 * 1024);
    assert_eq!(memory.available(), 8_192_000 * 1024);
    let swap = kernel.swap(&mut files(&kernel)).unwrap().unwrap();
    assert_eq!(
        (swap.total(), swap.used()),
        (4_096_000 * 1024, 1_024_000 * 1024)
    );
    assert_eq!(kernel.ticks().unwrap().unwrap().cpus, 2);
    assert_eq!(names(kernel.network().unwrap()), ["eth0", "wlp3s0"]);
}

#[test]
fn an_old_kernel_without_available_memory_swap_and_sysfs() {
    let kernel = fixture("old");
    let memory = kernel.memory(&mut files(&kernel)).unwrap().unwrap();
    assert_eq!(memory.available(), (204_800 + 51_200 + 409_600) * 1024);
    assert!(kernel.swap(&mut files(&kernel)).unwrap().is_none());
    assert!(kernel.cpu().unwrap().is_some());
    assert_eq!(names(kernel.network().unwrap()), ["eth0"]);
}

#[test]
fn no_files_are_no_figures() {
    let kernel = fixture("no-such-tree");
    assert!(kernel.cpu().unwrap().is_none());
    assert!(kernel.memory(&mut files(&kernel)).unwrap().is_none());
    assert!(kernel.swap(&mut files(&kernel)).unwrap().is_none());
    assert!(kernel.network().unwrap().is_none());
}

#[track_caller]
fn check_meminfo(content: &str, message: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("meminfo"), content).unwrap();
    let kernel = Kernel::new(Roots {
        procfs: folder.path().to_owned(),
        ..Roots::default()
    });
    let errors = [
        kernel.memory(&mut files(&kernel)).err(),
        kernel.swap(&mut files(&kernel)).err(),
    ];
    let messages: Vec<_> = errors.iter().flatten().map(ToString::to_string).collect();
    assert!(
        messages.iter().any(|it| it.ends_with(message)),
        "{messages:?}"
    );
}

#[test]
fn what_cannot_be_true_is_an_error_and_never_a_zero() {
    check_meminfo("", "`MemTotal` is missing");
    check_meminfo("MemTotal: 0 kB\nMemAvailable: 0 kB\n", "no memory at all");
    check_meminfo("MemTotal: 10 kB\n", "`MemAvailable` is missing");
    check_meminfo(
        "MemTotal: 10 kB\nMemFree: 11 kB\nBuffers: 0 kB\nCached: 0 kB\n",
        "more memory is available than there is",
    );
    check_meminfo("SwapTotal: 10 kB\n", "`SwapFree` is missing");
    check_meminfo(
        "SwapTotal: 10 kB\nSwapFree: 11 kB\n",
        "more swap is free than there is",
    );
}

#[test]
fn an_estimate_that_cannot_be_true_gives_way_to_the_older_reckoning() {
    let folder = tempfile::tempdir().unwrap();
    let content =
        "MemTotal: 10 kB\nMemAvailable: 99 kB\nMemFree: 1 kB\nBuffers: 1 kB\nCached: 2 kB\n";
    std::fs::write(folder.path().join("meminfo"), content).unwrap();
    let kernel = Kernel::new(Roots {
        procfs: folder.path().to_owned(),
        ..Roots::default()
    });
    assert_eq!(
        kernel
            .memory(&mut files(&kernel))
            .unwrap()
            .unwrap()
            .available(),
        4 * 1024
    );
}

#[test]
fn virtual_devices_are_known_by_name() {
    for name in [
        "lo", "lo0", "veth12ab", "docker0", "br-0a1b", "tun0", "wg0", "ifb1",
    ] {
        assert!(is_virtual_name(name), "{name}");
    }
    for name in [
        "eth0", "enp3s0", "wlp3s0", "ens5", "bond0", "lora0", "wgs1x",
    ] {
        assert!(!is_virtual_name(name), "{name}");
    }
}
