//! Any program that takes a POST: the message as JSON, or a body by a template of one's own, signed when there is a key.
//!
//! The signature is of the time and the body together, so that neither can be changed and an old request cannot be sent
//! again; the id stays the same when a message is sent twice. `docs/notifications.md` shows how it is verified.

mod body;
mod template;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::hmac;
use futures_util::future::BoxFuture;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::secret::Secret;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

pub(super) use self::body::of as body;
pub use self::template::{Template, TemplateError};
use super::channel::{Channel, Envelope, Receipt, SendError};
use super::post::{self, ChannelError, Parcel, Post};
use super::wording::Wording;
use crate::policy::PostAddress;

const ID: HeaderName = HeaderName::from_static("x-prunelle-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-prunelle-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("x-prunelle-signature");

struct Webhook {
    post: Post,
    key: Option<hmac::Key>,
    template: Option<Template>,
    headers: HeaderMap,
    clock: SharedClock,
}

/// The files that belong to a webhook, and its headers.
pub(super) struct Made<'a> {
    pub(super) to: &'a PostAddress,
    pub(super) token_file: Option<&'a Path>,
    pub(super) secret_file: Option<&'a Path>,
    pub(super) template_file: Option<&'a Path>,
    pub(super) headers: &'a BTreeMap<String, String>,
}

pub(super) fn channel(
    made: &Made<'_>,
    clock: &SharedClock,
) -> Result<Arc<dyn Channel>, ChannelError> {
    let mut post = Post::new(made.to, post::address(made.to)?)?;
    if let Some(file) = made.token_file {
        post = post.with_token(file)?;
    }
    let key = made.secret_file.map(Secret::from_file).transpose()?;
    if let Some(key) = &key {
        post = post.with_secret(key);
    }
    let template = made
        .template_file
        .map(Template::read)
        .transpose()
        .map_err(|error| ChannelError::Template(error.to_string()))?;
    Ok(Arc::new(Webhook {
        post,
        key: key.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes())),
        template,
        headers: headers(made.headers),
        clock: Arc::clone(clock),
    }))
}

/// The policy has looked at them: what is left cannot be wrong.
fn headers(given: &BTreeMap<String, String>) -> HeaderMap {
    given
        .iter()
        .filter_map(|(name, value)| {
            Some((
                HeaderName::try_from(name).ok()?,
                HeaderValue::try_from(value).ok()?,
            ))
        })
        .collect()
}

impl Channel for Webhook {
    fn send<'a>(
        &'a self,
        wording: &'a Wording,
        envelope: &'a Envelope<'a>,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        Box::pin(async move {
            let parcel = self.parcel(wording, envelope)?;
            self.post.send(parcel).await
        })
    }
}

impl Webhook {
    fn parcel(&self, wording: &Wording, envelope: &Envelope<'_>) -> Result<Parcel, SendError> {
        let body = body(wording, envelope);
        let mut parcel = match &self.template {
            None => Parcel::json(&body),
            Some(template) => Parcel {
                bytes: template
                    .render(&body)
                    .map_err(|error| SendError::Permanent {
                        why: error.to_string(),
                    })?
                    .into_bytes(),
                content_type: template.content_type(),
                headers: HeaderMap::new(),
            },
        };
        parcel.headers = self.headers.clone();
        let timestamp = self.clock.now().wall.as_second();
        parcel.headers.insert(TIMESTAMP, timestamp.into());
        if let Ok(id) = HeaderValue::try_from(envelope.id.0.as_str()) {
            parcel.headers.insert(ID, id);
        }
        if let Some(key) = &self.key
            && let Ok(signature) = HeaderValue::try_from(signed(key, timestamp, &parcel.bytes))
        {
            parcel.headers.insert(SIGNATURE, signature);
        }
        Ok(parcel)
    }
}

/// `sha256=` and the HMAC of the time, a dot and the body, in hex.
fn signed(key: &hmac::Key, timestamp: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    context.update(timestamp.to_string().as_bytes());
    context.update(b".");
    context.update(body);
    let mut text = "sha256=".to_owned();
    for byte in context.sign().as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("post", &self.post)
            .field("is_signed", &self.key.is_some())
            .field("has_template", &self.template.is_some())
            .finish_non_exhaustive()
    }
}
