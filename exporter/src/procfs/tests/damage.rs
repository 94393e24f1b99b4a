//! What can be wrong with a file: cut, bytes and numbers replaced, words and lines lost, doubled or in another order.

use proptest::prelude::*;
use proptest::sample::Index;

/// Numbers at the edges of what fits somewhere, and what only looks like a number.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-1",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999",
    "1e309",
    "NaN",
    "inf",
    "0x7f",
    "٣",
    "",
];

/// One damage, at places that fit any file.
#[derive(Clone, Debug)]
pub(super) enum Damage {
    Cut(Index),
    Byte(Index, u8),
    Bytes(Index, Vec<u8>),
    Number(Index, Index),
    LostWord(Index),
    LostLine(Index),
    DoubledLine(Index),
    SwappedLines(Index, Index),
}

/// Any one of them.
pub(super) fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        place().prop_map(Damage::Cut),
        (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (place(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, bytes)| Damage::Bytes(at, bytes)),
        (place(), place()).prop_map(|(at, number)| Damage::Number(at, number)),
        place().prop_map(Damage::LostWord),
        place().prop_map(Damage::LostLine),
        place().prop_map(Damage::DoubledLine),
        (place(), place()).prop_map(|(one, other)| Damage::SwappedLines(one, other)),
    ]
}

impl Damage {
    /// The content with this damage.
    pub(super) fn done_to(&self, content: &[u8]) -> Vec<u8> {
        let at = |place: &Index| place.index(content.len() + 1);
        match self {
            Self::Cut(place) => content[..at(place)].to_vec(),
            Self::Byte(place, byte) => {
                let mut content = content.to_vec();
                if let Some(damaged) = content.get_mut(at(place)) {
                    *damaged = *byte;
                }
                content
            }
            Self::Bytes(place, bytes) => {
                [&content[..at(place)], bytes, &content[at(place)..]].concat()
            }
            Self::Number(place, number) => {
                let number = NUMBERS[number.index(NUMBERS.len())].as_bytes();
                replace_word(content, *place, u8::is_ascii_digit, number)
            }
            Self::LostWord(place) => {
                replace_word(content, *place, |byte| !byte.is_ascii_whitespace(), b"")
            }
            Self::LostLine(place) => {
                on_lines(content, |lines| _ = lines.remove(place.index(lines.len())))
            }
            Self::DoubledLine(place) => on_lines(content, |lines| {
                let line = place.index(lines.len());
                lines.insert(line, lines[line]);
            }),
            Self::SwappedLines(one, other) => on_lines(content, |lines| {
                let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                lines.swap(one, other);
            }),
        }
    }
}

/// Replaces one run of bytes of a kind.
fn replace_word(
    content: &[u8],
    place: Index,
    is_of_word: impl Fn(&u8) -> bool,
    with: &[u8],
) -> Vec<u8> {
    let starts = (0..content.len()).filter(|&at| {
        let is_after_word = at > 0 && is_of_word(&content[at - 1]);
        is_of_word(&content[at]) && !is_after_word
    });
    let starts: Vec<usize> = starts.collect();
    if starts.is_empty() {
        return content.to_vec();
    }
    let start = starts[place.index(starts.len())];
    let length = content[start..]
        .iter()
        .take_while(|byte| is_of_word(byte))
        .count();
    [&content[..start], with, &content[start + length..]].concat()
}

fn on_lines(content: &[u8], change: impl FnOnce(&mut Vec<&[u8]>)) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = content.split_inclusive(|&byte| byte == b'\n').collect();
    if !lines.is_empty() {
        change(&mut lines);
    }
    lines.concat()
}
