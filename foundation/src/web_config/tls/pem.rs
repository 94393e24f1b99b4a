//! Certificates and keys out of PEM texts, with what people get wrong told apart.

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::parse_x509_certificate;

/// What is wrong, and what to do about it.
pub(in crate::web_config) type Problem = (String, &'static str);

/// All certificates, in their order.
pub(in crate::web_config) fn certificates(
    text: &[u8],
) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match found {
        Ok(certificates) if certificates.is_empty() => Err((
            "holds no certificate".to_owned(),
            "a certificate is a text that begins with `-----BEGIN CERTIFICATE-----` (PEM)",
        )),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err((
            format!("is not a PEM text: {error}"),
            "copy the whole certificate again, from `-----BEGIN` to `-----`",
        )),
    }
}

/// The one private key.
pub(in crate::web_config) fn key(text: &[u8]) -> Result<PrivateKeyDer<'static>, Problem> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| {
        let text = String::from_utf8_lossy(text);
        if text.contains("ENCRYPTED") {
            (
                "holds an encrypted key".to_owned(),
                "decrypt it, since nobody can be asked for a passphrase: `openssl pkey -in KEY -out PLAIN-KEY`",
            )
        } else {
            (
                format!("holds no private key: {error}"),
                "a key is a text that begins with `-----BEGIN PRIVATE KEY-----` or `-----BEGIN EC PRIVATE KEY-----` (PEM)",
            )
        }
    })
}

/// From when until when all certificates of a chain are valid.
pub(in crate::web_config) fn validity(
    chain: &[CertificateDer<'_>],
) -> Result<(Timestamp, Timestamp), Problem> {
    let mut valid = (Timestamp::MIN, Timestamp::MAX);
    for certificate in chain {
        let (_, certificate) = parse_x509_certificate(certificate).map_err(|error| {
            (
                format!("holds something that is no certificate: {error}"),
                "look at it with `openssl x509 -noout -text -in FILE`",
            )
        })?;
        let validity = certificate.validity();
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        valid.0 = valid.0.max(at(validity.not_before.timestamp()));
        valid.1 = valid.1.min(at(validity.not_after.timestamp()));
    }
    Ok(valid)
}
