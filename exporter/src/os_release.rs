//! `/etc/os-release`: which distribution this is. Text in, values or [`Malformed`] out; the collector `os` reads it.
//!
//! The file is a list of assignments as a shell has them, without expansion of variables (os-release(5)).

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::procfs::{self, lines};
use crate::roots::Malformed;

/// What the file says; empty where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OsRelease<'a> {
    /// `BUILD_ID`.
    pub build_id: Cow<'a, str>,
    /// `ID`.
    pub id: Cow<'a, str>,
    /// `ID_LIKE`.
    pub id_like: Cow<'a, str>,
    /// `IMAGE_ID`.
    pub image_id: Cow<'a, str>,
    /// `IMAGE_VERSION`.
    pub image_version: Cow<'a, str>,
    /// `NAME`.
    pub name: Cow<'a, str>,
    /// `PRETTY_NAME`.
    pub pretty_name: Cow<'a, str>,
    /// `VARIANT`.
    pub variant: Cow<'a, str>,
    /// `VARIANT_ID`.
    pub variant_id: Cow<'a, str>,
    /// `VERSION`.
    pub version: Cow<'a, str>,
    /// `VERSION_CODENAME`.
    pub version_codename: Cow<'a, str>,
    /// `VERSION_ID`.
    pub version_id: Cow<'a, str>,
    /// `SUPPORT_END` as seconds since 1970.
    pub support_end: Option<i64>,
}

impl OsRelease<'_> {
    /// The number with which the version begins, `9.4` of `9.4.1-rc`; none when it does not begin with one.
    pub fn version_number(&self) -> Option<f64> {
        let mut has_point = false;
        let end = self.version_id.find(|letter: char| {
            let is_first_point = letter == '.' && !has_point;
            has_point |= is_first_point;
            !letter.is_ascii_digit() && !is_first_point
        });
        let number = end.map_or(Some(&*self.version_id), |end| self.version_id.get(..end))?;
        procfs::decimal(number.as_bytes()).filter(|_| !number.starts_with('.'))
    }
}

/// Parses the file.
pub fn parse(content: &[u8]) -> Result<OsRelease<'_>, Malformed> {
    let mut release = OsRelease::default();
    for (line, text) in lines(content) {
        let text = text.trim_ascii();
        if text.is_empty() || text.starts_with(b"#") {
            continue;
        }
        let malformed = |item, wanted| Malformed::Item { line, item, wanted };
        let equals = text.iter().position(|&byte| byte == b'=');
        let (key, value) = equals
            .and_then(|equals| Some((text.get(..equals)?, text.get(equals + 1..)?)))
            .ok_or(malformed("an assignment", "`NAME=value`"))?;
        let value =
            unquote(value).ok_or(malformed("a value", "plain, or within one pair of quotes"))?;
        let field = match key {
            b"BUILD_ID" => &mut release.build_id,
            b"ID" => &mut release.id,
            b"ID_LIKE" => &mut release.id_like,
            b"IMAGE_ID" => &mut release.image_id,
            b"IMAGE_VERSION" => &mut release.image_version,
            b"NAME" => &mut release.name,
            b"PRETTY_NAME" => &mut release.pretty_name,
            b"VARIANT" => &mut release.variant,
            b"VARIANT_ID" => &mut release.variant_id,
            b"VERSION" => &mut release.version,
            b"VERSION_CODENAME" => &mut release.version_codename,
            b"VERSION_ID" => &mut release.version_id,
            b"SUPPORT_END" if value.is_empty() => continue,
            b"SUPPORT_END" => {
                let start = start_of_day(&value)
                    .ok_or(malformed("SUPPORT_END", "a date like 2032-05-31"))?;
                release.support_end = Some(start);
                continue;
            }
            _ => continue,
        };
        *field = value;
    }
    Ok(release)
}

/// A value without its quotes. Within double quotes, and without any, a backslash takes its meaning from what follows.
fn unquote(value: &[u8]) -> Option<Cow<'_, str>> {
    let (value, has_escapes) = match value {
        [b'\'', inner @ .., b'\''] if !inner.contains(&b'\'') => (inner, false),
        [b'"', inner @ .., b'"'] => (inner, inner.contains(&b'\\')),
        [b'\'' | b'"', ..] => return None,
        plain => (plain, plain.contains(&b'\\')),
    };
    if has_escapes {
        let mut bytes = value.iter().copied();
        let mut unescaped = Vec::with_capacity(value.len());
        while let Some(byte) = bytes.next() {
            unescaped.push(if byte == b'\\' { bytes.next()? } else { byte });
        }
        return Some(procfs::label(&unescaped).into());
    }
    match std::str::from_utf8(value) {
        Ok(text) => Some(text.into()),
        Err(_) => Some(procfs::label(value).into()),
    }
}

/// When a day starts, UTC.
fn start_of_day(date: &str) -> Option<i64> {
    let date: Date = date
        .parse()
        .ok()
        .filter(|_| date.len() == "2032-05-31".len())?;
    Some(
        TimeZone::UTC
            .to_timestamp(date.at(0, 0, 0, 0))
            .ok()?
            .as_second(),
    )
}

#[cfg(test)]
mod tests;
