use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::*;
use crate::duration::PromDuration;
use crate::quantity::Ratio;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Policy {
    version: u64,
    host: Host,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    receivers: BTreeMap<String, Receiver>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Host {
    label: String,
    is: Vec<String>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Off,
    #[default]
    Observe,
    Enforce,
}

#[derive(Debug, Deserialize)]
struct Rule {
    name: String,
    within: Option<PromDuration>,
    at_least: Option<Ratio>,
    verify: Option<Verify>,
    #[serde(rename = "continue", default)]
    continues: bool,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Verify {
    Nothing,
    UnitActive { stable_for: PromDuration },
    FreeSpace(Ratio),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Receiver {
    to: Vec<String>,
}

fn errors(text: &str) -> String {
    match Document::parse(Path::new("policy.yml"), text)
        .and_then(|document| document.get::<Policy>())
    {
        Ok(policy) => panic!("no error: {policy:?}"),
        Err(errors) => errors.to_string(),
    }
}

const GOOD: &str = r#"
version: 1
host: {label: instance, is: ['localhost:9750']}
mode: enforce
rules:
  - name: first
    within: 1h30m
    at_least: 25%
    verify: {unit_active: {stable_for: 2s}}
    continue: true
  - name: "2"
    within: 0
    verify: nothing
  - {name: third, verify: {free_space: 10%}, within: }
receivers: {ops: {to: [ops@example.org]}}
"#;

#[test]
fn reads_what_is_right() {
    let policy: Policy = Document::parse(Path::new("policy.yml"), GOOD)
        .unwrap()
        .get()
        .unwrap();
    assert_eq!(policy.mode, Mode::Enforce);
    let [first, second, third] = policy.rules.as_slice() else {
        panic!("{:?}", policy.rules)
    };
    assert_eq!(first.within.unwrap().get().as_secs(), 5400);
    assert!((first.at_least.unwrap().get() - 0.25).abs() < 1e-9);
    assert!(first.continues && !second.continues);
    assert_eq!(
        first.verify,
        Some(Verify::UnitActive {
            stable_for: PromDuration::from_secs(2)
        })
    );
    assert_eq!(second.name, "2");
    assert_eq!(second.within.unwrap().get().as_secs(), 0);
    assert_eq!(second.verify, Some(Verify::Nothing));
    assert_eq!(
        third.verify,
        Some(Verify::FreeSpace(Ratio::new(0.1).unwrap()))
    );
    assert!(third.within.is_none());
}

#[test]
fn tells_every_error_with_its_place() {
    insta::assert_snapshot!(errors(r"
version: one
host:
  label: instance
mod: enforce
rules:
  - name: first
    within: 5M
    atleast: 25%
  - name: 2
    verify: {unit_activ: {stable_for: 2s}}
  - verify:
      unit_active: {stable_for: [2s]}
  - just a text
  - name: last
    at_least: 0.8
receivers:
  ops: {two: []}
"), @r"
    policy.yml:2:10: expected a whole number, found the text `one`
      hint: write digits alone, without a sign, a point or quotes
    policy.yml:3:1: missing key `is`
      hint: add `is: …` here
    policy.yml:5:1: unknown key `mod`
      hint: did you mean `mode`?
    policy.yml:8:13: `5M` is not a duration
      hint: write it as `1h30m`: y, w, d, h, m, s and ms, each once and from the largest down
    policy.yml:9:5: unknown key `atleast`
      hint: did you mean `at_least`?
    policy.yml:10:11: expected a string, found the number `2`
      hint: put it in quotes
    policy.yml:11:5: unknown value `unit_activ`
      hint: did you mean `unit_active`?
    policy.yml:12:5: missing key `name`
      hint: add `name: …` here
    policy.yml:13:21: expected a duration such as `1h30m`, found a list
    policy.yml:14:5: expected a mapping, found the text `just a text`
    policy.yml:16:15: expected a percentage such as `25%`, found the number `0.8`
    policy.yml:18:9: unknown key `two`
      hint: did you mean `to`?
    ");
}

#[test]
fn duplicate_keys_are_all_told() {
    insta::assert_snapshot!(errors("
version: 1
host: {label: a, is: [b], label: c}
rules:
  - name: x
version: 2
"), @r"
    policy.yml:3:27: duplicate key `label`
      hint: it is set on line 3 already
    policy.yml:6:1: duplicate key `version`
      hint: it is set on line 2 already
    ");
}

#[test]
fn missing_at_the_top() {
    insta::assert_snapshot!(errors(""), @r"
    policy.yml:1:1: missing key `version`
      hint: add `version: …` here
    ");
    insta::assert_snapshot!(errors("# nothing\nversion: 1\n"), @r"
    policy.yml:2:1: missing key `host`
      hint: add `host: …` here
    ");
}

#[test]
fn a_known_key_does_not_excuse_a_similar_missing_one() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Caps {
        max_bytes: u64,
        max_files: u64,
    }
    let read = |text: &str| {
        let document = Document::parse(Path::new("p.yml"), text).unwrap();
        document.get::<Caps>().unwrap_err().to_string()
    };
    insta::assert_snapshot!(read("max_bytes: 1"), @r"
    p.yml:1:1: missing key `max_files`
      hint: add `max_files: …` here
    ");
    insta::assert_snapshot!(read("{max_bytes: 1, max_fils: 2}"), @r"
    p.yml:1:16: unknown key `max_fils`
      hint: did you mean `max_files`?
    ");
    // What has no key at all is told even when every other error is about something else.
    insta::assert_snapshot!(read("{bytes: 1}"), @r"
    p.yml:1:1: missing key `max_bytes`
      hint: add `max_bytes: …` here
    p.yml:1:2: unknown key `bytes`
      hint: known here: `max_bytes`, `max_files`
    ");
}

#[test]
fn not_yaml() {
    let all: Vec<String> = [
        "version: 1\nhost: {label: [a}\n",
        "version: 1\n---\nversion: 2\n",
        "version: 1\n? [a]\n: b\n",
        "version: !Custom 1\n",
        "version: *nothing\n",
        "host: {label: 'a}\nversion: 'b'\n",
        "host:\n\tlabel: a\n",
        "[1]",
        "text",
    ]
    .into_iter()
    .map(errors)
    .collect();
    insta::assert_snapshot!(all.join("\n"), @r"
    policy.yml:2:17: not valid YAML: while parsing a flow sequence, expected ',' or ']'
      hint: look for a bracket or brace that is not closed, here or on the lines above
    policy.yml:2:1: a second document in one file
      hint: remove the `---` line
    policy.yml:2:3: a key must be a plain text
      hint: quote it if it begins with a special character
    policy.yml:1:10: unknown tag `!Custom`
      hint: remove it
    policy.yml:1:10: not valid YAML: while parsing node, found unknown anchor
    policy.yml:2:11: not valid YAML: invalid trailing content after double-quoted scalar
      hint: look for a quote that is not closed, here or on the lines above
    policy.yml:2:2: not valid YAML: tabs disallowed within this context (block indentation)
      hint: indent with spaces
    policy.yml:1:1: expected a mapping, found a list
    policy.yml:1:1: expected a mapping, found the text `text`
    ");
}

#[test]
fn closed_words_are_listed() {
    insta::assert_snapshot!(errors("
version: 1
host: {label: a, is: [b]}
mode: automatic
rules: [{name: a, verify: unit_active}, {name: b, verify: {}}, {name: c, verify: {nothing: 1}}]
"), @r"
    policy.yml:4:7: unknown value `automatic`
      hint: known here: `off`, `observe`, `enforce`
    policy.yml:5:27: `unit_active` needs settings
      hint: write `unit_active: …`
    policy.yml:5:51: expected exactly one key
      hint: known here: `nothing`, `unit_active`, `free_space`
    policy.yml:5:92: `nothing` has no settings
    ");
}

#[test]
fn aliases_are_expanded_but_do_not_explode() {
    let policy: Policy = Document::parse(
        Path::new("p"),
        "version: 1\nhost: &h {label: a, is: [b]}\nreceivers: {}\nrules: [&r {name: x}, *r]\n",
    )
    .unwrap()
    .get()
    .unwrap();
    assert_eq!(policy.rules.len(), 2);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        writeln!(bomb, "a{level}: &a{level} [{before}]").unwrap();
    }
    assert_eq!(
        errors(&bomb).lines().next(),
        Some("policy.yml:5:45: too large")
    );
    assert_eq!(
        errors(&format!("{}{}", "[".repeat(100), "]".repeat(100)))
            .lines()
            .next(),
        Some("policy.yml:1:66: nested too deeply")
    );
}

#[test]
fn own_checks_find_the_nearest_ancestor() {
    let document = Document::parse(Path::new("policy.yml"), GOOD).unwrap();
    let check = |path: &str, expected: &str| {
        let error = document.error_at(path, "wrong", Some("right it"));
        assert_eq!(
            error.to_string(),
            format!("policy.yml:{expected}: wrong\n  hint: right it"),
            "{path}"
        );
    };
    check("mode", "4:7");
    check("host", "3:1");
    check("host.is[0]", "3:30");
    check("rules[0].within", "7:13");
    check("rules[0].verify.unit_active.stable_for", "9:40");
    check("rules[1].at_least", "11:5");
    check("rules[7].name", "5:1");
    check("nothing.here", "2:1");
    check("", "2:1");
}

#[test]
fn an_unreadable_file_says_so() {
    let errors = Document::read(Path::new("/nonexistent/policy.yml")).unwrap_err();
    insta::assert_snapshot!(errors, @r"
    /nonexistent/policy.yml: cannot read the file: No such file or directory (os error 2)
      hint: check the path
    ");
}

#[test]
fn finds_the_word_that_was_meant() {
    use super::nearest::nearest;
    let known = ["older_than", "stop_at_free", "max_bytes", "to"];
    for (word, expected) in [
        ("oldr_than", Some("older_than")),
        ("older-than", Some("older_than")),
        ("maxBytes", Some("max_bytes")),
        ("Max_Bytes", Some("max_bytes")),
        ("of", None),
        ("ot", None),
        ("frobnicate", None),
    ] {
        assert_eq!(nearest(word, known), expected, "{word}");
    }
}
