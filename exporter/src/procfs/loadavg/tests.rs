use super::*;

#[test]
fn the_first_three_words_count() {
    assert_eq!(
        parse(b"0.20 10.18 1024.00 1/80 11206\n"),
        Ok([0.20, 10.18, 1024.0])
    );
}

#[test]
fn a_cut_number_is_not_taken_for_a_number() {
    let error = parse(b"0.20 10.18 10").unwrap_err().to_string();
    assert_eq!(error, "its last line is cut");
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for content in [
        "",
        "\n",
        "0.20 0.18",
        "0.20 x 0.12",
        "-0.20 0.18 0.12",
        "inf NaN 1e9",
    ] {
        assert_eq!(
            parse(format!("{content}\n").as_bytes())
                .unwrap_err()
                .to_string(),
            "line 1: a load average should be a decimal number",
            "{content:?}"
        );
    }
}
