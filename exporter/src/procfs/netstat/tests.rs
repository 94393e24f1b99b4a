use super::*;

fn collect(
    parse: impl Fn(&[u8], &mut dyn FnMut(Counter<'_>) -> Result<(), Malformed>) -> Result<(), Malformed>,
    content: &str,
) -> Result<Vec<(String, Number)>, String> {
    let mut counters = Vec::new();
    let mut take = |counter: Counter<'_>| {
        let name = format!("{}_{}", counter.protocol, counter.name);
        counters.push((name, counter.number()?));
        Ok(())
    };
    parse(content.as_bytes(), &mut take).map_err(|error| error.to_string())?;
    Ok(counters)
}

#[track_caller]
fn check_tables(content: &str, expected: Result<&[(&str, Number)], &str>) {
    let counters = collect(|content, take| parse_tables(content, take), content);
    check(&counters, expected);
}

#[track_caller]
fn check_snmp6(content: &str, expected: Result<&[(&str, Number)], &str>) {
    let counters = collect(|content, take| parse_snmp6(content, take), content);
    check(&counters, expected);
}

#[track_caller]
fn check(
    counters: &Result<Vec<(String, Number)>, String>,
    expected: Result<&[(&str, Number)], &str>,
) {
    let owned = |counters: &[(&str, Number)]| {
        let owned = counters
            .iter()
            .map(|&(name, number)| (name.to_owned(), number));
        owned.collect::<Vec<_>>()
    };
    assert_eq!(*counters, expected.map(owned).map_err(str::to_owned));
}

#[test]
fn names_and_numbers_are_on_two_lines() {
    check_tables(
        "Tcp: MaxConn ActiveOpens\nTcp: -1 266707\nIpExt: InOctets\nIpExt: 18446744073709551615\n",
        Ok(&[
            ("Tcp_MaxConn", Number::Negative(-1)),
            ("Tcp_ActiveOpens", Number::Whole(266_707)),
            ("IpExt_InOctets", Number::Whole(u64::MAX)),
        ]),
    );
}

#[test]
fn tables_that_are_truncated_or_absurd_are_errors() {
    for (content, message) in [
        ("", "`a protocol` is missing"),
        ("\n\n", "`a protocol` is missing"),
        (
            "Tcp: A B\n",
            "line 1: a line of names should be followed by as many numbers",
        ),
        (
            "Tcp: A B\nTcp: 1\n",
            "line 1: a line of names should be followed by as many numbers",
        ),
        (
            "Tcp: A\nTcp: 1 2\n",
            "line 1: a line of names should be followed by as many numbers",
        ),
        (
            "Tcp: A\nUdp: 1\n",
            "line 1: a pair of lines should be of one protocol",
        ),
        ("Tcp: A\nTcp: x\n", "line 2: a counter should be a number"),
        (
            "Tcp: A\nTcp: 99999999999999999999\n",
            "line 2: a counter should be a number",
        ),
        ("Tcp: A\nTcp: --1\n", "line 2: a counter should be a number"),
        ("Tcp: A\nTcp: 123", "its last line is cut"),
    ] {
        check_tables(content, Err(message));
    }
}

#[test]
fn the_protocol_ends_with_the_first_6() {
    check_snmp6(
        "Ip6InReceives                   \t28\nIcmp6OutType136 \t3\nUdpLite6InErrors 0\nOther 5\n",
        Ok(&[
            ("Ip6_InReceives", Number::Whole(28)),
            ("Icmp6_OutType136", Number::Whole(3)),
            ("UdpLite6_InErrors", Number::Whole(0)),
        ]),
    );
}

#[test]
fn snmp6_that_is_truncated_or_absurd_is_an_error() {
    for (content, message) in [
        ("", "`a protocol` is missing"),
        (
            "Ip6InReceives\n",
            "line 1: a name should be followed by a number",
        ),
        ("Ip6InReceives x\n", "line 1: a counter should be a number"),
        ("Ip6InReceives 28", "its last line is cut"),
    ] {
        check_snmp6(content, Err(message));
    }
}
