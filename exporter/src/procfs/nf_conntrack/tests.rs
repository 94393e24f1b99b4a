use super::*;

#[test]
fn columns_are_found_by_their_titles_and_added_up() {
    let content = "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
00000021  00000000 00000000 00000000 00000003 0000588a 00000000 00000000 00000000 00000001 00000002 00000000 00000000  00000000 00000000 00000000 00000004
00000021  00000000 00000000 00000000 00000002 000056a4 00000000 00000000 00000000 00000001 00000002 00000005 00000000  00000000 00000000 00000000 00000002
";
    assert_eq!(
        parse(content.as_bytes()).unwrap(),
        Statistics {
            found: Some(0),
            invalid: Some(5),
            ignore: Some(0x588a + 0x56a4),
            insert: Some(0),
            insert_failed: Some(2),
            drop: Some(4),
            early_drop: Some(5),
            search_restart: Some(6),
        }
    );
}

#[test]
fn a_column_that_the_kernel_does_not_have_is_none() {
    let statistics = parse(b"entries found drop\n00000021 00000002 00000001\n").unwrap();
    assert_eq!(
        statistics,
        Statistics {
            found: Some(2),
            drop: Some(1),
            ..Statistics::default()
        }
    );
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for (content, message) in [
        ("", "`the line of titles` is missing"),
        ("entries found\n", "`a line of a CPU` is missing"),
        (
            "entries found\n00000001\n",
            "line 2: a CPU should be a number for each title",
        ),
        (
            "entries found\n00000001 x\n",
            "line 2: a counter should be hexadecimal",
        ),
        ("entries found\n00000001 00000001", "its last line is cut"),
    ] {
        assert_eq!(parse(content.as_bytes()).unwrap_err().to_string(), message);
    }
}
