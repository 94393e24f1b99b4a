//! Reads matchers: Alertmanager's UTF-8 grammar (0.27 and later), where a value with white space, a comma, braces,
//! quotes, a backslash or an operator in it has to be quoted.
//!
//! `matchers = [ "{" ] matcher { "," matcher } [ "," ] [ "}" ]`, `matcher = text operator text`,
//! `text = quoted | unquoted`; quoted text has Go's escapes.

use super::{AnchoredRegex, Matcher, MatcherTest};

/// Why a text is not a list of matchers. Positions count characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// Another thing was due at that place.
    #[error("expected {wanted} at character {at}, found {found}")]
    Expected {
        /// What was due.
        wanted: &'static str,
        /// What stands there.
        found: String,
        /// Where.
        at: usize,
    },
    /// A quoted text has no end.
    #[error("the quote that opens at character {at} is never closed")]
    Unclosed {
        /// Where it begins.
        at: usize,
    },
    /// An escape that does not exist.
    #[error("invalid escape `\\{escape}` at character {at}")]
    Escape {
        /// What follows the backslash.
        escape: String,
        /// Where.
        at: usize,
    },
    /// `\x` escapes that do not make up UTF-8.
    #[error("the text that opens at character {at} is not UTF-8 after its escapes")]
    NotUtf8 {
        /// Where it begins.
        at: usize,
    },
    /// A label name of no characters.
    #[error("the label name at character {at} is empty")]
    EmptyName {
        /// Where.
        at: usize,
    },
    /// The regular expression does not compile.
    #[error("`{text}` is not a regular expression: {why}")]
    Regex {
        /// The expression.
        text: String,
        /// What is wrong, in one line.
        why: String,
    },
    /// Nothing in it: an empty list would match every alert.
    #[error("there is no matcher in it")]
    Empty,
}

/// Reads one or several matchers.
pub fn parse(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
    };
    reader.skip_space();
    let has_braces = reader.take('{');
    let mut matchers = Vec::new();
    loop {
        reader.skip_space();
        if reader.is_at_end() || reader.peek() == Some('}') {
            break;
        }
        matchers.push(reader.matcher()?);
        reader.skip_space();
        if !reader.take(',') {
            break;
        }
    }
    if has_braces && !reader.take('}') {
        return Err(reader.expected("`,` or `}`"));
    }
    reader.skip_space();
    if !reader.is_at_end() {
        return Err(reader.expected(if has_braces {
            "the end"
        } else {
            "`,` or the end"
        }));
    }
    if matchers.is_empty() {
        return Err(MatcherError::Empty);
    }
    Ok(matchers)
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.chars.len()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn expected(&self, wanted: &'static str) -> MatcherError {
        MatcherError::Expected {
            wanted,
            found: self
                .peek()
                .map_or_else(|| "the end".to_owned(), |c| format!("`{c}`")),
            at: self.at + 1,
        }
    }

    fn matcher(&mut self) -> Result<Matcher, MatcherError> {
        let at = self.at + 1;
        let name = self.text("a label name")?;
        if name.is_empty() {
            return Err(MatcherError::EmptyName { at });
        }
        self.skip_space();
        let operator = self.operator()?;
        self.skip_space();
        let value = self.text("a value (an empty one is written `\"\"`)")?;
        let test = match operator {
            Operator::Equal => MatcherTest::Equal(value),
            Operator::NotEqual => MatcherTest::NotEqual(value),
            Operator::Regex => MatcherTest::Regex(regex(&value)?),
            Operator::NotRegex => MatcherTest::NotRegex(regex(&value)?),
        };
        Ok(Matcher { name, test })
    }

    fn operator(&mut self) -> Result<Operator, MatcherError> {
        const WANTED: &str = "one of `=`, `!=`, `=~`, `!~`";
        let operator = match (self.peek(), self.chars.get(self.at + 1)) {
            (Some('='), Some('~')) => Operator::Regex,
            (Some('='), _) => Operator::Equal,
            (Some('!'), Some('=')) => Operator::NotEqual,
            (Some('!'), Some('~')) => Operator::NotRegex,
            _ => return Err(self.expected(WANTED)),
        };
        self.at += if matches!(operator, Operator::Equal) {
            1
        } else {
            2
        };
        Ok(operator)
    }

    fn text(&mut self, wanted: &'static str) -> Result<String, MatcherError> {
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|&c| !is_reserved(c)) {
            text.push(c);
            self.at += 1;
        }
        if text.is_empty() {
            return Err(self.expected(wanted));
        }
        Ok(text)
    }

    fn quoted(&mut self) -> Result<String, MatcherError> {
        let opens_at = self.at + 1;
        self.at += 1;
        // Bytes, because `\xc3\xa9` spells one character with two escapes.
        let mut bytes = Vec::new();
        loop {
            match self.next() {
                None => return Err(MatcherError::Unclosed { at: opens_at }),
                Some('"') => break,
                Some('\\') => self.escape(&mut bytes)?,
                Some(c) => push(&mut bytes, c),
            }
        }
        String::from_utf8(bytes).map_err(|_| MatcherError::NotUtf8 { at: opens_at })
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), MatcherError> {
        let at = self.at;
        let Some(letter) = self.next() else {
            return Err(MatcherError::Escape {
                escape: String::new(),
                at,
            });
        };
        let simple = match letter {
            'a' => Some(0x07),
            'b' => Some(0x08),
            'f' => Some(0x0c),
            'n' => Some(b'\n'),
            'r' => Some(b'\r'),
            't' => Some(b'\t'),
            'v' => Some(0x0b),
            '\\' => Some(b'\\'),
            '"' => Some(b'"'),
            _ => None,
        };
        if let Some(byte) = simple {
            bytes.push(byte);
            return Ok(());
        }
        let (digits, radix, is_byte) = match letter {
            'x' => (2, 16, true),
            'u' => (4, 16, false),
            'U' => (8, 16, false),
            '0'..='7' => {
                self.at -= 1;
                (3, 8, true)
            }
            _ => {
                let escape = letter.to_string();
                return Err(MatcherError::Escape { escape, at });
            }
        };
        let text: String = self.chars.iter().skip(self.at).take(digits).collect();
        self.at += text.chars().count();
        let code = Some(&text)
            .filter(|text| text.len() == digits && text.chars().all(|c| c.is_digit(radix)))
            .and_then(|text| u32::from_str_radix(text, radix).ok());
        let is_valid = if is_byte {
            code.and_then(|code| u8::try_from(code).ok())
                .map(|byte| bytes.push(byte))
        } else {
            code.and_then(char::from_u32).map(|c| push(bytes, c))
        };
        is_valid.ok_or_else(|| MatcherError::Escape {
            escape: if radix == 8 {
                text
            } else {
                format!("{letter}{text}")
            },
            at,
        })
    }
}

#[derive(Clone, Copy)]
enum Operator {
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn is_reserved(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '{' | '}' | '!' | '=' | '~' | ',' | '\\' | '"' | '\'' | '`'
        )
}

fn regex(text: &str) -> Result<AnchoredRegex, MatcherError> {
    AnchoredRegex::new(text).map_err(|error| MatcherError::Regex {
        text: text.to_owned(),
        // The library draws a picture over several lines; its last line says what is wrong.
        why: error
            .to_string()
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned(),
    })
}
