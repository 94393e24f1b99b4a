use std::collections::HashSet;

use super::*;

#[test]
fn each_port_is_given_once_and_none_that_is_listened_on_or_that_the_kernel_gives() {
    let mut seen = HashSet::new();
    let mut listeners = Vec::new();
    for turn in 0..50 {
        let port = free_port().unwrap();
        assert!(seen.insert(port), "{port} was given before");
        assert!(range(kernels_begin()).contains(&port), "{port}");
        // Others listen on the ones that come next.
        if turn % 5 == 0 {
            listeners.extend(TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)));
        }
        let taken: Vec<u16> = listeners
            .iter()
            .map(|listener| listener.local_addr().unwrap().port())
            .collect();
        assert!(!taken.contains(&port), "{port} is listened on");
    }
    assert!(!listeners.is_empty());
}

#[test]
fn a_port_that_another_holds_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().unwrap();
    let held = claim(folder.path(), port).unwrap();
    // A lock of its own belongs to each open file, as it does to each process.
    assert!(claim(folder.path(), port).is_none());
    drop(held);
    assert!(claim(folder.path(), port).is_some());
}

#[test]
fn the_range_lies_below_the_kernels_wherever_that_is_possible() {
    assert_eq!(range(32_768), 22_768..32_768);
    assert_eq!(range(40_000), 30_000..40_000);
    assert_eq!(range(1024), 22_768..32_768);
}
