//! Text that comes from elsewhere: labels, annotations and the action log's sentences.

use super::Reader;
use crate::policy::Language;

/// What one value may take up in a message, in characters.
const LONGEST: usize = 300;

/// On one line, without control characters and those that turn the direction of writing, and not endless.
pub(crate) fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST * 4));
    let mut length = 0;
    for word in text.split(is_hidden).filter(|word| !word.is_empty()) {
        for character in (length > 0).then_some(' ').into_iter().chain(word.chars()) {
            if length == LONGEST {
                line.push('…');
                return line;
            }
            line.push(character);
            length += 1;
        }
    }
    line
}

/// A sentence of the action log, without the marks that names stand in there.
pub(super) fn sentence(text: &str) -> String {
    line(&text.replace('`', ""))
}

/// Words that are not the reader's: what the action log says, which is English, or another program.
pub(super) fn quoted(text: &str, reader: &Reader) -> String {
    let text = sentence(text);
    match reader.language {
        Language::English => format!("“{text}”"),
        Language::French => format!("«\u{a0}{text}\u{a0}»"),
    }
}

/// With a capital letter; what looks like the name of a unit, a path or a command keeps its own.
pub(crate) fn capital(text: &str) -> String {
    let first_word = text.split_whitespace().next().unwrap_or_default();
    let mut rest = text.chars();
    match rest.next() {
        Some(first)
            if first_word
                .chars()
                .all(|letter| letter.is_alphabetic() || letter == '’') =>
        {
            first.to_uppercase().chain(rest).collect()
        }
        _ => text.to_owned(),
    }
}

/// As one word of a shell.
pub(crate) fn shell_word(text: &str) -> String {
    let is_safe = |letter: char| letter.is_ascii_alphanumeric() || "._-:/@".contains(letter);
    if !text.is_empty() && text.chars().all(is_safe) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Breaks a line, or hides or reorders what is around it.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || character == ' '
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}
