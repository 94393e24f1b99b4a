//! lettre's transport to one server: a pool of one connection, TLS, a login.

use std::time::Duration;

use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use prunelle_foundation::secret::{Secret, SecretError};

use crate::settings::{Encryption, MailServer};

/// A connection that nothing was sent on for so long is closed; servers close it after a few minutes.
const IDLE: Duration = Duration::from_mins(1);

/// What is read from files for each message.
#[derive(Clone, Debug, Default)]
pub(super) struct Login {
    pub(super) password: Option<Secret>,
    authorities: Option<Vec<u8>>,
}

/// Why it could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoginError {
    #[error("SMTP_PASSWORD_FILE")]
    Password(#[from] SecretError),
    #[error("cannot read SMTP_CA_FILE {path}")]
    Authorities {
        path: String,
        source: std::io::Error,
    },
}

impl Login {
    /// Blocks.
    pub(super) fn read(server: &MailServer) -> Result<Self, LoginError> {
        let password = match (&server.user, &server.password_file) {
            (Some(_), Some(file)) => Some(Secret::from_file(file)?),
            _ => None,
        };
        let authorities = match &server.ca_file {
            Some(file) => Some(
                std::fs::read(file).map_err(|source| LoginError::Authorities {
                    path: file.display().to_string(),
                    source,
                })?,
            ),
            None => None,
        };
        Ok(Self {
            password,
            authorities,
        })
    }

    fn is(&self, other: &Self) -> bool {
        let is_same_password = match (&self.password, &other.password) {
            (Some(own), Some(other)) => own.matches(other.expose().as_bytes()),
            (None, None) => true,
            _ => false,
        };
        is_same_password && self.authorities == other.authorities
    }
}

/// lettre's transport, and what it was made with.
pub(super) struct Transport {
    pub(super) smtp: AsyncSmtpTransport<Tokio1Executor>,
    login: Login,
}

impl Transport {
    pub(super) fn new(
        server: &MailServer,
        login: Login,
        hello: &ClientId,
        connect: Duration,
    ) -> Result<Self, lettre::transport::smtp::Error> {
        let tls = match server.encryption {
            Encryption::Clear => Tls::None,
            Encryption::StartTls => Tls::Required(parameters(server, &login)?),
            Encryption::Tls => Tls::Wrapper(parameters(server, &login)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(connect))
            .hello_name(hello.clone())
            .pool_config(PoolConfig::new().max_size(1).idle_timeout(IDLE));
        if let (Some(user), Some(password)) = (&server.user, &login.password) {
            builder = builder
                .credentials(Credentials::new(user.clone(), password.expose().to_owned()))
                .authentication(vec![Mechanism::Plain, Mechanism::Login]);
        }
        Ok(Self {
            smtp: builder.build(),
            login,
        })
    }

    /// Whether it speaks with what the files hold now.
    pub(super) fn fits(&self, login: &Login) -> bool {
        self.login.is(login)
    }
}

fn parameters(
    server: &MailServer,
    login: &Login,
) -> Result<TlsParameters, lettre::transport::smtp::Error> {
    let bare = server.host.trim_start_matches('[').trim_end_matches(']');
    let mut builder = TlsParameters::builder(bare.to_owned());
    if let Some(pem) = &login.authorities {
        builder = builder
            .certificate_store(CertificateStore::None)
            .add_root_certificate(Certificate::from_pem(pem)?);
    }
    builder.build()
}
