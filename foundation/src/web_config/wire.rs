//! The file as it is written; key names and accepted words are exporter-toolkit's.
//!
//! Values that are one of a closed list are checked while they are read, so that the error stands where the word does.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::rate_limit::go_duration;
use super::tls::names::{Cipher, ClientAuth, Curve, Version};
use super::users::BcryptHash;
use crate::config::from_text;

#[derive(Debug, Deserialize)]
pub(super) struct WebWire {
    pub(super) tls_server_config: Option<TlsWire>,
    pub(super) http_server_config: Option<HttpWire>,
    pub(super) basic_auth_users: Option<BTreeMap<UserName, BcryptHash>>,
    pub(super) rate_limit: Option<RateLimitWire>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TlsWire {
    pub(super) cert: Option<String>,
    pub(super) cert_file: Option<PathBuf>,
    pub(super) key: Option<Inline>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) client_ca: Option<String>,
    pub(super) client_ca_file: Option<PathBuf>,
    pub(super) client_auth_type: Option<ClientAuth>,
    pub(super) client_allowed_sans: Option<Vec<String>>,
    pub(super) min_version: Option<Version>,
    pub(super) max_version: Option<Version>,
    pub(super) cipher_suites: Option<Vec<Cipher>>,
    pub(super) prefer_server_cipher_suites: Option<bool>,
    pub(super) curve_preferences: Option<Vec<Curve>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct HttpWire {
    pub(super) http2: Option<bool>,
    pub(super) headers: Option<HeadersWire>,
}

#[derive(Debug, Deserialize)]
pub(super) struct HeadersWire {
    #[serde(rename = "Content-Security-Policy")]
    pub(super) content_security_policy: Option<String>,
    #[serde(rename = "Strict-Transport-Security")]
    pub(super) strict_transport_security: Option<String>,
    #[serde(rename = "X-Content-Type-Options")]
    pub(super) x_content_type_options: Option<String>,
    #[serde(rename = "X-Frame-Options")]
    pub(super) x_frame_options: Option<String>,
    #[serde(rename = "X-XSS-Protection")]
    pub(super) x_xss_protection: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RateLimitWire {
    pub(super) interval: Option<GoDuration>,
    pub(super) burst: Option<u32>,
}

/// A secret that stands in the file itself.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Inline(pub(super) String);

impl fmt::Debug for Inline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A name that basic authentication can carry.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UserName(pub(super) String);

impl<'de> Deserialize<'de> for UserName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "a user's name", |text: &str| {
            if text.is_empty() || text.contains(|c: char| c == ':' || c.is_control()) {
                let message = format!("`{}` cannot be a user's name", text.escape_debug());
                Err((message, "use at least one character, and no colon"))
            } else {
                Ok(Self(text.to_owned()))
            }
        })
    }
}

/// A duration in Go's notation.
#[derive(Clone, Copy, Debug)]
pub(super) struct GoDuration(pub(super) Duration);

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "a duration such as `100ms`", |text: &str| {
            go_duration(text).map(Self).ok_or_else(|| {
                (
                    format!("`{text}` is not a duration"),
                    "write it as `1s`, `1.5s`, `100ms` or `1m30s`; `0` switches the limit off",
                )
            })
        })
    }
}
