//! Takes secrets out of what others say: a service that repeats its address or a token in an error does not make it
//! known by that.

use std::fmt;

use prunelle_foundation::secret::Secret;
use reqwest::Url;

const REDACTED: &str = "[redacted]";
/// Shorter parts of addresses are no secrets, and would make holes in every sentence.
const SHORTEST: usize = 4;
/// Parts of addresses that all webhooks of a service share.
const SHARED: [&str; 14] = [
    "services",
    "hooks",
    "api",
    "webhooks",
    "workflows",
    "triggers",
    "manual",
    "paths",
    "invoke",
    "powerautomate",
    "automations",
    "direct",
    "annotations",
    "true",
];

/// Texts that are never shown; the longest first, so that no end of one is left over.
#[derive(Clone, Default)]
pub(in crate::notify) struct Redaction(Vec<Secret>);

impl Redaction {
    /// All of an address, and each part of it that may be a secret by itself.
    pub(super) fn add_address(&mut self, url: &Url) {
        self.add(url.as_str());
        let parts = url
            .path_segments()
            .into_iter()
            .flatten()
            .map(ToOwned::to_owned);
        // What stands alone behind the `?` is no name of anything.
        let values = url.query_pairs().map(|(key, value)| {
            let is_alone = value.is_empty();
            if is_alone { key } else { value }.into_owned()
        });
        let raw = url.query().unwrap_or_default().split('&');
        let raw = raw.map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
        let credentials = [url.username(), url.password().unwrap_or_default()];
        let texts: Vec<String> = parts
            .chain(values)
            .chain(raw.map(ToOwned::to_owned))
            .chain(credentials.map(ToOwned::to_owned))
            .filter(|text| text.len() >= SHORTEST && !SHARED.contains(&text.as_str()))
            .collect();
        for text in texts {
            self.add(&text);
        }
    }

    pub(super) fn add(&mut self, text: &str) {
        if !text.is_empty() {
            self.0.push(Secret::new(text.to_owned()));
            self.0
                .sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        }
    }

    /// The text without them.
    pub(super) fn text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.expose(), REDACTED)
        })
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
