use super::proc_self::{ProcSelf, Scale, boot_time};
use super::*;

const SCALE: Scale = Scale {
    ticks_per_second: 100.0,
    page_bytes: 4096,
    boot_time: Some(1_700_000_000.0),
};

#[test]
fn reads_a_name_with_brackets_and_spaces() {
    let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194304 5 6 7 8 150 250 1 2 20 0 9 0 12345 8192000 300 18446744073709551615 1 1\n";
    assert_eq!(
        ProcSelf::parse(stat, SCALE),
        ProcSelf {
            cpu_seconds: Some(4.0),
            threads: Some(9),
            start_time_seconds: Some(1_700_000_123.45),
            virtual_bytes: Some(8_192_000),
            resident_bytes: Some(300 * 4096),
            open_fds: None,
            max_fds: None,
        }
    );
}

#[test]
fn what_is_not_there_is_left_out() {
    assert_eq!(ProcSelf::parse("", SCALE), ProcSelf::default());
    let no_boot_time = Scale {
        boot_time: None,
        ..SCALE
    };
    let stat = "1 (x) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 5 6 7";
    assert_eq!(ProcSelf::parse(stat, no_boot_time).start_time_seconds, None);
}

#[test]
fn finds_the_boot_time() {
    assert_eq!(boot_time("cpu 1 2\nbtime 17\nprocesses 3\n"), Some(17.0));
    assert_eq!(boot_time("cpu 1 2\n"), None);
}

#[test]
fn all_are_there_for_a_real_process() {
    let _held = tempfile::tempfile().unwrap();
    let process = ProcSelf::read();
    assert!(process.resident_bytes.unwrap() > 100_000);
    assert!(process.virtual_bytes >= process.resident_bytes);
    assert!(process.open_fds.unwrap() >= 4);
    assert!(process.max_fds.unwrap() >= 64.0);
    assert!(process.threads.unwrap() >= 1);
    let mut registry = Registry::default();
    register(&mut registry);
    let text = crate::exposition::encode(crate::exposition::Format::Text, &registry).unwrap();
    let names: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        names,
        [
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_virtual_memory_bytes",
            "process_threads",
            "process_start_time_seconds",
            "process_open_fds",
            "process_max_fds",
        ]
    );
}
