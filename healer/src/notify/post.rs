//! The one way in which messages are posted to chats and programs: no redirects, a time limit, an answer of which a
//! few kilobytes are read, and a pause for as long as the other side asks for one.
//!
//! What must hold: the address is itself a secret, and so are tokens and keys. None of them is in an error, a receipt or
//! what `Debug` shows, not even when the other side repeats them in its answer.

mod answer;
mod redaction;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prunelle_foundation::secret::{Secret, SecretError};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url};
use serde_json::Value;
use tokio::time::{Instant, timeout};

pub(crate) use self::answer::Answer;
use self::redaction::Redaction;
use super::channel::{Receipt, SendError};
use crate::causes::with_causes;
use crate::http_client;
use crate::policy::PostAddress;

/// From the first byte sent to the last one read.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// More of an answer is not read.
const ANSWER_LIMIT: usize = 16 << 10;

/// Why a channel cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChannelError {
    /// A file with a secret cannot be read.
    #[error(
        "the secret is not at hand; is the file there, and may the user prunelle read it (`chown root:prunelle`, `chmod 0640`)?"
    )]
    Secret(#[from] SecretError),
    /// There is something else in the place of an address.
    #[error(
        "{0} does not hold an address of HTTP: write the webhook's whole address into it, from `https://` on"
    )]
    NotAnAddress(String),
    /// There is no topic in an address of ntfy.
    #[error("there is no topic in the address in {0}: it ends as in `/alerts`")]
    NoTopic(String),
    /// A token cannot be sent.
    #[error("the token in {0} has letters in it that cannot be sent in a header")]
    NotAToken(String),
    /// The template of a body cannot be used.
    #[error("{0}")]
    Template(String),
    /// TLS cannot be set up.
    #[error("cannot set up an HTTP client")]
    Client(#[source] reqwest::Error),
}

/// An address to post to.
pub(crate) struct Post {
    client: Client,
    url: Url,
    /// Whom errors are about: the host alone.
    host: String,
    /// Where the address stands, for the cure.
    place: String,
    token: Option<HeaderValue>,
    redaction: Redaction,
    time_limit: Duration,
    /// The other side asked to be left alone until then.
    quiet_until: Mutex<Option<Instant>>,
}

/// What is posted.
pub(crate) struct Parcel {
    pub(crate) content_type: HeaderValue,
    pub(crate) bytes: Vec<u8>,
    pub(crate) headers: HeaderMap,
}

impl Parcel {
    pub(crate) fn json(body: &Value) -> Self {
        Self {
            content_type: HeaderValue::from_static("application/json"),
            bytes: body.to_string().into_bytes(),
            headers: HeaderMap::new(),
        }
    }
}

/// Reads where to; only an address out of a file is a secret.
pub(crate) fn address(to: &PostAddress) -> Result<Url, ChannelError> {
    let (text, place) = match to {
        PostAddress::Written(text) => (Secret::new(text.clone()), place(to)),
        PostAddress::InFile(file) => (Secret::from_file(file)?, place(to)),
    };
    Url::parse(text.expose().trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or(ChannelError::NotAnAddress(place))
}

/// Where an address stands.
pub(crate) fn place(to: &PostAddress) -> String {
    match to {
        PostAddress::Written(_) => "the policy".to_owned(),
        PostAddress::InFile(file) => file.display().to_string(),
    }
}

impl Post {
    /// To that address, which stands in `to`.
    pub(crate) fn new(to: &PostAddress, url: Url) -> Result<Self, ChannelError> {
        let mut redaction = Redaction::default();
        if to.file().is_some() {
            redaction.add_address(&url);
        }
        Ok(Self {
            client: http_client::client(&url).map_err(ChannelError::Client)?,
            host: url.host_str().unwrap_or_default().to_owned(),
            place: place(to),
            url,
            token: None,
            redaction,
            time_limit: TIME_LIMIT,
            quiet_until: Mutex::new(None),
        })
    }

    /// To a server that takes what is meant for the address.
    pub(crate) fn through(mut self, server: Url) -> Self {
        self.url = server;
        self
    }

    /// Sent with each message as `Authorization: Bearer`.
    pub(crate) fn with_token(mut self, file: &std::path::Path) -> Result<Self, ChannelError> {
        let token = Secret::from_file(file)?;
        let text = token.expose().trim();
        let mut value = HeaderValue::try_from(format!("Bearer {text}"))
            .map_err(|_| ChannelError::NotAToken(file.display().to_string()))?;
        value.set_sensitive(true);
        self.redaction.add(text);
        self.token = Some(value);
        Ok(self)
    }

    /// Never shown, even if the other side repeats it.
    pub(crate) fn with_secret(mut self, secret: &Secret) -> Self {
        self.redaction.add(secret.expose());
        self
    }

    #[cfg(test)]
    pub(crate) fn within(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Posts; resolves when the other side has taken it, or will not.
    pub(crate) async fn send(&self, parcel: Parcel) -> Result<Receipt, SendError> {
        let answer = self
            .ask(reqwest::Method::POST, self.url.clone(), Some(parcel))
            .await?;
        self.judged(&answer)?;
        Ok(answer.receipt(&self.host, &self.redaction))
    }

    /// Asks, as a client of an API does; whatever was answered.
    pub(crate) async fn ask(
        &self,
        method: reqwest::Method,
        url: Url,
        parcel: Option<Parcel>,
    ) -> Result<Answer, SendError> {
        if let Some(left) = self.quiet_for() {
            return Err(SendError::Temporary {
                why: format!(
                    "{} asked to be left alone for another {} s",
                    self.host,
                    left.as_secs().max(1)
                ),
                retry_after: Some(left),
            });
        }
        let answer = timeout(self.time_limit, self.exchange(method, url, parcel))
            .await
            .map_err(|_| self.unreachable("no answer in time"))??;
        if let Some(pause) = answer.pause() {
            self.be_quiet_for(pause);
        }
        Ok(answer)
    }

    /// An error unless the answer says that all is well.
    pub(crate) fn judged(&self, answer: &Answer) -> Result<(), SendError> {
        answer.judge(&self.host, &self.place, &self.redaction)
    }

    async fn exchange(
        &self,
        method: reqwest::Method,
        url: Url,
        parcel: Option<Parcel>,
    ) -> Result<Answer, SendError> {
        let mut request = self.client.request(method, url);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        if let Some(parcel) = parcel {
            request = request
                .headers(parcel.headers)
                .header(CONTENT_TYPE, parcel.content_type)
                .body(parcel.bytes);
        }
        let mut response = request.send().await.map_err(|error| {
            let error = error.without_url();
            self.unreachable(&with_causes(&error))
        })?;
        let body = beginning(&mut response, self.time_limit / 2).await;
        Ok(Answer::new(response.status(), response.headers(), body))
    }

    fn unreachable(&self, why: &str) -> SendError {
        SendError::Temporary {
            why: format!(
                "{} cannot be reached: {}",
                self.host,
                self.redaction.text(why)
            ),
            retry_after: None,
        }
    }

    fn quiet_for(&self) -> Option<Duration> {
        let until = *self.locked();
        until
            .map(|until| until.saturating_duration_since(Instant::now()))
            .filter(|left| !left.is_zero())
    }

    fn be_quiet_for(&self, pause: Duration) {
        let until = Instant::now() + pause;
        *self.locked() = Some(until);
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.quiet_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first bytes of a body: whether a message was taken is said by the status, and an answer without an end, or one that
/// breaks off, does not change that.
async fn beginning(response: &mut Response, within: Duration) -> Vec<u8> {
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = ANSWER_LIMIT.saturating_sub(body.len());
            body.extend(chunk.iter().take(room));
            if body.len() >= ANSWER_LIMIT {
                break;
            }
        }
    };
    // Too slow: what there is counts.
    let _ = timeout(within, read).await;
    body
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post")
            .field("host", &self.host)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
