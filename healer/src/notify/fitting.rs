//! Makes texts fit: escaped for a service's markup, within its limits, cut between characters and never within an escape.
//!
//! Texts come from alerts, and so from whoever can fire one: a label may look like a mention of everybody, a link or
//! markup. [`fit`] is the only way into a message.

use super::wording::{Link, Tone, Wording};
use reqwest::Url;

/// What a service counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Bytes as JSON writes them: quotes, backslashes and line ends are two.
    JsonBytes,
    /// As UTF-16 counts, which is never less than what any service counts.
    Characters,
}

impl Measure {
    pub(super) fn of(self, text: &str) -> usize {
        match self {
            Self::JsonBytes => {
                let is_escaped = |byte: &u8| matches!(byte, b'"' | b'\\' | b'\n');
                text.len() + text.bytes().filter(is_escaped).count()
            }
            Self::Characters => text.encode_utf16().count(),
        }
    }
}

/// A character with its neighbours.
#[derive(Clone, Copy)]
pub(super) struct Letter {
    pub(super) before: Option<char>,
    pub(super) this: char,
    pub(super) after: Option<char>,
}

/// Writes one character so that it is only ever shown.
pub(super) type Escape = fn(&mut String, Letter);

/// The way into one service's messages.
#[derive(Clone, Copy)]
pub(super) struct Markup {
    pub(super) measure: Measure,
    pub(super) escape: Escape,
}

/// Stands where something was cut off.
pub(super) const CUT: char = '…';
/// Takes no room on the screen, and keeps what is around it apart.
pub(super) const APART: char = '\u{200b}';

/// Which of several lines matter most when not all fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    First,
    Last,
}

impl Markup {
    /// The text, escaped, within the limit.
    pub(super) fn fit(self, text: &str, limit: usize) -> String {
        let mut whole = String::with_capacity(text.len());
        // Where it may be cut, so that the sign of it still has room.
        let mut last_cut = 0;
        let room = limit.saturating_sub(self.measure.of(&CUT.to_string()));
        let mut size = 0;
        let mut letters = text.chars().filter(|letter| is_shown(*letter)).peekable();
        let mut before = None;
        while let Some(this) = letters.next() {
            let start = whole.len();
            let after = letters.peek().copied();
            (self.escape)(
                &mut whole,
                Letter {
                    before,
                    this,
                    after,
                },
            );
            before = Some(this);
            size += whole.get(start..).map_or(0, |new| self.measure.of(new));
            if size > limit {
                whole.truncate(last_cut);
                whole.push(CUT);
                return whole;
            }
            if size <= room {
                last_cut = whole.len();
            }
        }
        whole
    }

    /// Lines, each escaped; whole lines are left out when not all fit, and their number is told.
    pub(super) fn lines(self, lines: &[String], limit: usize, keep: Keep) -> String {
        /// For `… +1234` and its line end.
        const NOTE: usize = 16;
        let per_line = limit.saturating_sub(NOTE).max(1);
        let fitted: Vec<String> = lines.iter().map(|line| self.fit(line, per_line)).collect();
        let whole = fitted.join("\n");
        if self.measure.of(&whole) <= limit {
            return whole;
        }
        let mut size = 0;
        let mut fits = |line: &&String| {
            size += self.measure.of(line) + self.measure.of("\n");
            size + NOTE <= limit
        };
        let kept: Vec<&str> = match keep {
            Keep::First => fitted
                .iter()
                .take_while(&mut fits)
                .map(String::as_str)
                .collect(),
            Keep::Last => {
                let mut kept: Vec<&str> = fitted
                    .iter()
                    .rev()
                    .take_while(&mut fits)
                    .map(String::as_str)
                    .collect();
                kept.reverse();
                kept
            }
        };
        let note = format!("{CUT} +{}", fitted.len() - kept.len());
        match keep {
            Keep::First => [kept, vec![note.as_str()]].concat().join("\n"),
            Keep::Last => [vec![note.as_str()], kept].concat().join("\n"),
        }
    }
}

/// Not what turns the reading direction round, and no control characters but line ends.
fn is_shown(letter: char) -> bool {
    letter == '\n'
        || !(letter.is_control()
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

/// For places without any markup: only links are kept from being made.
pub(super) fn plain(out: &mut String, letter: Letter) {
    out.push(letter.this);
    if breaks_link(letter) {
        out.push(APART);
    }
}

/// After this character something must stand, so that no address is made a link: `https:` and `//`, `www` and `.`.
pub(super) fn breaks_link(letter: Letter) -> bool {
    matches!(
        (letter.this, letter.after),
        (':', Some('/')) | ('w' | 'W', Some('.'))
    )
}

/// What was decided and done, in lines.
pub(super) fn step_lines(wording: &Wording) -> Vec<String> {
    let steps = wording.steps.iter();
    steps
        .map(|step| format!("{} {} {}", mark(step.tone), step.at_text, step.text))
        .collect()
}

/// Incidents, in lines.
pub(super) fn item_lines(wording: &Wording) -> Vec<String> {
    let items = wording.items.iter();
    items
        .map(|item| format!("{} {} {}", mark(item.tone), item.at_text, item.text))
        .collect()
}

const fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Critical => "🔴",
        Tone::Warning => "🟠",
        Tone::Good => "🟢",
        Tone::Neutral => "•",
    }
}

/// Links in one line, as many as fit into `limit` characters; `write` makes one of a link.
pub(super) fn link_line(links: Vec<Link>, limit: usize, write: impl Fn(&Link) -> String) -> String {
    const BETWEEN: &str = " · ";
    let mut line = String::new();
    for link in links {
        let written = write(&link);
        let size = [line.as_str(), BETWEEN, &written].map(|part| Measure::Characters.of(part));
        if size.iter().sum::<usize>() <= limit {
            if !line.is_empty() {
                line.push_str(BETWEEN);
            }
            line.push_str(&written);
        }
    }
    line
}

/// A link in Markdown.
pub(super) fn markdown_link(label: &str, url: &str) -> String {
    format!("[{label}]({url})")
}

/// Links that a chat can follow, with addresses in which nothing can be markup.
pub(super) fn links(wording: &Wording, most: usize) -> Vec<Link> {
    const LONGEST: usize = 1000;
    wording
        .links
        .iter()
        .filter_map(|link| {
            let url = Url::parse(&link.url)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https"))?;
            let mut address = String::new();
            for letter in url.as_str().chars() {
                match letter {
                    '|' => address.push_str("%7C"),
                    '(' => address.push_str("%28"),
                    ')' => address.push_str("%29"),
                    '<' => address.push_str("%3C"),
                    '>' => address.push_str("%3E"),
                    '*' => address.push_str("%2A"),
                    '_' => address.push_str("%5F"),
                    '~' => address.push_str("%7E"),
                    '`' => address.push_str("%60"),
                    other => address.push(other),
                }
            }
            (address.len() <= LONGEST).then(|| Link {
                label: link.label.clone(),
                url: address,
            })
        })
        .take(most)
        .collect()
}
