//! `tls_server_config`, from words to what rustls is given.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use jiff::Timestamp;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{
    Error as TlsError, InconsistentKeys, RootCertStore, ServerConfig, SupportedCipherSuite,
};

use super::Loader;
use super::material::Material;
use crate::clock::SharedClock;
use crate::web_config::Tls;
use crate::web_config::tls::client_auth;
use crate::web_config::tls::names::{ClientAuth, Curve, Version};
use crate::web_config::tls::pem;
use crate::web_config::wire::TlsWire;

impl Loader<'_> {
    /// None when something is wrong, which is told in the errors.
    pub(super) fn tls(&mut self, wire: TlsWire, is_http2: bool) -> Option<Tls> {
        let mut fingerprint = digest::Context::new(&digest::SHA256);
        // The key itself is part of it below.
        fingerprint.update(format!("{wire:?} {is_http2}").as_bytes());
        let certificate = self.material(["cert", "cert_file"], wire.cert, wire.cert_file);
        let key = self.material(
            ["key", "key_file"],
            wire.key.map(|key| key.0),
            wire.key_file,
        );
        let ca = self.material(
            ["client_ca", "client_ca_file"],
            wire.client_ca,
            wire.client_ca_file,
        );
        for material in [&certificate, &key, &ca].into_iter().flatten() {
            fingerprint.update(&material.text);
        }
        if certificate.is_none() {
            self.missing("certificate", "cert_file");
        }
        if key.is_none() {
            self.missing("key", "key_file");
        }
        let auth = wire.client_auth_type.unwrap_or_default();
        let sans = wire.client_allowed_sans;
        self.check_client_auth(auth, ca.as_ref(), sans.as_deref());
        let versions = self.versions(wire.min_version, wire.max_version);
        let mut provider = default_provider();
        // Empty lists mean the defaults, as with exporter-toolkit.
        provider.kx_groups = match wire.curve_preferences.filter(|curves| !curves.is_empty()) {
            Some(curves) => curves.iter().map(|curve| curve.0).collect(),
            None => Curve::defaults(),
        };
        if let Some(ciphers) = wire.cipher_suites.filter(|ciphers| !ciphers.is_empty()) {
            // Go's list is about TLS 1.2; of TLS 1.3 all are in use until one of them is named.
            let names_tls13 = ciphers.iter().any(|cipher| cipher.0.tls13().is_some());
            let mut suites = default_provider().cipher_suites;
            suites.retain(|suite| !names_tls13 && suite.tls13().is_some());
            suites.extend(ciphers.iter().map(|cipher| cipher.0));
            let is_usable = |suite: &SupportedCipherSuite| {
                versions
                    .iter()
                    .any(|it| it.version == suite.version().version)
            };
            if !suites.iter().any(is_usable) {
                let message = "no cipher suite is left for the versions of TLS that are allowed";
                let hint = "name one of an allowed version, or remove `cipher_suites`";
                self.tls_error("cipher_suites", message, hint);
            }
            provider.cipher_suites = suites;
        }
        let provider = Arc::new(provider);
        let roots = ca.as_ref().map(|ca| self.roots(ca));
        let (chain, not_after) = self.chain(certificate?)?;
        let certified = self.certified(chain, &key?, &provider)?;
        if !self.errors.is_empty() {
            return None;
        }
        let roots = roots.unwrap_or_else(RootCertStore::empty);
        let verifier = match client_auth::verifier(auth, roots, sans.unwrap_or_default(), &provider)
        {
            Ok(verifier) => verifier,
            Err(error) => {
                self.tls_error(
                    "client_ca_file",
                    format!("cannot check client certificates: {error}"),
                    "",
                );
                return None;
            }
        };
        let config = config(&provider, &versions, verifier, certified, self.clock);
        let mut config = match config {
            Ok(config) => config,
            Err(error) => {
                let hint = "look at `cipher_suites`, `curve_preferences`, `min_version` and `max_version` together";
                self.tls_error(
                    "",
                    format!("these settings do not go together: {error}"),
                    hint,
                );
                return None;
            }
        };
        if auth != ClientAuth::NoClientCert {
            // A resumed session does not show its certificate again, which may have expired meanwhile.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        config.ignore_client_order = wire.prefer_server_cipher_suites.unwrap_or(true);
        config.alpn_protocols = if is_http2 {
            vec![b"h2".to_vec(), b"http/1.1".to_vec()]
        } else {
            vec![b"http/1.1".to_vec()]
        };
        Some(Tls {
            config: Arc::new(config),
            not_after,
            fingerprint: fingerprint.finish().as_ref().to_vec(),
            about_clients: auth.about(),
        })
    }

    fn missing(&mut self, what: &str, key: &'static str) {
        // Given, and already found to be wrong?
        if self.errors.is_empty() {
            let hint =
                format!("add `{key}: …`, or remove `tls_server_config` to serve without TLS");
            self.tls_error("", format!("TLS needs a {what}"), &hint);
        }
    }

    fn check_client_auth(
        &mut self,
        auth: ClientAuth,
        ca: Option<&Material>,
        sans: Option<&[String]>,
    ) {
        const ASK: &str = "add `client_auth_type: RequireAndVerifyClientCert`";
        if let Some(ca) = ca
            && auth == ClientAuth::NoClientCert
        {
            let message = "a client CA is given, and no client is asked for a certificate";
            self.tls_error(ca.at, message, ASK);
        }
        if ca.is_none() && auth.verifies() && self.errors.is_empty() {
            let message = format!("{auth:?} needs a client CA to check certificates against");
            let hint =
                "add `client_ca_file: …`, the certificate of whoever signs those of your clients";
            self.tls_error("client_auth_type", message, hint);
        }
        match sans {
            Some([]) => self.tls_error(
                "client_allowed_sans",
                "an empty list lets nobody in",
                "name at least one, or remove the key to let all names in",
            ),
            Some(_) if !auth.requires() => self.tls_error(
                "client_allowed_sans",
                "names are checked only when every client must show a certificate",
                ASK,
            ),
            _ => {}
        }
    }

    fn versions(
        &mut self,
        min: Option<Version>,
        max: Option<Version>,
    ) -> Vec<&'static rustls::SupportedProtocolVersion> {
        let (min, max) = (min.unwrap_or(Version::Tls12), max.unwrap_or(Version::Tls13));
        if min > max {
            let message = "`min_version` is above `max_version`";
            self.tls_error("min_version", message, "swap them, or remove one");
        }
        let all = Version::all().into_iter();
        all.filter(|(version, _)| (min..=max).contains(version))
            .map(|(_, version)| version)
            .collect()
    }

    fn roots(&mut self, ca: &Material) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        match pem::certificates(&ca.text) {
            Ok(certificates) => {
                for certificate in certificates {
                    if let Err(error) = roots.add(certificate) {
                        let message = format!("{} holds no usable CA: {error}", ca.name);
                        let hint = "look at it with `openssl x509 -noout -text -in FILE`";
                        self.tls_error(ca.at, message, hint);
                    }
                }
            }
            Err((problem, hint)) => self.tls_error(ca.at, format!("{} {problem}", ca.name), hint),
        }
        roots
    }

    /// The chain, and when its first certificate expires. One that has expired is served all the same: a program that
    /// does not start is worse than one that clients complain about.
    fn chain(&mut self, material: Material) -> Option<(Vec<CertificateDer<'static>>, Timestamp)> {
        let Material { at, name, text } = material;
        let read = pem::certificates(&text).and_then(|chain| {
            let validity = pem::validity(&chain)?;
            Ok((chain, validity))
        });
        match read {
            Ok((chain, (not_before, not_after))) => {
                let now = self.clock.now().wall;
                if now > not_after {
                    tracing::warn!(certificate = name, expired = %not_after, "the certificate has expired: clients refuse it; replace it, no restart is needed");
                } else if now < not_before {
                    tracing::warn!(certificate = name, valid_from = %not_before, "the certificate is not valid yet: clients refuse it; check this host's clock");
                }
                Some((chain, not_after))
            }
            Err((problem, hint)) => {
                self.tls_error(at, format!("{name} {problem}"), hint);
                None
            }
        }
    }

    fn certified(
        &mut self,
        chain: Vec<CertificateDer<'static>>,
        key: &Material,
        provider: &CryptoProvider,
    ) -> Option<CertifiedKey> {
        let parsed = match pem::key(&key.text) {
            Ok(parsed) => parsed,
            Err((problem, hint)) => {
                self.tls_error(key.at, format!("{} {problem}", key.name), hint);
                return None;
            }
        };
        match CertifiedKey::from_der(chain, parsed, provider) {
            Ok(certified) => Some(certified),
            Err(TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                let hint = "give the key that the certificate was made with; the server's own certificate comes first in its file";
                self.tls_error(
                    key.at,
                    format!("{} does not belong to the certificate", key.name),
                    hint,
                );
                None
            }
            Err(error) => {
                let hint = "use an RSA (2048 bits or more), ECDSA (P-256, P-384) or Ed25519 key";
                self.tls_error(
                    key.at,
                    format!("{} cannot be used: {error}", key.name),
                    hint,
                );
                None
            }
        }
    }

    pub(super) fn tls_error(&mut self, key: &str, message: impl Into<String>, hint: &str) {
        self.error(&format!("tls_server_config.{key}"), message, hint);
    }
}

fn config(
    provider: &Arc<CryptoProvider>,
    versions: &[&'static rustls::SupportedProtocolVersion],
    verifier: Option<Arc<dyn ClientCertVerifier>>,
    certified: CertifiedKey,
    clock: &SharedClock,
) -> Result<ServerConfig, TlsError> {
    let time = Arc::new(WallTime(Arc::clone(clock)));
    let builder = ServerConfig::builder_with_details(Arc::clone(provider), time)
        .with_protocol_versions(versions)?;
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    Ok(builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified))))
}

/// The program's clock as rustls wants it.
#[derive(Debug)]
struct WallTime(SharedClock);

impl TimeProvider for WallTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().wall.as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
