use super::*;

fn ticks(line: &str) -> CpuTicks {
    parse(format!("{line}\ncpu0 1 2 3 4\ncpu1 1 2 3 4\nintr 5 0\n").as_bytes()).unwrap()
}

#[track_caller]
fn check_usage(earlier: &str, later: &str, expected: Option<f64>) {
    let usage = ticks(later).usage_since(&ticks(earlier));
    match (usage, expected) {
        (Some(usage), Some(expected)) => assert!((usage - expected).abs() < 1e-9, "{usage}"),
        (usage, expected) => assert_eq!(usage, expected),
    }
}

#[test]
fn each_mode_counts_on_its_side() {
    let start = "cpu  100 100 100 100 100 100 100 100 100 100";
    for (mode, used) in [
        (0, true),
        (1, true),
        (2, true),
        (3, false),
        (4, false),
        (5, true),
        (6, true),
        (7, true),
    ] {
        let mut columns = [100_u64; 10];
        columns[mode] += 50;
        columns[3] += 50;
        let later = columns.map(|column| column.to_string()).join(" ");
        check_usage(
            start,
            &format!("cpu  {later}"),
            Some(if used { 0.5 } else { 0.0 }),
        );
    }
}

#[test]
fn guest_time_is_not_counted_twice() {
    // 50 ticks of user time, all of them of a guest, and 50 idle.
    check_usage(
        "cpu  0 0 0 0 0 0 0 0 0 0",
        "cpu  50 0 0 50 0 0 0 0 50 0",
        Some(0.5),
    );
}

#[test]
fn iowait_that_goes_backwards_counts_as_unchanged() {
    check_usage(
        "cpu  0 0 0 0 90 0 0 0",
        "cpu  10 0 0 10 80 0 0 0",
        Some(0.5),
    );
}

#[test]
fn no_time_passed_is_no_figure() {
    check_usage("cpu  1 2 3 4", "cpu  1 2 3 4", None);
}

#[test]
fn an_old_kernel_has_four_columns() {
    check_usage("cpu  0 0 0 0", "cpu  3 0 0 1", Some(0.75));
}

#[test]
fn cpus_online_are_counted() {
    assert_eq!(ticks("cpu 1 2 3 4").cpus, 2);
}

#[test]
fn what_is_missing_or_absurd_is_an_error() {
    for (content, message) in [
        ("", "`cpu` is missing"),
        ("intr 1 2 3\n", "`cpu` is missing"),
        (
            "cpu  1 2 3\n",
            "line 1: the line `cpu` should be at least four columns",
        ),
        (
            "cpu  1 2 -3 4\n",
            "line 1: CPU time should be a number of ticks",
        ),
        (
            "cpu  1 2 99999999999999999999 4\n",
            "line 1: CPU time should be a number of ticks",
        ),
    ] {
        assert_eq!(parse(content.as_bytes()).unwrap_err().to_string(), message);
    }
}

#[test]
fn each_cpu_has_its_number_and_the_columns_that_its_kernel_knows() {
    let content =
        b"cpu  1 2 3 4\ncpu0 1 2 3 4 5 6 7 8 9 10 11\ncpu12 1 2 3 4\nintr 5\ncpu13 0 0 0 0\n";
    let lines: Vec<_> = cpus(content).collect::<Result<_, _>>().unwrap();
    let figures: Vec<_> = lines
        .iter()
        .map(|it| (it.cpu, it.ticks, it.known))
        .collect();
    assert_eq!(
        figures,
        [
            ("0", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10),
            ("12", [1, 2, 3, 4, 0, 0, 0, 0, 0, 0], 4),
        ]
    );
}

#[test]
fn a_cpu_without_number_or_time_is_an_error() {
    for line in [
        "cpux 1 2 3 4",
        "cpu-1 1 2 3 4",
        "cpu0 1 2 3",
        "cpu0 1 2 -3 4",
        "cpu0",
    ] {
        let content = format!("cpu  1 2 3 4\n{line}\n");
        let result: Result<Vec<_>, _> = cpus(content.as_bytes()).collect();
        assert!(result.is_err(), "{line:?}");
    }
}

const TOTALS: &str = "cpu  1 2 3 4
intr 260621 x y z
ctxt 440533
btime 1795499000
processes 2801
procs_running 2
procs_blocked 0
softirq 1 2
";

#[test]
fn of_interrupts_only_the_sum_is_looked_at() {
    let expected = Totals {
        interrupts: 260_621,
        context_switches: 440_533,
        boot_time: 1_795_499_000,
        forks: 2801,
        running: 2,
        blocked: 0,
    };
    assert_eq!(totals(TOTALS.as_bytes()), Ok(expected));
}

#[test]
fn a_total_that_is_missing_or_absurd_is_an_error() {
    for item in [
        "intr",
        "ctxt",
        "btime",
        "processes",
        "procs_running",
        "procs_blocked",
    ] {
        let content = TOTALS.replace(item, "other");
        assert_eq!(
            totals(content.as_bytes()).unwrap_err().to_string(),
            format!("`{item}` is missing")
        );
    }
    for (good, bad) in [
        ("440533", "-440533"),
        ("2801", "18446744073709551616"),
        (" 2\n", "\n"),
    ] {
        let content = TOTALS.replacen(good, bad, 1);
        assert!(totals(content.as_bytes()).is_err(), "{content}");
    }
}
