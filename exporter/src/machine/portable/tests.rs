use std::sync::Arc;

use prunelle_foundation::clock::SystemClock;

use super::*;
use crate::machine::Kernel;
use crate::roots::Roots;

/// The figures of the two readers are of one machine, and only moments apart.
#[test]
fn it_agrees_with_the_kernels_files() {
    let portable = Portable::new(Arc::new(SystemClock::new().unwrap())).unwrap();
    let kernel = Kernel::new(Roots::default());

    let (ours, theirs) = (
        kernel.memory().unwrap().unwrap(),
        portable.memory().unwrap().unwrap(),
    );
    assert_eq!(ours.total(), theirs.total());
    assert!(ours.available().abs_diff(theirs.available()) < ours.total() / 10);
    assert_eq!(
        kernel.swap().unwrap().unwrap().total(),
        portable.swap().unwrap().unwrap().total()
    );
    let Some(CpuCount::Share { cores, .. }) = portable.cpu().unwrap() else {
        panic!("no CPU count");
    };
    let cpus = kernel.ticks().unwrap().unwrap().cpus;
    assert_eq!(cores.to_string(), cpus.to_string());
}

#[test]
fn cpu_time_used_never_runs_backwards_nor_exceeds_what_there_was() {
    let portable = Portable::new(Arc::new(SystemClock::new().unwrap())).unwrap();
    let mut last = portable.cpu().unwrap().unwrap();
    for _ in 0..3 {
        std::thread::sleep(sysinfo::MINIMUM_CPU_UPDATE_INTERVAL);
        let next = portable.cpu().unwrap().unwrap();
        let usage = next.usage_since(&last, sysinfo::MINIMUM_CPU_UPDATE_INTERVAL);
        assert!(usage.is_some_and(|usage| (0.0..=1.0).contains(&usage)));
        last = next;
    }
}
