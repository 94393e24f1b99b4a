//! Looking at very many processes takes little time. 500 as a rule; `PRUNELLE_ATTACKS=5000` for the full number.

use std::path::Path;
use std::time::Duration;

use prunelle_healer::processes::{Capacity, Folder, Sample};
use prunelle_healer::remediation::steps::Roots;
use prunelle_healer::target::Resource;
use prunelle_sandbox::wait::Stopwatch;

use super::fixture::{Process, is_inside, tries};

/// What 5,000 processes may take.
const LIMIT: Duration = Duration::from_millis(200);

#[test]
fn a_look_at_all_processes_is_short() {
    if !is_inside("many::a_look_at_all_processes_is_short") {
        return;
    }
    let count = tries(500);
    let script = format!(
        "i=0; while [ $i -lt {count} ]; do sleep 1000 >/dev/null & i=$((i + 1)); done; echo ready; read line"
    );
    let _many = Process::script(&script);
    let proc = Folder::open(Path::new("/proc")).unwrap();
    let capacity = Capacity::read(&proc, &Roots::default()).unwrap();
    for is_swapping in [false, true] {
        let capacity = Capacity {
            is_swapping,
            ..capacity
        };
        for resource in Resource::ALL {
            let looks = (0..5).map(|_| {
                let (watch, before) = (Stopwatch::start(), processor_time());
                let sample = Sample::take(&proc, resource, &capacity, Duration::ZERO).unwrap();
                assert!(sample.processes.len() >= count);
                (processor_time().saturating_sub(before), watch.elapsed())
            });
            // Others may need the processor in between: what counts is what a look takes of it.
            let (took, in_all) = looks.min().unwrap();
            println!(
                "{count} processes, {resource:?}, swapping: {is_swapping}: {took:.1?} of a processor, {in_all:.1?} in all"
            );
            assert!(took < LIMIT, "{resource:?}: {took:?}");
        }
    }
}

/// What this thread has used of a processor.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap(),
        u32::try_from(time.tv_nsec).unwrap(),
    )
}
