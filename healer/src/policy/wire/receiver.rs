//! Receivers and the ways to them. Nothing here repeats a text that stands where a mapping or a file belongs: it is
//! most likely a secret address that was pasted there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::schema;
use super::value::Scalar;

/// Somebody who can be told; every message goes every way that is named.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Receiver")]
pub(in crate::policy) struct ReceiverWire {
    /// By mail.
    pub(in crate::policy) email: Option<OneOrMany<EmailWire>>,
    /// By Slack's incoming webhook.
    pub(in crate::policy) slack: Option<OneOrMany<SlackWire>>,
    /// By a workflow of Microsoft Teams.
    pub(in crate::policy) teams: Option<OneOrMany<SecretAddressWire>>,
    /// By a webhook of Discord.
    pub(in crate::policy) discord: Option<OneOrMany<SecretAddressWire>>,
    /// By an incoming webhook of Mattermost.
    pub(in crate::policy) mattermost: Option<OneOrMany<MattermostWire>>,
    /// By a topic of ntfy.
    pub(in crate::policy) ntfy: Option<OneOrMany<NtfyWire>>,
    /// By a POST to a program of your own.
    pub(in crate::policy) webhook: Option<OneOrMany<WebhookWire>>,
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

/// A mapping, or a list of mappings of the same kind.
#[derive(Debug)]
pub(in crate::policy) enum OneOrMany<T> {
    /// The mapping.
    One(T),
    /// The list.
    Many(Vec<T>),
}

/// What stands where a mapping belongs is told, and not repeated.
const NO_TEXT: &str = "expected a mapping, or a list of mappings, found a text\n\
    as in `slack: {url_file: /etc/prunelle/secrets/slack-url}`: addresses of webhooks are secrets and stand in files";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping, or a list of mappings")
            }

            fn visit_str<E: de::Error>(self, _: &str) -> Result<OneOrMany<T>, E> {
                Err(E::custom(NO_TEXT))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMany<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(OneOrMany::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMany<T>, A::Error> {
                let items = Vec::<Item<T>>::deserialize(SeqAccessDeserializer::new(list))?;
                let items = items.into_iter().map(|Item(item)| item).collect();
                Ok(OneOrMany::Many(items))
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// One mapping of a list.
struct Item<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Mapping<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Mapping<T> {
            type Value = Item<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_str<E: de::Error>(self, _: &str) -> Result<Item<T>, E> {
                Err(E::custom(NO_TEXT))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Item)
            }
        }
        deserializer.deserialize_any(Mapping(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}OrMany", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}
