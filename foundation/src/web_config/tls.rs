//! TLS settings in force: what rustls is given, and what people and metrics are told about it.

pub(super) mod client_auth;
pub(super) mod names;
pub(super) mod pem;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::ServerConfig;

/// One version of the TLS settings. Connections are of the version that they began with.
pub(crate) struct Tls {
    pub(super) config: Arc<ServerConfig>,
    /// When the first certificate of the chain expires.
    pub(super) not_after: Timestamp,
    /// Of everything that it was made from.
    pub(super) fingerprint: Vec<u8>,
    pub(super) about_clients: &'static str,
}

impl Tls {
    /// What a handshake needs.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    pub(super) fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// What is asked of clients, in words; empty when nothing is.
    pub(super) fn about_clients(&self) -> &'static str {
        self.about_clients
    }

    /// Whether both were made from the same settings and the same files.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}
