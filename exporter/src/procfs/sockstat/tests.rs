use super::*;

#[test]
fn each_line_has_pairs() {
    let counts =
        parse(b"sockets: used 17\nTCP: inuse 1 mem 188\nFRAG6: inuse 0 memory 0\n").unwrap();
    let counts: Vec<_> = counts
        .iter()
        .map(|it| (it.protocol, it.item, it.count))
        .collect();
    assert_eq!(
        counts,
        [
            ("sockets", "used", 17),
            ("TCP", "inuse", 1),
            ("TCP", "mem", 188),
            ("FRAG6", "inuse", 0),
            ("FRAG6", "memory", 0),
        ]
    );
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for (content, message) in [
        ("", "`a protocol` is missing"),
        (
            "TCP inuse 1\n",
            "line 1: a protocol should be followed by a colon",
        ),
        (
            "TCP: inuse\n",
            "line 1: an item should be followed by a number",
        ),
        (
            "TCP: inuse -1\n",
            "line 1: an item should be followed by a number",
        ),
        ("TCP: inuse 1", "its last line is cut"),
    ] {
        assert_eq!(parse(content.as_bytes()).unwrap_err().to_string(), message);
    }
}
