//! Letters of the two fonts that every reader of PDF has: which code one has, and how wide it is.
//!
//! The code is Windows-1252, which has all letters of English and French; what it lacks is shown as `?`. Widths are
//! those of Adobe's metrics of the fonts, in thousandths of the size.

/// Which font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// Helvetica.
    Regular,
    /// Helvetica-Bold.
    Bold,
}

impl Face {
    /// How wide a text is at a size.
    pub(super) fn width(self, text: &str, size: f32) -> f32 {
        let widths = match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        };
        let thousandths: f32 = text
            .chars()
            .map(|letter| {
                let place = usize::from(code(letter)).saturating_sub(usize::from(FIRST));
                widths.get(place).copied().map_or(0.0, f32::from)
            })
            .sum();
        thousandths * size / 1000.0
    }

    /// A text in lines that are no wider; a word that does not fit is broken.
    pub(super) fn lines(self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split(' ') {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if self.width(&longer, size) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if self.width(&line, size) > width && line.chars().count() > 1 {
                    let rest = line.split_off(break_at(&line));
                    lines.push(std::mem::replace(&mut line, rest));
                }
            }
        }
        lines.push(line);
        lines
    }
}

/// Where a word that is one letter too long is broken: behind a sign, when there is one in its second half.
fn break_at(word: &str) -> usize {
    let before_last = word.char_indices().next_back().map_or(0, |(at, _)| at);
    word.char_indices()
        .filter(|(at, letter)| "-./@:_".contains(*letter) && *at >= before_last / 2)
        .map(|(at, letter)| at + letter.len_utf8())
        .rfind(|at| *at <= before_last)
        .unwrap_or(before_last)
}

/// A text in the fonts' code.
pub(super) fn encoded(text: &str) -> Vec<u8> {
    text.chars().map(code).collect()
}

const FIRST: u8 = 0x20;

/// From 0x80 on; a space where there is no letter.
const HIGH: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

fn code(letter: char) -> u8 {
    match letter {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
        // A narrow space that does not break, as French has it.
        '\u{202f}' => 0xa0,
        _ => HIGH
            .chars()
            .zip(0x80..)
            .find(|(high, _)| *high == letter)
            .map_or(b'?', |(_, code)| code),
    }
}

/// Helvetica, from the space on.
#[rustfmt::skip]
const REGULAR: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 350,
    556, 350, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350,
    350, 222, 222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 350, 500, 667,
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

/// Helvetica-Bold, from the space on.
#[rustfmt::skip]
const BOLD: [u16; 224] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584, 350,
    556, 350, 278, 556, 500, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350,
    350, 278, 278, 500, 500, 350, 556, 1000, 333, 1000, 556, 333, 944, 350, 500, 667,
    278, 333, 556, 556, 556, 556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278,
    611, 611, 611, 611, 611, 611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_both_languages_have_their_code_and_others_are_marked() {
        assert_eq!(
            encoded("Déjà œuvré – « 5\u{a0}€ » d’été"),
            b"D\xe9j\xe0 \x9cuvr\xe9 \x96 \xab 5\xa0\x80 \xbb d\x92\xe9t\xe9"
        );
        assert_eq!(encoded("日\u{202e}a\u{81}"), b"??a?");
    }

    #[test]
    fn words_are_as_wide_as_the_fonts_make_them() {
        // H 722, e 556, l 222 twice, o 556; bold 722, 556, 278 twice, 611.
        assert!((Face::Regular.width("Hello", 10.0) - 22.78).abs() < 0.02);
        assert!((Face::Bold.width("Hello", 10.0) - 24.45).abs() < 0.02);
    }

    #[test]
    fn no_line_is_too_wide_and_nothing_is_lost() {
        let text =
            "a unit with_a_name_that_is_longer_than_the_column@and_an_instance.service is down";
        let lines = Face::Regular.lines(text, 9.0, 80.0);
        assert!(
            lines
                .iter()
                .all(|line| Face::Regular.width(line, 9.0) <= 80.0),
            "{lines:?}"
        );
        let joined: String = lines.concat();
        assert_eq!(joined.replace(' ', ""), text.replace(' ', ""));
        assert_eq!(Face::Regular.lines("", 9.0, 80.0), [""]);
    }
}
