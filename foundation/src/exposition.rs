//! Answers scrapes: OpenMetrics 1.0.0 or text 0.0.4 by `Accept`, gzip by `Accept-Encoding`.
//!
//! prometheus-client writes OpenMetrics; the older text is derived from that, line by line, so that a metric is stated
//! once. Called by the `/metrics` handlers of both programs.

mod negotiation;
mod rewriting;

use std::io::Write as _;
use std::net::SocketAddr;

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use prometheus_client::registry::Registry;

pub use negotiation::Format;

/// Below this a compressed body saves no packet worth its CPU.
const SMALLEST_GZIP: usize = 4 * 1024;

/// The answer to a scrape of `registry`.
///
/// `peer` is who asks: nothing is compressed for this host itself, where bytes cost less than CPU. None counts as remote.
pub fn respond(
    request_headers: &HeaderMap,
    peer: Option<SocketAddr>,
    registry: &Registry,
) -> Response<Body> {
    respond_and(request_headers, peer, registry, |_, _| {})
}

/// As [`respond`]; `append` writes behind the text of the registry, before what ends it.
pub fn respond_and(
    request_headers: &HeaderMap,
    peer: Option<SocketAddr>,
    registry: &Registry,
    append: impl FnOnce(Format, &mut String),
) -> Response<Body> {
    let format = Format::negotiate(request_headers.get(axum::http::header::ACCEPT));
    match encode(format, registry) {
        Ok(mut text) => {
            append(format, &mut text);
            respond_with(request_headers, peer, format, text)
        }
        Err(error) => {
            tracing::error!(%error, "cannot encode metrics");
            let mut response = Response::new(Body::from("cannot encode metrics\n"));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

/// The answer to a scrape whose text was made by [`encode`] in `format`.
pub fn respond_with(
    request_headers: &HeaderMap,
    peer: Option<SocketAddr>,
    format: Format,
    text: String,
) -> Response<Body> {
    let is_remote = peer.is_none_or(|peer| !peer.ip().to_canonical().is_loopback());
    let gzip =
        if is_remote && text.len() >= SMALLEST_GZIP && negotiation::accepts_gzip(request_headers) {
            compress(text.as_bytes())
        } else {
            None
        };
    let is_gzip = gzip.is_some();
    let mut response = Response::new(gzip.map_or_else(|| Body::from(text), Body::from));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(format.content_type()),
    );
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if is_gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// The text of a registry.
pub fn encode(format: Format, registry: &Registry) -> Result<String, std::fmt::Error> {
    let mut open_metrics = String::with_capacity(64 * 1024);
    prometheus_client::encoding::text::encode(&mut open_metrics, registry)?;
    Ok(rewriting::rewrite(format, open_metrics))
}

/// None when it cannot be compressed, which the caller answers by sending it as it is.
fn compress(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests;
