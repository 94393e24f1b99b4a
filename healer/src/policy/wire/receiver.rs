//! Receivers and the ways to them. Nothing here repeats a text that stands where a mapping or a file belongs: it is
//! most likely a secret address that was pasted there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::schema;
use super::value::Scalar;

/// Somebody who can be told; every message goes every way that is named.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Receiver")]
pub(in crate::policy) struct ReceiverWire {
    /// By mail.
    pub(in crate::policy) email: Option<Mapping<EmailWire>>,
    /// By Slack's incoming webhook.
    pub(in crate::policy) slack: Option<Mapping<SlackWire>>,
    /// By a workflow of Microsoft Teams.
    pub(in crate::policy) teams: Option<Mapping<SecretAddressWire>>,
    /// By a webhook of Discord.
    pub(in crate::policy) discord: Option<Mapping<SecretAddressWire>>,
    /// By an incoming webhook of Mattermost.
    pub(in crate::policy) mattermost: Option<Mapping<MattermostWire>>,
    /// By a topic of ntfy.
    pub(in crate::policy) ntfy: Option<Mapping<NtfyWire>>,
    /// By a POST to a program of your own.
    pub(in crate::policy) webhook: Option<Mapping<WebhookWire>>,
    /// Of its messages (default: as `notify` says).
    #[schemars(default, schema_with = "schema::language")]
    pub(in crate::policy) language: Option<Scalar>,
    /// Most messages to it (default: as `notify` says).
    pub(in crate::policy) limit: Option<MessageLimitWire>,
}

/// A mail.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Email")]
pub(in crate::policy) struct EmailWire {
    /// Addresses.
    #[schemars(required)]
    pub(in crate::policy) to: Option<Vec<Scalar>>,
}

/// Teams or Discord: an address that is a secret.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecretAddress")]
pub(in crate::policy) struct SecretAddressWire {
    /// File that holds the webhook's address, which is a secret.
    #[schemars(required)]
    pub(in crate::policy) url_file: Option<Scalar>,
    /// Not taken: read only to say where it belongs.
    #[schemars(skip)]
    pub(in crate::policy) url: Option<de::IgnoredAny>,
}

/// Slack.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Slack")]
pub(in crate::policy) struct SlackWire {
    /// File that holds the webhook's address, which is a secret.
    #[schemars(required)]
    pub(in crate::policy) url_file: Option<Scalar>,
    /// Another channel than the webhook's own; webhooks of Slack apps do not allow it.
    pub(in crate::policy) channel: Option<Scalar>,
    /// Not taken: read only to say where it belongs.
    #[schemars(skip)]
    pub(in crate::policy) url: Option<de::IgnoredAny>,
}

/// Mattermost.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Mattermost")]
pub(in crate::policy) struct MattermostWire {
    /// File that holds the webhook's address, which is a secret.
    #[schemars(required)]
    pub(in crate::policy) url_file: Option<Scalar>,
    /// Another channel than the webhook's own, unless it is locked to that.
    pub(in crate::policy) channel: Option<Scalar>,
    /// Not taken: read only to say where it belongs.
    #[schemars(skip)]
    pub(in crate::policy) url: Option<de::IgnoredAny>,
}

/// A topic of ntfy: `url` or `url_file`.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ntfy")]
pub(in crate::policy) struct NtfyWire {
    /// The topic's address: `https://ntfy.example.org/alerts`.
    pub(in crate::policy) url: Option<Scalar>,
    /// File that holds the topic's address; on a public server the topic is a secret.
    pub(in crate::policy) url_file: Option<Scalar>,
    /// File that holds an access token.
    pub(in crate::policy) token_file: Option<Scalar>,
    /// 1 (lowest) to 5 (default: 5 when critical, 3, 2 when repaired).
    pub(in crate::policy) priority: Option<Scalar>,
    /// More tags.
    pub(in crate::policy) tags: Option<Vec<Scalar>>,
}

/// A POST to a program of your own: `url` or `url_file`.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Webhook")]
pub(in crate::policy) struct WebhookWire {
    /// Where to.
    pub(in crate::policy) url: Option<Scalar>,
    /// File that holds the address, when that is a secret.
    pub(in crate::policy) url_file: Option<Scalar>,
    /// File that holds a token, sent as `Authorization: Bearer`.
    pub(in crate::policy) token_file: Option<Scalar>,
    /// File that holds the key with which the body is signed (HMAC-SHA256).
    pub(in crate::policy) secret_file: Option<Scalar>,
    /// File with a template of the body (default: the message as JSON).
    pub(in crate::policy) template_file: Option<Scalar>,
    /// More headers, none of them a secret.
    pub(in crate::policy) headers: Option<BTreeMap<String, Scalar>>,
}

/// At most `max` messages in any stretch of `per`.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MessageLimit")]
pub(in crate::policy) struct MessageLimitWire {
    /// How many.
    #[schemars(required)]
    pub(in crate::policy) max: Option<Scalar>,
    /// In how long.
    #[schemars(required)]
    pub(in crate::policy) per: Option<Scalar>,
}

/// A mapping; a text in its place is told, and not repeated.
#[derive(Debug)]
pub(in crate::policy) struct Mapping<T>(pub(in crate::policy) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Mapping<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Only<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Only<T> {
            type Value = Mapping<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_str<E: de::Error>(self, _: &str) -> Result<Mapping<T>, E> {
                Err(E::custom(
                    "expected a mapping, found a text\n\
                     as in `{url_file: /etc/prunelle/secrets/chat-url}`: addresses of webhooks are secrets and stand in files",
                ))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Mapping<T>, A::Error> {
                Err(de::Error::custom(
                    "expected a mapping, found a list\n\
                     a receiver has one way of each kind: give the second a receiver of its own",
                ))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Mapping<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Mapping)
            }
        }
        deserializer.deserialize_any(Only(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Mapping<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}
