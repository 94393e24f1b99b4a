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
    let mut files = Files::new(Roots::default());

    let (ours, theirs) = (
        kernel.memory(&mut files).unwrap().unwrap(),
        portable.memory(&mut files).unwrap().unwrap(),
    );
    assert_eq!(ours.total(), theirs.total());
    assert!(ours.available().abs_diff(theirs.available()) < ours.total() / 10);
    assert_eq!(
        kernel.swap(&mut files).unwrap().unwrap().total(),
        portable.swap(&mut files).unwrap().unwrap().total()
    );
    let Some(CpuCount::Share { cores, .. }) = portable.cpu().unwrap() else {
        panic!("no CPU count");
    };
    let cpus = kernel.ticks().unwrap().unwrap().cpus;
    assert_eq!(cores.to_string(), cpus.to_string());
}

#[test]
fn cpu_time_used_grows_and_never_exceeds_what_there_was() {
    let clock: SharedClock = Arc::new(SystemClock::new().unwrap());
    let start = clock.now();
    let portable = Portable::new(Arc::clone(&clock)).unwrap();
    let mut last = Duration::ZERO;
    prunelle_sandbox::wait_until("CPU time is used", Duration::from_secs(20), || {
        let Ok(Some(CpuCount::Share { used, cores })) = portable.cpu() else {
            panic!("no CPU count");
        };
        assert!(used >= last);
        assert!(used <= clock.now().since(&start).mul_f64(cores));
        last = used;
        (used > Duration::ZERO).then_some(())
    })
    .unwrap();
}
