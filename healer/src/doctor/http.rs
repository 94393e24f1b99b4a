//! One bounded GET: what a peer answers, and what time it has.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::{StatusCode, Url};
use serde_json::Value;

use super::TIME_LIMIT;
use crate::http_client::{self, BodyError};

/// More is not read.
const MAX_BODY: usize = 16 << 20;

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) date: Option<Timestamp>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON, when it is good JSON.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// `base`, which may have a path, with more segments and a query.
pub(super) fn address(base: &Url, segments: &[&str], query: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

/// Asks.
pub(super) async fn get(client: &reqwest::Client, url: Url) -> Result<Answer, reqwest::Error> {
    let response = client
        .get(url)
        .timeout(TIME_LIMIT)
        .send()
        .await
        .map_err(reqwest::Error::without_url)?;
    let date = response
        .headers()
        .get(reqwest::header::DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(date);
    let status = response.status();
    let body = match http_client::body(response, MAX_BODY).await {
        Ok(body) => body,
        // Not what the peer that is looked for says.
        Err(BodyError::TooLarge) => Vec::new(),
        Err(BodyError::Broken(error)) => return Err(error.without_url()),
    };
    Ok(Answer { status, date, body })
}

/// HTTP's date, which is RFC 2822's with `GMT`.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}
