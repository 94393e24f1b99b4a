use proptest::prelude::*;

use super::*;

fn log() -> &'static OsStr {
    OsStr::new("actions.jsonl")
}

#[test]
fn names_are_those_that_are_documented() {
    let part = PartName {
        rotated_at: "2026-11-24T15:04:05.678Z".parse().unwrap(),
        last_seq: 12_345,
    };
    let name = "actions.jsonl.20261124T150405Z-000000012345";
    assert_eq!(part.of(log(), Form::Plain), name);
    assert_eq!(
        part.of(log(), Form::Compressed),
        format!("{name}.gz").as_str()
    );
}

#[test]
fn names_of_others_are_not_ours() {
    for name in [
        "actions.jsonl",
        "actions.jsonl.1",
        "actions.jsonl.2.gz",
        "actions.jsonl-20261124",
        "actions.jsonl.foreign-20261124T150405Z",
        "actions.jsonl.20261124T150405Z-5",
        "actions.jsonl.20261124T150405Z-000000000005.bak",
        "actions.jsonl.20261124T150405Z-+00000000005",
        "actions.jsonl.20261199T150405Z-000000000005",
        "other.jsonl.20261124T150405Z-000000000005",
        "actions.jsonl\u{e9}.20261124T150405Z-000000000005",
    ] {
        assert_eq!(PartName::parse(log(), OsStr::new(name)), None, "{name}");
    }
}

proptest! {
    #[test]
    fn a_name_reads_back(second in 0i64..4_000_000_000, last_seq in 1i64..i64::MAX) {
        let part = PartName {
            rotated_at: Timestamp::from_second(second).unwrap(),
            last_seq,
        };
        for form in [Form::Plain, Form::Compressed, Form::Unfinished] {
            prop_assert_eq!(PartName::parse(log(), &part.of(log(), form)), Some((part, form)));
        }
    }
}
