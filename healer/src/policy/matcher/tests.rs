use proptest::prelude::*;

use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

/// `expected` is the canonical form of what is read, or the error.
#[track_caller]
fn check(text: &str, expected: &str) {
    let actual = match parse(text) {
        Ok(matchers) => matchers
            .iter()
            .map(Matcher::to_string)
            .collect::<Vec<_>>()
            .join(","),
        Err(error) => error.to_string(),
    };
    assert_eq!(actual, expected, "for `{text}`");
}

#[test]
fn every_operator_and_form() {
    check(r#"alertname = "ServiceDown""#, r#"alertname="ServiceDown""#);
    check("alertname=ServiceDown", r#"alertname="ServiceDown""#);
    check(r#"a!="b""#, r#"a!="b""#);
    check(r#"a=~"b|c""#, r#"a=~"b|c""#);
    check("a!~b.*", r#"a!~"b.*""#);
    check(r#"{a="b",c=~"d"}"#, r#"a="b",c=~"d""#);
    check(r" { a = b , c = d , } ", r#"a="b",c="d""#);
    check("a=b,c=d,", r#"a="b",c="d""#);
    check(r#"a="""#, r#"a="""#);
    check(r#"a="x,y={z}""#, r#"a="x,y={z}""#);
    check("instance=web1:9750", r#"instance="web1:9750""#);
}

#[test]
fn names_may_be_utf_8_and_quoted() {
    check(r#""foo bar"="x""#, r#""foo bar"="x""#);
    check(r#"{"κόσμε"=~"λ+"}"#, r#""κόσμε"=~"λ+""#);
    check(r#""plain"=x"#, r#"plain="x""#);
    check(r#"""=x"#, "the label name at character 1 is empty");
}

#[test]
fn escapes_are_those_of_go() {
    check(r#"a="\"\\\n\t""#, r#"a="\"\\\n\t""#);
    check(r#"a="\xc3\xa9\u00e9\U0001F642\101""#, r#"a="éé🙂A""#);
    check(r#"a="\q""#, r"invalid escape `\q` at character 4");
    check(r#"a="\u00""#, r#"invalid escape `\u00"` at character 4"#);
    check(r#"a="\ud800""#, r"invalid escape `\ud800` at character 4");
    check(r#"a="\777""#, r"invalid escape `\777` at character 4");
    check(
        r#"a="\xff""#,
        "the text that opens at character 3 is not UTF-8 after its escapes",
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    check("", "there is no matcher in it");
    check("{}", "there is no matcher in it");
    check(
        "a",
        "expected one of `=`, `!=`, `=~`, `!~` at character 2, found the end",
    );
    check(
        "a==b",
        r#"expected a value (an empty one is written `""`) at character 3, found `=`"#,
    );
    check(
        "a=",
        r#"expected a value (an empty one is written `""`) at character 3, found the end"#,
    );
    check("=b", "expected a label name at character 1, found `=`");
    check("{a=b", "expected `,` or `}` at character 5, found the end");
    check("a=b}", "expected `,` or the end at character 4, found `}`");
    check("{a=b} c", "expected the end at character 7, found `c`");
    check("a=b c", "expected `,` or the end at character 5, found `c`");
    check(
        "a=b,,c=d",
        "expected a label name at character 5, found `,`",
    );
    check(
        r#"a="b"#,
        "the quote that opens at character 3 is never closed",
    );
    check(
        "a='b'",
        r#"expected a value (an empty one is written `""`) at character 3, found `'`"#,
    );
    check(
        r#"a=~"(""#,
        "`(` is not a regular expression: unclosed group",
    );
    check(
        r#"a=~")|(""#,
        "`)|(` is not a regular expression: unopened group",
    );
    check(
        r#"a=~"(?:x{1000}){1000}""#,
        "`(?:x{1000}){1000}` is not a regular expression: Compiled regex exceeds size limit of 1048576 bytes.",
    );
}

#[test]
fn matching_is_anchored_and_takes_a_missing_label_as_empty() {
    #[track_caller]
    fn check(text: &str, pairs: &[(&str, &str)], expected: bool) {
        let matcher = parse(text).unwrap().remove(0);
        assert_eq!(
            matcher.matches(&labels(pairs)),
            expected,
            "{text} {pairs:?}"
        );
    }
    check("a=b", &[("a", "b")], true);
    check("a=b", &[("a", "bb")], false);
    check("a=b", &[], false);
    check(r#"a="""#, &[], true);
    check("a!=b", &[], true);
    check("a!=b", &[("a", "b")], false);
    check(r#"a=~"b|cd""#, &[("a", "cd")], true);
    check(r#"a=~"b|cd""#, &[("a", "bd")], false);
    check(r#"a=~"b|cd""#, &[("a", "xb")], false);
    check(r#"a=~"b""#, &[("a", "b\n")], false);
    check(r#"a=~".*""#, &[], true);
    check(r#"a=~".+""#, &[], false);
    check(r#"a!~".+""#, &[], true);
    check(r#"a!~"b.*""#, &[("a", "bc")], false);
}

proptest! {
    #[test]
    fn printing_and_parsing_are_inverse(
        name in any::<String>().prop_filter("names are not empty", |n| !n.is_empty()),
        value in any::<String>(),
        operator in 0..4,
    ) {
        let regex = || AnchoredRegex::new(&regex::escape(&value)).unwrap();
        let test = match operator {
            0 => MatcherTest::Equal(value.clone()),
            1 => MatcherTest::NotEqual(value.clone()),
            2 => MatcherTest::Regex(regex()),
            _ => MatcherTest::NotRegex(regex()),
        };
        let matcher = Matcher { name, test };
        let read = parse(&matcher.to_string()).unwrap();
        prop_assert_eq!(read.len(), 1);
        prop_assert_eq!(&read[0].name, &matcher.name);
        prop_assert_eq!(read[0].operator(), matcher.operator());
        prop_assert_eq!(read[0].value(), matcher.value());
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _ = parse(&text);
    }
}
