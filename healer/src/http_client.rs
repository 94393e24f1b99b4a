//! The one way in which the healer asks others over HTTP: bounded in time and size, no redirects, no proxy.
//!
//! What must hold: an address comes from settings or policy, never from an answer; an answer that does not end, or has
//! no end in size, costs no more than its limits. Used by the clients of Prometheus and Alertmanager, and by checks.

use std::time::Duration;

use reqwest::{Client, Response, Url};

/// How long a connection may take to be made.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// A client for that address.
pub fn client(base: &Url) -> Result<Client, reqwest::Error> {
    let mut builder = Client::builder();
    if base.scheme() != "https" {
        // No certificate will be looked at: start on hosts that have no authorities installed, too.
        builder = builder.tls_certs_only([]);
    }
    builder
        .connect_timeout(CONNECT_LIMIT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(1)
        .user_agent(concat!("prunelle-healer/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Why a body was not read.
#[derive(Debug)]
pub enum BodyError {
    /// The connection broke.
    Broken(reqwest::Error),
    /// It is over the limit.
    TooLarge,
}

/// The body, of so many bytes at most.
pub async fn body(mut response: Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An address without credentials and question, for people.
pub fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    // Both fail only for addresses that cannot have credentials in the first place.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.to_string()
}

/// Whether the address is of this machine itself.
pub fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}
