//! Texts that are made up, the same ones in every run.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// Matchers that both grammars have.
pub(super) fn of_both_grammars(count: usize) -> Vec<String> {
    made(&matchers(), count)
}

/// The same, with a few characters taken out, put in or replaced.
pub(super) fn damaged(count: usize) -> Vec<String> {
    let harm = (
        any::<prop::sample::Index>(),
        0..3,
        prop::sample::select(CHARACTERS.chars().collect::<Vec<_>>()),
    );
    let texts = (matchers(), prop::collection::vec(harm, 1..4)).prop_map(|(text, harms)| {
        let mut characters: Vec<char> = text.chars().collect();
        for (place, kind, character) in harms {
            let at = place.index(characters.len() + 1);
            if kind != 0 && at < characters.len() {
                characters.remove(at);
            }
            if kind != 1 {
                characters.insert(at, character);
            }
        }
        characters.into_iter().collect()
    });
    made(&texts, count)
}

/// What grammars are made of.
const CHARACTERS: &str = "ab9_:.- \t\n,{}=!~\"'`\\[]()|*é";

fn made(texts: &impl Strategy<Value = String>, count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    (0..count)
        .map(|_| texts.new_tree(&mut runner).unwrap().current())
        .collect()
}

fn matchers() -> impl Strategy<Value = String> {
    let one = (
        "[a-cA-C_:][a-c0-9_:]{0,4}",
        space(),
        prop_oneof![plain(), regex()],
    )
        .prop_map(|(name, space, rest)| format!("{name}{space}{rest}"));
    let several = prop::collection::vec((space(), one, space()), 1..4).prop_map(|matchers| {
        let texts: Vec<String> = matchers
            .into_iter()
            .map(|(before, matcher, after)| format!("{before}{matcher}{after}"))
            .collect();
        texts.join(",")
    });
    (several, any::<bool>(), any::<bool>()).prop_map(|(matchers, has_braces, has_comma)| {
        let comma = if has_comma { "," } else { "" };
        if has_braces {
            format!("{{{matchers}{comma}}}")
        } else {
            matchers + comma
        }
    })
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just(" \t")]
}

/// `=` or `!=`, and a value. An escaped quote comes without a comma: the old grammar parts the list there.
fn plain() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[a-cé0-9./:*+@()|-]{1,6}",
        r"[a-cé ,{}=!~'`.|٣]{0,6}".prop_map(|value| format!("\"{value}\"")),
        r#"([a-cé {}=!~'`.|]|\\n|\\\\|\\"){0,5}"#.prop_map(|value| format!("\"{value}\"")),
    ];
    (prop_oneof![Just("="), Just("!=")], space(), value)
        .prop_map(|(operator, space, value)| format!("{operator}{space}{value}"))
}

/// `=~` or `!~`, and an expression that both engines have.
fn regex() -> impl Strategy<Value = String> {
    let atom = r"([abc3é ]|\.|\(a\|b\)|\(\?:c\)|\[ab\]|\[\^b-c\]|\\\\\.|\\\\p\{L\}|[abc][*+?]|b\{1,3\}|\|)";
    let value = prop::string::string_regex(&format!("{atom}{{0,4}}"))
        .unwrap()
        .prop_map(|value| format!("\"{value}\""));
    (prop_oneof![Just("=~"), Just("!~")], space(), value)
        .prop_map(|(operator, space, value)| format!("{operator}{space}{value}"))
}
