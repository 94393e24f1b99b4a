//! Damaged policies: the loader answers, never panics, and always says where.

use proptest::prelude::*;

use super::*;

const WHOLE: &str = include_str!("../../../../../deploy/policy.yml");
const WORDS: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "- ",
    "\n",
    "  ",
    "'",
    "\"",
    "&a ",
    "*a ",
    "none",
    "-1",
    "0",
    "99999999999999999999",
    "1e999",
    "~",
    "!!str ",
    "\u{0}",
    "é",
    "{all: [{any: [",
    "24:00",
];

/// The text with one piece replaced by a word.
fn damage(text: &str, start: usize, length: usize, word: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let start = start % chars.len();
    let end = (start + length).min(chars.len());
    chars[..start]
        .iter()
        .chain(word.chars().collect::<Vec<_>>().iter())
        .chain(&chars[end..])
        .collect()
}

/// Fails when an error has no place in the text.
fn check_answer(text: &str) -> Result<(), TestCaseError> {
    if let Err(errors) = load(text) {
        let lines = text.lines().count() + 1;
        for error in errors.iter() {
            prop_assert!(
                (1..=lines).contains(&error.line) && error.column > 0,
                "{error} in {text}"
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_damage_is_answered_with_its_place(
        cuts in prop::collection::vec((any::<usize>(), 0_usize..12, 0..WORDS.len()), 1..4),
    ) {
        let text = cuts
            .into_iter()
            .fold(WHOLE.to_owned(), |text, (start, length, word)| {
                damage(&text, start, length, WORDS[word])
            });
        check_answer(&text)?;
    }

    #[test]
    fn any_text_is_answered_with_its_place(text in "\\PC{0,200}") {
        check_answer(&text)?;
    }
}

#[test]
fn depth_and_aliases_are_bounded() {
    let deep = format!("version: 1\nrules: {}", "[".repeat(10_000));
    assert!(load(&deep).is_err());
    let nested = with_rung(&format!(
        "{{remedy: start_service, verify: {}{}}}",
        "{all: [".repeat(40),
        "]}".repeat(40)
    ));
    assert!(load(&nested).is_err());
    let levels: Vec<String> = (1..12)
        .map(|level| {
            let last = format!("*a{}, ", level - 1).repeat(5);
            format!("b{level}: &a{level} [{last}]\n")
        })
        .collect();
    let bomb = format!("a: &a0 [x, x, x, x, x]\n{}", levels.concat());
    assert!(load(&bomb).is_err());
}
