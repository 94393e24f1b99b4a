//! One line of text format 0.0.4: comments and samples.

use std::borrow::Cow;

use super::Reason;
use crate::textfile::family::Kind;

/// What a `#` begins.
pub(super) enum Comment<'l> {
    /// Name and text.
    Help(&'l str, String),
    Type(&'l str, Kind),
    /// For people.
    Other,
}

/// Names and values, without those that are empty, in the order of their names.
pub(super) type Labels<'l> = Vec<(&'l str, Cow<'l, str>)>;

pub(super) struct Sample<'l> {
    pub(super) name: &'l str,
    pub(super) labels: Labels<'l>,
    /// As it is written in both formats.
    pub(super) value: Cow<'l, str>,
}

/// What stands behind a `#`.
pub(super) fn comment(line: &[u8]) -> Result<Comment<'_>, Reason> {
    let line = line.trim_ascii_start();
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let (word, rest) = line.split_at(line.iter().position(is_blank).unwrap_or(line.len()));
    if word != b"HELP" && word != b"TYPE" {
        return Ok(Comment::Other);
    }
    let mut rest = Rest(text(rest)?);
    rest.skip_blanks();
    if rest.0.is_empty() {
        // A sentence that begins with such a word.
        return Ok(Comment::Other);
    }
    let name = rest.name(true).ok_or(Reason::Wanted("a metric's name"))?;
    if !rest.0.is_empty() && !rest.skip_blanks() {
        return Err(Reason::Wanted("a blank behind the metric's name"));
    }
    match (word, rest.0) {
        (_, "") => Ok(Comment::Other),
        (b"HELP", text) => Ok(Comment::Help(name, unescaped(text, false)?.into_owned())),
        (_, kind) => match Kind::named(kind.trim_end_matches([' ', '\t'])) {
            Some(kind) => Ok(Comment::Type(name, kind)),
            None => Err(Reason::NoType(shortened(kind))),
        },
    }
}

/// A line that is neither empty nor a comment.
pub(super) fn sample(line: &[u8]) -> Result<Sample<'_>, Reason> {
    let mut rest = Rest(text(line)?);
    let name = rest.name(true).ok_or(Reason::Wanted("a metric's name"))?;
    let is_apart = rest.skip_blanks();
    let labels = match rest.skip("{") {
        true => labels(&mut rest)?,
        false if is_apart => Vec::new(),
        false => return Err(Reason::Wanted("`{` or a blank behind the metric's name")),
    };
    rest.skip_blanks();
    let word = rest.word();
    if word.is_empty() {
        return Err(Reason::Wanted("a value"));
    }
    let value = number(word).ok_or_else(|| Reason::NotANumber(shortened(word)))?;
    rest.skip_blanks();
    if rest.0.is_empty() {
        return Ok(Sample {
            name,
            labels,
            value,
        });
    }
    let stamp = rest.word();
    rest.skip_blanks();
    Err(match stamp.parse::<i64>() {
        Ok(_) if rest.0.is_empty() => Reason::TimeStamp,
        _ => Reason::Wanted("the end of the line behind the value"),
    })
}

/// What stands behind a `{`, and the `}`.
fn labels<'l>(rest: &mut Rest<'l>) -> Result<Labels<'l>, Reason> {
    let mut labels = Labels::new();
    loop {
        rest.skip_blanks();
        if rest.skip("}") {
            break;
        }
        let name = rest.name(false).ok_or(Reason::Wanted("a label's name"))?;
        if name == "__name__" {
            return Err(Reason::LabelReserved(name.to_owned()));
        }
        if labels.iter().any(|(other, _)| *other == name) {
            return Err(Reason::LabelTwice(name.to_owned()));
        }
        rest.skip_blanks();
        if !rest.skip("=") {
            return Err(Reason::Wanted("`=` behind the label's name"));
        }
        rest.skip_blanks();
        if !rest.skip("\"") {
            return Err(Reason::Wanted("a quote before the label's value"));
        }
        let value = rest
            .quoted()
            .ok_or(Reason::Wanted("a quote behind the label's value"))?;
        labels.push((name, unescaped(value, true)?));
        rest.skip_blanks();
        if !rest.skip(",") && !rest.0.starts_with('}') {
            return Err(Reason::Wanted("`,` or `}` behind the label"));
        }
    }
    // An empty label is the same as none.
    labels.retain(|(_, value)| !value.is_empty());
    labels.sort_unstable_by_key(|(name, _)| *name);
    Ok(labels)
}

/// What is left of a line.
struct Rest<'l>(&'l str);

impl<'l> Rest<'l> {
    /// Whether there were any.
    fn skip_blanks(&mut self) -> bool {
        let before = self.0.len();
        self.0 = self.0.trim_start_matches([' ', '\t']);
        self.0.len() < before
    }

    fn skip(&mut self, mark: &str) -> bool {
        let rest = self.0.strip_prefix(mark);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn cut(&mut self, length: usize) -> &'l str {
        let (cut, rest) = self.0.split_at_checked(length).unwrap_or((self.0, ""));
        self.0 = rest;
        cut
    }

    /// The name of a metric, which may hold colons, or of a label.
    fn name(&mut self, is_metric: bool) -> Option<&'l str> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || (is_metric && c == ':');
        let length = self.0.find(|c| !is_part(c)).unwrap_or(self.0.len());
        let begins_well = self
            .0
            .starts_with(|c: char| is_part(c) && !c.is_ascii_digit());
        begins_well.then(|| self.cut(length))
    }

    /// Up to a blank.
    fn word(&mut self) -> &'l str {
        self.cut(self.0.find([' ', '\t']).unwrap_or(self.0.len()))
    }

    /// Up to the closing quote, which is skipped; escapes stay.
    fn quoted(&mut self) -> Option<&'l str> {
        let mut is_escaped = false;
        let end = self.0.bytes().position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        })?;
        let value = self.cut(end);
        self.skip("\"");
        Some(value)
    }
}

/// `\\` and `\n`, and in a label's value `\"`.
fn unescaped(text: &str, is_quoted: bool) -> Result<Cow<'_, str>, Reason> {
    if !text.contains('\\') {
        return Ok(Cow::Borrowed(text));
    }
    let mut output = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        output.push(match c {
            '\\' => match chars.next() {
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('"') if is_quoted => '"',
                Some(other) => return Err(Reason::Escape(other)),
                None => {
                    return Err(Reason::Wanted(
                        "an `n` or another backslash behind the last",
                    ));
                }
            },
            c => c,
        });
    }
    Ok(Cow::Owned(output))
}

/// The text of a number as both formats know it; `None` when it is none, or too large for one.
pub(super) fn number(text: &str) -> Option<Cow<'_, str>> {
    let value: f64 = text.parse().ok()?;
    if value.is_finite() {
        return Some(Cow::Borrowed(text));
    }
    if text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Cow::Borrowed(match value {
        _ if value.is_nan() => "NaN",
        f64::INFINITY => "+Inf",
        _ => "-Inf",
    }))
}

/// Labels as they stand between braces.
pub(super) fn rendered(labels: &Labels<'_>) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        if !text.is_empty() {
            text.push(',');
        }
        text.extend([name, "=\""]);
        for c in value.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '"' => text.push_str("\\\""),
                c => text.push(c),
            }
        }
        text.push('"');
    }
    text
}

/// Appends the line of a sample.
pub(super) fn write(output: &mut String, name: &str, labels: &str, value: &str) {
    output.push_str(name);
    if !labels.is_empty() {
        output.extend(["{", labels, "}"]);
    }
    output.extend([" ", value, "\n"]);
}

fn text(bytes: &[u8]) -> Result<&str, Reason> {
    std::str::from_utf8(bytes).map_err(|_| Reason::NotUtf8)
}

/// As much of a word as a log needs.
fn shortened(word: &str) -> String {
    word.chars().take(40).collect()
}
