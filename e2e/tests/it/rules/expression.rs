//! As much of PromQL as takes a rule's expression apart: what it selects, and its value without its comparisons.
//!
//! Prometheus' own parser is not to be had: Debian's version has no API for it.

/// Words that are no metrics. Those of the second list are followed by a list of labels.
const WORDS: [&str; 5] = ["and", "or", "unless", "offset", "bool"];
const BEFORE_LABELS: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];
const COMPARISONS: [&str; 6] = ["==", "!=", ">=", "<=", ">", "<"];

/// The selectors of an expression, without ranges and offsets: `up{job="prunelle"}`.
pub(super) fn selectors(expression: &str) -> Vec<String> {
    let tokens = tokens(expression);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1).map_or("", String::as_str);
        if BEFORE_LABELS.contains(&token.as_str()) {
            at = if next == "(" {
                closing(&tokens, at + 1)
            } else {
                at
            };
        } else if is_name(token)
            && !WORDS.contains(&token.as_str())
            && !["(", "by", "without"].contains(&next)
        {
            let labels = if next.starts_with('{') { next } else { "" };
            found.push(format!("{token}{labels}"));
        }
        at += 1;
    }
    found
}

/// What the expression compares or filters, unfiltered: `a > 1 and b == 2` is `a`, at any depth; both sides of an `or`.
pub(super) fn value(expression: &str) -> String {
    value_of(&tokens(expression)).join(" ")
}

fn value_of(tokens: &[String]) -> Vec<String> {
    let sides: Vec<Vec<String>> = split(tokens, &["or"])
        .into_iter()
        .map(|side| {
            let kept = split(side, &["and", "unless"])[0];
            inner_values(split(kept, &COMPARISONS)[0])
        })
        .collect();
    sides.join(&"or".to_owned())
}

/// With the same done within each pair of parentheses, for each argument.
fn inner_values(tokens: &[String]) -> Vec<String> {
    let mut whole = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        whole.push(token.clone());
        if token == "(" {
            let end = closing(tokens, at);
            let arguments: Vec<Vec<String>> = split(&tokens[at + 1..end], &[","])
                .into_iter()
                .map(value_of)
                .collect();
            whole.extend(arguments.join(&",".to_owned()));
            at = end;
        } else {
            at += 1;
        }
    }
    whole
}

/// Split where one of the tokens stands outside of parentheses.
fn split<'a>(tokens: &'a [String], at: &[&str]) -> Vec<&'a [String]> {
    let mut depth = 0_usize;
    tokens
        .split(|token| {
            match token.as_str() {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && at.contains(&token.as_str())
        })
        .collect()
}

/// The place of the parenthesis that closes the one at `open`.
fn closing(tokens: &[String], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    panic!("not closed: {tokens:?}")
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == ':')
}

/// Names, numbers, texts, operators; everything in braces and in brackets is one.
fn tokens(expression: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => 1 + end_of_text(&rest[1..], first),
            '{' => braces(rest),
            '[' => 1 + rest.find(']').expect("a range is closed"),
            '=' | '!' | '<' | '>' => {
                let is_two = rest[1..].starts_with('=');
                if is_two { 2 } else { 1 }
            }
            first if first.is_ascii_alphanumeric() || "_:.".contains(first) => rest
                .find(|letter: char| !(letter.is_ascii_alphanumeric() || "_:.".contains(letter)))
                .unwrap_or(rest.len()),
            _ => 1,
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

/// How long a text is whose opening quote is taken already, with the closing one.
fn end_of_text(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices() {
        if letter == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    panic!("not closed: {text}")
}

/// How long the matchers at the beginning are; a text in them may have braces.
fn braces(text: &str) -> usize {
    let mut at = 1;
    loop {
        match text[at..].chars().next().expect("matchers are closed") {
            '}' => return at + 1,
            quote @ ('"' | '\'') => at += 1 + end_of_text(&text[at + 1..], quote),
            letter => at += letter.len_utf8(),
        }
    }
}

#[test]
fn selectors_are_what_stands_for_series() {
    let expression = r#"100 * sum without (mode) (rate(a_total{job=~"x|y}", z!=""}[5m])) / on (job) group_left ()
        count by (job) (last_over_time(b:c[1m])) > 80 unless label_replace(d offset 6d23h30m, "e", "f", "", "") >= 3"#;
    assert_eq!(
        selectors(expression),
        [r#"a_total{job=~"x|y}", z!=""}"#, "b:c", "d"]
    );
    assert_eq!(selectors("vector(1)"), [""; 0]);
}

#[test]
fn a_value_is_what_is_compared() {
    for (expression, expected) in [
        ("a == 0 and b == 1", "a"),
        (
            "100 * a / (b > 0) > on (job) group_left () c",
            "100 * a / ( b )",
        ),
        ("(a > 1 or b < 2) and on (x) c", "( a or b )"),
        (
            "max without (x) (a{b!=\"\"} == 0) == 1",
            "max without ( x ) ( a {b!=\"\"} )",
        ),
        (
            "label_replace(a > 1, \"d\", \"e\", \"\", \"\") or time() - a unless b <= 1",
            "label_replace ( a , \"d\" , \"e\" , \"\" , \"\" ) or time ( ) - a",
        ),
        ("vector(1)", "vector ( 1 )"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}
