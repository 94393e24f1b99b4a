//! Mail: HTML with a plain-text twin, by SMTP.
//!
//! Each recipient gets a transaction of his own, so that one address that is refused or greylisted keeps nobody else
//! from being told, and who has a message is not sent it again when it is tried anew (`settled.rs`). A transport is used by one message at
//! a time and given up after anything but a clear answer: a connection of which it is not known what was said on it is
//! never spoken on again. The password is read for each message and lives as long as the transport that it was read for.

mod failure;
mod mime;
mod page;
mod transport;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use lettre::message::Mailbox;
use lettre::{Address, AsyncTransport as _};
use prunelle_foundation::lifecycle::Tasks;

use self::failure::{Failure, Redaction};
use self::mime::Writer;
use self::transport::{Login, Transport};
use super::channel::{Channel, Envelope, Receipt, SendError};
use super::settled::{Settled, Settlement};
use super::wording::Wording;
use crate::causes::with_causes;
use crate::settings::{Mail, MailServer, addresses};

/// How long a server may take.
#[derive(Clone, Copy, Debug)]
pub struct MailLimits {
    /// To take a connection.
    pub connect: Duration,
    /// To take one message for one recipient, with everything that belongs to it.
    pub deliver: Duration,
}

impl Default for MailLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            deliver: Duration::from_mins(1),
        }
    }
}

/// What mail is sent with, beside what the policy says.
#[derive(Clone, Debug)]
pub struct MailMakings {
    /// The server.
    pub mail: Mail,
    /// Name of this machine: in message ids and greetings.
    pub hostname: String,
    /// How long it is waited for.
    pub limits: MailLimits,
}

impl MailMakings {
    /// By the settings, on the machine of that name.
    pub fn new(mail: Mail, hostname: String) -> Self {
        Self {
            mail,
            hostname,
            limits: MailLimits::default(),
        }
    }
}

/// Mail to some addresses.
pub struct MailChannel {
    server: Arc<MailServer>,
    to: Vec<Mailbox>,
    writer: Writer,
    limits: MailLimits,
    tasks: Tasks,
    /// Taken out while it is used.
    transport: Mutex<Option<Transport>>,
}

/// Makes the channel to some addresses, or says why it cannot be made.
pub fn channel(
    to: &[String],
    makings: &MailMakings,
    tasks: &Tasks,
) -> Result<Arc<dyn Channel>, String> {
    let server = match &makings.mail {
        Mail::Ready(server) => Arc::clone(server),
        Mail::Off => {
            return Err(
                "mail is not switched on: set EMAIL_ALERTS_ENABLED=True, SMTP_HOST and EMAIL_FROM"
                    .to_owned(),
            );
        }
        Mail::Incomplete(missing) => {
            return Err(format!(
                "mail is not set up: {} is missing",
                missing.join(", ")
            ));
        }
    };
    let to = addresses(to).map_err(|wrong| format!("`{wrong}` is not a mail address"))?;
    Ok(Arc::new(MailChannel {
        writer: Writer::new(server.from.clone(), to.clone(), &makings.hostname),
        to,
        server,
        limits: makings.limits,
        tasks: tasks.clone(),
        transport: Mutex::default(),
    }))
}

impl fmt::Debug for MailChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailChannel")
            .field("host", &self.server.host)
            .field("port", &self.server.port)
            .field("recipients", &self.to.len())
            .finish_non_exhaustive()
    }
}

impl Channel for MailChannel {
    fn send<'a>(
        &'a self,
        wording: &'a Wording,
        envelope: &'a Envelope<'a>,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        Box::pin(self.deliver(wording, envelope))
    }
}

impl MailChannel {
    async fn deliver(
        &self,
        wording: &Wording,
        envelope: &Envelope<'_>,
    ) -> Result<Receipt, SendError> {
        let mail = self
            .writer
            .write(wording, envelope)
            .map_err(|why| SendError::Permanent { why })?;
        let login = self.login().await?;
        let mut settled = envelope.register.settled();
        let mut later = None;
        for recipient in &self.to {
            let address = &recipient.email;
            if settled.contains_key::<str>(address.as_ref()) {
                continue;
            }
            let settlement = match self.deliver_to(address, &mail, &login).await {
                Ok(answer) => Settlement::Taken(answer),
                Err(Failure::Refused(why)) => {
                    tracing::warn!(to = %address, why, "mail was refused");
                    Settlement::Refused(why)
                }
                Err(Failure::Later(why)) => {
                    later = Some(why);
                    continue;
                }
                // The next recipient would only wait for the same.
                Err(Failure::Unreachable(why)) => {
                    later = Some(why);
                    break;
                }
                Err(Failure::Unusable(why)) => return Err(SendError::Permanent { why }),
            };
            settled.insert(address.to_string(), settlement.clone());
            // Of the last one, all that is left is how the whole ended.
            let is_last = later.is_none() && self.to.last() == Some(recipient);
            if !is_last {
                let register = envelope.register;
                register.settle(address.to_string(), settlement).await;
            }
        }
        match later {
            Some(why) => Err(SendError::Temporary {
                why,
                retry_after: None,
            }),
            None => conclude(&self.to, &settled),
        }
    }

    /// The password as it is now, and what vouches for the server.
    async fn login(&self) -> Result<Login, SendError> {
        let server = Arc::clone(&self.server);
        let read = self
            .tasks
            .spawn_blocking("mail files", move || Login::read(&server));
        let failed = |why| SendError::Temporary {
            why,
            retry_after: None,
        };
        match read.await {
            Ok(Ok(login)) => Ok(login),
            Ok(Err(error)) => Err(failed(with_causes(&error))),
            Err(_) => Err(failed("the program is about to end".to_owned())),
        }
    }

    async fn deliver_to(
        &self,
        recipient: &Address,
        mail: &[u8],
        login: &Login,
    ) -> Result<String, Failure> {
        let redaction = Redaction::of(login, self.server.user.as_deref());
        let address = lettre::address::Envelope::new(
            Some(self.server.from.email.clone()),
            vec![recipient.clone()],
        )
        .map_err(|error| Failure::Unusable(error.to_string()))?;
        let kept = self.take_transport().filter(|kept| kept.fits(login));
        let transport = match kept {
            Some(transport) => transport,
            None => Transport::new(
                &self.server,
                login.clone(),
                &self.writer.hello(),
                self.limits.connect,
            )
            .map_err(|error| Failure::Unusable(redaction.clean(&with_causes(&error))))?,
        };
        let sending = transport.smtp.send_raw(&address, mail);
        match tokio::time::timeout(self.limits.deliver, sending).await {
            Ok(Ok(response)) => {
                let answer = format!(
                    "{} {}",
                    response.code(),
                    response.first_line().unwrap_or_default()
                );
                self.keep_transport(transport);
                Ok(redaction.clean(answer.trim()))
            }
            Ok(Err(error)) => {
                if error.status().is_some() {
                    self.keep_transport(transport);
                }
                Err(failure::of(&error, &self.server, &redaction))
            }
            Err(_) => Err(Failure::Unreachable(format!(
                "{}:{} took longer than {} s",
                self.server.host,
                self.server.port,
                self.limits.deliver.as_secs_f64()
            ))),
        }
    }

    fn take_transport(&self) -> Option<Transport> {
        self.transport
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn keep_transport(&self, transport: Transport) {
        *self
            .transport
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(transport);
    }
}

/// All are settled: taken for at least one, or refused for all. Who is no recipient any more does not count.
fn conclude(to: &[Mailbox], settled: &Settled) -> Result<Receipt, SendError> {
    let mut taken = None;
    let mut refused = Vec::new();
    for recipient in to {
        let address: &str = recipient.email.as_ref();
        match settled.get(address) {
            Some(Settlement::Taken(answer)) => taken = taken.or(Some(answer)),
            Some(Settlement::Refused(why)) => {
                refused.push(format!("refused for {address}: {why}"));
            }
            None => {}
        }
    }
    match taken {
        Some(answer) if refused.is_empty() => Ok(Receipt(answer.clone())),
        Some(answer) => Ok(Receipt(format!("{answer}; {}", refused.join("; ")))),
        None => Err(SendError::Permanent {
            why: refused.join("; "),
        }),
    }
}
