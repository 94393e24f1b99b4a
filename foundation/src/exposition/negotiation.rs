//! What the client can read, from `Accept` and `Accept-Encoding` with their q-values.

use axum::http::header::ACCEPT_ENCODING;
use axum::http::{HeaderMap, HeaderValue};

/// A text format of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// Prometheus' text format 0.0.4.
    Text,
}

impl Format {
    /// The better of the two by q-value; the first named when equal; text when neither is named.
    ///
    /// Wildcards do not ask for OpenMetrics. A version that is not ours is not a match.
    pub fn negotiate(accept: Option<&HeaderValue>) -> Self {
        let text = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
        let mut best = (0, Self::Text);
        for range in ranges(text) {
            let format = match (range.name.as_str(), range.version) {
                ("application/openmetrics-text", None | Some("1.0.0")) => Self::OpenMetrics,
                ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => Self::Text,
                _ => continue,
            };
            if range.quality > best.0 {
                best = (range.quality, format);
            }
        }
        best.1
    }

    /// Exactly as the formats say: Prometheus 3 fails a scrape otherwise.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Whether gzip is asked for, by name or by `*`; a name wins over `*`.
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut any = None;
    let mut named = None;
    for value in headers.get_all(ACCEPT_ENCODING) {
        for range in ranges(value.to_str().unwrap_or("")) {
            match range.name.as_str() {
                "gzip" | "x-gzip" => named = Some(range.quality > 0),
                "*" => any = Some(range.quality > 0),
                _ => {}
            }
        }
    }
    named.or(any).unwrap_or(false)
}

/// One item of such a header.
struct Range<'h> {
    /// In lower case.
    name: String,
    version: Option<&'h str>,
    /// In thousandths.
    quality: u16,
}

fn ranges(text: &str) -> impl Iterator<Item = Range<'_>> {
    text.split(',').filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?;
        let mut range = Range {
            name: name.to_ascii_lowercase(),
            version: None,
            quality: 1000,
        };
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            match key.trim().to_ascii_lowercase().as_str() {
                "q" => range.quality = thousandths(value.trim())?,
                "version" => range.version = Some(value.trim().trim_matches('"')),
                _ => {}
            }
        }
        Some(range)
    })
}

/// `0.75` is 750. Not a number from 0 to 1: none, and the item is ignored.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals = decimals.get(..decimals.len().min(3))?;
    let thousandths = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" | "" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}
