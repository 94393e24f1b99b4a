use super::*;

const OLD: &str =
    "0000000a 00000001 00000002 00000000 00000000 00000000 00000000 00000000 00000003";

#[test]
fn the_oldest_kernel_has_nine_columns_and_no_number_of_the_cpu() {
    let cpus = parse(format!("{OLD}\n{OLD}\n").as_bytes()).unwrap();
    let expected = |cpu| Cpu {
        cpu,
        processed: 10,
        dropped: 1,
        times_squeezed: 2,
        collisions: 3,
        received_rps: None,
        flow_limit_count: None,
        backlog_length: None,
    };
    assert_eq!(cpus, [expected(0), expected(1)]);
}

#[test]
fn a_new_kernel_says_which_cpu_it_is() {
    let line = format!("{OLD} 00000004 00000005 00000006 00000007 00000000 00000000\n");
    let cpu = parse(line.as_bytes()).unwrap()[0];
    assert_eq!(
        (
            cpu.cpu,
            cpu.received_rps,
            cpu.flow_limit_count,
            cpu.backlog_length
        ),
        (7, Some(4), Some(5), Some(6))
    );
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for (content, message) in [
        ("", "`a line of a CPU` is missing"),
        (
            "0000000a 00000001 00000002\n",
            "line 1: a CPU should be nine counters at least",
        ),
        (
            "0000000a 00000001\n",
            "line 1: a CPU should be nine counters at least",
        ),
        ("0000000g\n", "line 1: a counter should be hexadecimal"),
        (
            "fffffffffffffffff\n",
            "line 1: a counter should be hexadecimal",
        ),
        (OLD, "its last line is cut"),
    ] {
        assert_eq!(parse(content.as_bytes()).unwrap_err().to_string(), message);
    }
}
