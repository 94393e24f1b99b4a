//! Go's names of versions, ciphers, curves and ways to ask for client certificates, and what they are here.
//!
//! A name that Go knows and rustls does not is refused like any other, with what is supported: an operator who asks
//! for a cipher is told that it will not be used.

use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::{cipher_suite as suite, kx_group};
use rustls::{SupportedCipherSuite, SupportedProtocolVersion, version};
use serde::{Deserialize, Deserializer};

use crate::config::from_text;

/// `min_version`, `max_version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::web_config) enum Version {
    Tls12,
    Tls13,
}

impl Version {
    pub(in crate::web_config) fn all() -> [(Self, &'static SupportedProtocolVersion); 2] {
        [
            (Self::Tls12, &version::TLS12),
            (Self::Tls13, &version::TLS13),
        ]
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "a version of TLS", |text: &str| match text {
            "TLS12" => Ok(Self::Tls12),
            "TLS13" => Ok(Self::Tls13),
            "TLS10" | "TLS11" => Err((
                format!("{text} is not supported: it has been broken for years"),
                "supported: `TLS12`, `TLS13`",
            )),
            _ => Err((
                format!("`{text}` is no version of TLS"),
                "supported: `TLS12`, `TLS13`",
            )),
        })
    }
}

/// One of `cipher_suites`.
#[derive(Clone, Copy, Debug)]
pub(in crate::web_config) struct Cipher(pub(in crate::web_config) SupportedCipherSuite);

static CIPHERS: [(&str, SupportedCipherSuite); 9] = [
    ("TLS_AES_128_GCM_SHA256", suite::TLS13_AES_128_GCM_SHA256),
    ("TLS_AES_256_GCM_SHA384", suite::TLS13_AES_256_GCM_SHA384),
    (
        "TLS_CHACHA20_POLY1305_SHA256",
        suite::TLS13_CHACHA20_POLY1305_SHA256,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
];
const CIPHERS_HINT: &str = "supported: `TLS_AES_128_GCM_SHA256`, `TLS_AES_256_GCM_SHA384`, \
    `TLS_CHACHA20_POLY1305_SHA256` (TLS 1.3), and `TLS_ECDHE_ECDSA_WITH_…` and `TLS_ECDHE_RSA_WITH_…` (TLS 1.2), \
    both with `…AES_128_GCM_SHA256`, `…AES_256_GCM_SHA384` or `…CHACHA20_POLY1305_SHA256`";

impl<'de> Deserialize<'de> for Cipher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "the name of a cipher suite", |text: &str| {
            let found = CIPHERS.iter().find(|(name, _)| *name == text);
            found.map(|(_, suite)| Self(*suite)).ok_or_else(|| {
                (
                    format!("the cipher suite `{text}` is not supported"),
                    CIPHERS_HINT,
                )
            })
        })
    }
}

/// One of `curve_preferences`.
#[derive(Clone, Copy, Debug)]
pub(in crate::web_config) struct Curve(pub(in crate::web_config) &'static dyn SupportedKxGroup);

impl Curve {
    /// What is offered when the file names none, in Go's order.
    pub(in crate::web_config) fn defaults() -> Vec<&'static dyn SupportedKxGroup> {
        vec![
            kx_group::X25519MLKEM768,
            kx_group::X25519,
            kx_group::SECP256R1,
            kx_group::SECP384R1,
        ]
    }
}

impl<'de> Deserialize<'de> for Curve {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(
            deserializer,
            "the name of a curve",
            |text: &str| match text {
                "CurveP256" => Ok(Self(kx_group::SECP256R1)),
                "CurveP384" => Ok(Self(kx_group::SECP384R1)),
                "X25519" => Ok(Self(kx_group::X25519)),
                "X25519MLKEM768" => Ok(Self(kx_group::X25519MLKEM768)),
                _ => Err((
                    format!("the curve `{text}` is not supported"),
                    "supported: `X25519MLKEM768`, `X25519`, `CurveP256`, `CurveP384`",
                )),
            },
        )
    }
}

/// `client_auth_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(in crate::web_config) enum ClientAuth {
    #[default]
    NoClientCert,
    RequestClientCert,
    // Exporter-toolkit's older name for the same.
    #[serde(alias = "RequireClientCert")]
    RequireAnyClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert,
}

impl ClientAuth {
    /// Whether certificates are checked against the client CA.
    pub(in crate::web_config) fn verifies(self) -> bool {
        matches!(
            self,
            Self::VerifyClientCertIfGiven | Self::RequireAndVerifyClientCert
        )
    }

    /// Whether nobody connects without a certificate.
    pub(in crate::web_config) fn requires(self) -> bool {
        matches!(
            self,
            Self::RequireAnyClientCert | Self::RequireAndVerifyClientCert
        )
    }

    /// For people.
    pub(in crate::web_config) fn about(self) -> &'static str {
        match self {
            Self::NoClientCert => "",
            Self::RequestClientCert => "client certificates asked for, never checked",
            Self::RequireAnyClientCert => "client certificates required, not checked against a CA",
            Self::VerifyClientCertIfGiven => "client certificates checked if given",
            Self::RequireAndVerifyClientCert => "client certificates required",
        }
    }
}
