use std::fmt::Write as _;

use proptest::prelude::*;
use prunelle_foundation::exposition::Format;

use super::*;
use crate::textfile::write_all;

/// What a file comes to in text format 0.0.4, or its problem.
fn text(content: impl AsRef<[u8]>) -> String {
    written(content, Format::Text)
}

fn written(content: impl AsRef<[u8]>, format: Format) -> String {
    let families = match parse(content.as_ref()) {
        Ok(families) => families,
        Err(problem) => return problem.to_string(),
    };
    let mut text = String::new();
    write_all(&families, format, &mut text);
    text
}

#[test]
fn what_needs_no_change_is_not_changed() {
    let content = "\
# HELP backup_files_total Files\\nin the \\\\ \"last\" backup
# TYPE backup_files_total counter
backup_files_total{place=\"a\"} 12
backup_files_total{place=\"b\\\\c\\\"d\\ne # {x=\\\"1\\\"} 2\"} 1e+06
# TYPE backup_age_seconds gauge
backup_age_seconds -0.5
# TYPE took_seconds histogram
took_seconds_bucket{le=\"0.1\"} 1
took_seconds_bucket{le=\"+Inf\"} 3
took_seconds_sum 7.5
took_seconds_count 3
# TYPE size_bytes summary
size_bytes{path=\"/\",quantile=\"0.5\"} 1
size_bytes_sum{path=\"/\"} 2
size_bytes_count{path=\"/\"} 2
# TYPE other untyped
other NaN
";
    assert_eq!(text(content), content);
    assert_eq!(text(""), "");
}

#[test]
fn what_is_written_otherwise_means_the_same() {
    for (content, expected) in [
        ("x 1\n", "# TYPE x untyped\nx 1\n"),
        ("\n \t\n  x\t1 \n# a remark\n#\n", "# TYPE x untyped\nx 1\n"),
        (
            "x{ b = \"2\" , a=\"1\", } 1\n",
            "# TYPE x untyped\nx{a=\"1\",b=\"2\"} 1\n",
        ),
        ("x{a=\"\"} 1\n", "# TYPE x untyped\nx 1\n"),
        ("x{} 1\n", "# TYPE x untyped\nx 1\n"),
        (
            "x +inf\ny -Infinity\nz nan\n",
            "# TYPE x untyped\nx +Inf\n# TYPE y untyped\ny -Inf\n# TYPE z untyped\nz NaN\n",
        ),
        (
            "#HELP x  two  words \n#TYPE\tx GAUGE\nx 1\n",
            "# HELP x two  words \n# TYPE x gauge\nx 1\n",
        ),
        // Without samples there is no family; half a comment is a remark.
        (
            "# HELP x nothing\n# TYPE x gauge\n# HELP\n# HELP y\ny 1\n# TYPE\n",
            "# TYPE y untyped\ny 1\n",
        ),
        // HELP may come last, and a family in pieces.
        (
            "x 1\ny 1\nx{a=\"1\"} 2\n# HELP x Late\n",
            "# HELP x Late\n# TYPE x untyped\nx 1\nx{a=\"1\"} 2\n# TYPE y untyped\ny 1\n",
        ),
        ("a:b 1\n", "# TYPE a:b untyped\na:b 1\n"),
    ] {
        assert_eq!(text(content), expected, "{content}");
        assert_eq!(text(text(content)), expected, "{content}");
    }
}

#[test]
fn samples_of_one_histogram_come_together_and_the_last_bucket_is_made_of_the_count() {
    let content = "\
# TYPE x histogram
x_bucket{le=\"1\",a=\"1\"} 1
x_count{a=\"2\"} 4
x_sum{a=\"1\"} 3
x_bucket{le=\"1\",a=\"2\"} 2
x_bucket{le=\"inf\",a=\"1\"} 3
x_count{a=\"1\"} 3
";
    assert_eq!(
        text(content),
        "\
# TYPE x histogram
x_bucket{a=\"1\",le=\"1\"} 1
x_bucket{a=\"1\",le=\"+Inf\"} 3
x_sum{a=\"1\"} 3
x_count{a=\"1\"} 3
x_bucket{a=\"2\",le=\"1\"} 2
x_bucket{a=\"2\",le=\"+Inf\"} 4
x_count{a=\"2\"} 4
"
    );
}

#[test]
fn a_family_of_just_that_name_goes_before_a_histogram_s() {
    let content = "# TYPE x_count gauge\n# TYPE x histogram\nx_count 1\nx_sum 2\n";
    assert_eq!(
        text(content),
        "# TYPE x_count gauge\nx_count 1\n# TYPE x histogram\nx_sum 2\n"
    );
}

#[test]
fn openmetrics_says_the_same_in_its_own_words() {
    let content = "\
# HELP a_total A \"quoted\" \\\\ word
# TYPE a_total counter
a_total 1
# TYPE b counter
b 1
# TYPE _total counter
_total 1
c 1
";
    let expected = "\
# HELP a A \\\"quoted\\\" \\\\ word
# TYPE a counter
a_total 1
# TYPE b unknown
b 1
# TYPE _total unknown
_total 1
# TYPE c unknown
c 1
";
    assert_eq!(written(content, Format::OpenMetrics), expected);
    let mut text = "own 1\n# EOF\n".to_owned();
    write_all(
        &parse(content.as_bytes()).unwrap(),
        Format::OpenMetrics,
        &mut text,
    );
    assert_eq!(text, format!("own 1\n{expected}# EOF\n"));
}

/// Files, and what is wrong with them.
const MISTAKES: &[(&[u8], &str)] = &[
    (
        b"x 1\ny 2",
        "line 2: no line end: the file is cut off, or still being written",
    ),
    (
        b"x 1\n# HEL",
        "line 2: no line end: the file is cut off, or still being written",
    ),
    (
        b"x 1 1800000000000\n",
        "line 1: a time stamp: textfiles may not have any",
    ),
    (
        b"x 1 now\n",
        "line 1: the end of the line behind the value should stand there",
    ),
    (
        b"x 1 2 3\n",
        "line 1: the end of the line behind the value should stand there",
    ),
    (
        b"x\n",
        "line 1: `{` or a blank behind the metric's name should stand there",
    ),
    (b"x \n", "line 1: a value should stand there"),
    (b"x one\n", "line 1: `one` is no number"),
    (b"x 1\r\n", "line 1: `1\r` is no number"),
    (b"x 1e999\n", "line 1: `1e999` is no number"),
    (b"x 0x10\n", "line 1: `0x10` is no number"),
    (b"x 1_000\n", "line 1: `1_000` is no number"),
    (
        b"x-y 1\n",
        "line 1: `{` or a blank behind the metric's name should stand there",
    ),
    (b"1x 1\n", "line 1: a metric's name should stand there"),
    (
        b"{a=\"1\"} 1\n",
        "line 1: a metric's name should stand there",
    ),
    (
        b"x{1a=\"1\"} 1\n",
        "line 1: a label's name should stand there",
    ),
    (
        b"x{a:b=\"1\"} 1\n",
        "line 1: `=` behind the label's name should stand there",
    ),
    (
        b"x{a} 1\n",
        "line 1: `=` behind the label's name should stand there",
    ),
    (
        b"x{a=1} 1\n",
        "line 1: a quote before the label's value should stand there",
    ),
    (
        b"x{a=\"1} 1\n",
        "line 1: a quote behind the label's value should stand there",
    ),
    (
        b"x{a=\"1\\\"} 1\n",
        "line 1: a quote behind the label's value should stand there",
    ),
    (
        b"x{a=\"1\" b=\"2\"} 1\n",
        "line 1: `,` or `}` behind the label should stand there",
    ),
    (
        b"x{a=\"1\"\n",
        "line 1: `,` or `}` behind the label should stand there",
    ),
    (b"x{,} 1\n", "line 1: a label's name should stand there"),
    (b"x{a=\"\\t\"} 1\n", "line 1: `\\t` is no escape"),
    (
        b"x{a=\"1\",a=\"2\"} 1\n",
        "line 1: label `a` stands there twice",
    ),
    (
        b"x{__name__=\"y\"} 1\n",
        "line 1: label `__name__` is reserved",
    ),
    (b"x{a=\"\xff\"} 1\n", "line 1: not UTF-8"),
    (
        b"# a remark may hold \xff\n# HELP x \xff\n",
        "line 2: not UTF-8",
    ),
    (b"# HELP x \\\"\n", "line 1: `\\\"` is no escape"),
    (
        b"# HELP x-y z\n",
        "line 1: a blank behind the metric's name should stand there",
    ),
    (
        b"# HELP x a\n# HELP x a\n",
        "line 2: a second HELP line for `x`",
    ),
    (
        b"# TYPE x gauge\n# TYPE x gauge\n",
        "line 2: a second TYPE line for `x`",
    ),
    (
        b"x 1\n# TYPE x gauge\n",
        "line 2: the TYPE of `x` stands behind its samples",
    ),
    (
        b"# TYPE x info\n",
        "line 1: `info` is none of the types counter, gauge, histogram, summary, untyped",
    ),
    (
        b"# TYPE x histogram\nx 1\n",
        "line 2: `x` is a histogram: its samples end in `_bucket`, `_sum` or `_count`",
    ),
    (
        b"# TYPE x histogram\nx_bucket 1\n",
        "line 2: label `le` should be there and be a number",
    ),
    (
        b"# TYPE x summary\nx{quantile=\"half\"} 1\n",
        "line 2: label `quantile` should be there and be a number",
    ),
];

#[test]
fn a_mistake_is_named_with_its_line() {
    for &(content, problem) in MISTAKES {
        assert_eq!(text(content), problem, "{}", content.escape_ascii());
    }
}

proptest! {
    #[test]
    fn no_line_panics_and_what_is_read_can_be_read_again(
        lines in prop::collection::vec("(# (HELP|TYPE) )?[xy](_sum|_bucket)?(\\{(le=\"1\",?)?(b=\"[\\PC\\\\\"]{0,3}\")?\\})? ?(histogram|summary|[\\PC]{0,4}|[0-9]{1,3})", 0..8),
    ) {
        let content = lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        });
        if let Ok(families) = parse(content.as_bytes()) {
            let mut first = String::new();
            write_all(&families, Format::Text, &mut first);
            prop_assert_eq!(text(&first), first);
        }
    }
}
