use std::fs;
use std::path::Path;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Clock as _, ManualClock};
use prunelle_foundation::lifecycle::Lifecycle;

use super::*;
use crate::machine::Kernel;

const COUNT: usize = 10;

struct Bench {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    sampler: Sampler,
}

impl Bench {
    /// A machine of two CPUs.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots {
            procfs: folder.path().to_owned(),
            ..Roots::default()
        };
        fs::write(
            folder.path().join("stat"),
            "cpu 1 1 1 1\ncpu0 1 1 1 1\ncpu1 1 1 1 1\n",
        )
        .unwrap();
        let clock = Arc::new(ManualClock::new(Now {
            wall: Timestamp::UNIX_EPOCH,
            boot: Duration::from_secs(1000),
            boot_id: BootId::new("a"),
        }));
        let demand = Demand {
            interval: Duration::from_secs(10),
            count: COUNT,
            counts_open_files: true,
        };
        let machine = Arc::new(Kernel::new(roots.clone()));
        Self {
            sampler: Sampler::new(roots, machine, clock.clone(), demand),
            folder,
            clock,
        }
    }

    fn process(&self, pid: u64, comm: &str, ticks: u64, pages: u64) {
        let folder = self.folder.path().join(pid.to_string());
        fs::create_dir_all(folder.join("fd")).unwrap();
        let stat =
            format!("{pid} ({comm}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 500 0 0 0\n");
        fs::write(folder.join("stat"), stat).unwrap();
        fs::write(folder.join("statm"), format!("{pages} {pages} 0 1 0 1 0\n")).unwrap();
        fs::write(folder.join("cgroup"), "0::/system.slice/a.service\n").unwrap();
        fs::write(folder.join("fd/0"), "").unwrap();
    }

    fn sample(&mut self) -> ProcessSample {
        self.clock.advance(Duration::from_secs(10));
        self.sampler.sample()
    }
}

fn groups(sample: ProcessSample) -> Vec<Group> {
    match sample.groups {
        Figure::Known(groups) => groups,
        other => panic!("{other:?}"),
    }
}

#[test]
fn memory_at_once_and_cpu_from_the_second_sample_on() {
    let mut bench = Bench::new();
    bench.process(10, "nginx", 100, 5);
    let page = rustix::param::page_size() as u64;
    let expected = |cpu| Group {
        name: "nginx".into(),
        unit: "a.service".into(),
        cpu,
        memory: 5 * page,
        processes: 1,
    };
    assert_eq!(groups(bench.sample()), [expected(None)]);
    // A second of one CPU, of the twenty there were.
    let second = rustix::param::clock_ticks_per_second();
    bench.process(10, "nginx", 100 + second, 5);
    let sample = bench.sample();
    assert_eq!(
        sample.open_files,
        HashMap::from([("/system.slice/a.service".into(), 1)])
    );
    assert_eq!(groups(sample), [expected(Some(0.05))]);
}

#[test]
fn with_two_thousand_processes_the_groups_are_few_and_no_label_is_a_pid() {
    let mut bench = Bench::new();
    let pids = 100..2100;
    for pid in pids.clone() {
        let comm = format!("prog-{}", (b'a' + u8::try_from(pid % 26).unwrap()) as char);
        bench.process(pid, &comm, 0, pid);
    }
    bench.sample();
    for pid in pids.clone() {
        let comm = format!("prog-{}", (b'a' + u8::try_from(pid % 26).unwrap()) as char);
        bench.process(pid, &comm, pid % 26, pid);
    }
    let groups = groups(bench.sample());
    assert!(
        (COUNT..=2 * COUNT).contains(&groups.len()),
        "{}",
        groups.len()
    );
    for group in &groups {
        for label in [&group.name, &group.unit] {
            let number = crate::procfs::number(label.as_bytes());
            assert!(!number.is_some_and(|it| pids.contains(&it)), "{label}");
        }
        assert!(group.processes > 70, "{group:?}");
    }
}

#[test]
fn without_processes_or_the_number_of_cpus_there_is_nothing() {
    let mut bench = Bench::new();
    assert_eq!(bench.sample().groups, Figure::Absent);
    bench.process(10, "a", 1, 1);
    assert!(matches!(bench.sample().groups, Figure::Known(_)));
    fs::write(bench.folder.path().join("stat"), "cpu x\n").unwrap();
    assert!(matches!(bench.sample().groups, Figure::Failed(why) if why.contains("stat")));
    // The next that can be read is one again.
    fs::write(bench.folder.path().join("stat"), "cpu 1 1 1 1\n").unwrap();
    assert!(matches!(bench.sample().groups, Figure::Known(_)));
}

#[test]
fn this_machine_has_this_process() {
    let clock: SharedClock = Arc::new(prunelle_foundation::clock::SystemClock::new().unwrap());
    let machine = Arc::new(Kernel::new(Roots::default()));
    let demand = Demand {
        interval: Duration::from_secs(1),
        count: 1000,
        counts_open_files: false,
    };
    let mut sampler = Sampler::new(Roots::default(), machine, clock, demand);
    let own = fs::read_to_string(Path::new("/proc/self/comm")).unwrap();
    let groups = groups(sampler.sample());
    let group = groups.iter().find(|it| it.name == own.trim_end());
    assert!(group.is_some_and(|it| it.memory > 1 << 20), "{groups:?}");
}

#[tokio::test(start_paused = true)]
async fn the_task_publishes_every_interval_until_it_is_stopped() {
    let bench = Bench::new();
    let tasks = Lifecycle::new().tasks();
    let first = ProcessSample::not_yet(bench.clock.now());
    let (publish, mut sample) = watch::channel(Arc::new(first));
    let stop = Stop::new();
    let watching = async {
        for _ in 0..3 {
            sample.changed().await.unwrap();
            assert_eq!(sample.borrow_and_update().groups, Figure::Absent);
        }
        stop.request("enough");
    };
    let (_demand, demand) = watch::channel(bench.sampler.demand);
    tokio::join!(
        bench.sampler.run(tasks, publish, demand, stop.clone()),
        watching
    );
}
