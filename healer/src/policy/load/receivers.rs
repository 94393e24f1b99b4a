//! Who can be told, and which ways lead there. No message repeats an address or a text that may be a secret.

mod address;
mod chat;
mod webhook;

use std::collections::BTreeMap;
use std::time::Duration;

use super::checker::{Checker, Problem, Read, join};
use super::value;
use crate::policy::wire::{EmailWire, Mapping, MessageLimitWire, ReceiverWire};
use crate::policy::{Integration, Language, MessageLimit, Receiver};
use crate::settings::ENVIRONMENT_RECEIVER;

use self::address::secret_address;
use self::chat::{mattermost, ntfy, slack};
use self::webhook::webhook;

const MAIL_EXAMPLE: &str = "as in `ops: {email: {to: [ops@example.org]}}`";
const LIMIT_EXAMPLE: &str = "a limit is whole: `{max: 30, per: 10m}`";
pub(super) fn receivers(
    checker: &mut Checker<'_>,
    wires: Option<BTreeMap<String, ReceiverWire>>,
) -> Option<Vec<Receiver>> {
    let read: Vec<Option<Receiver>> = wires
        .unwrap_or_default()
        .into_iter()
        .map(|(name, wire)| receiver(checker, name, wire))
        .collect();
    read.into_iter().collect()
}

fn receiver(checker: &mut Checker<'_>, name: String, wire: ReceiverWire) -> Option<Receiver> {
    let at = format!("receivers.{name}");
    let at = at.as_str();
    if name == ENVIRONMENT_RECEIVER {
        checker.report(
            at,
            Problem::new(
                format!("`{name}` is the receiver that EMAIL_TO makes"),
                "give it another name",
            ),
        );
    }
    let ways = [
        way(checker, at, "email", wire.email, email),
        way(checker, at, "slack", wire.slack, slack),
        way(checker, at, "teams", wire.teams, |checker, at, wire| {
            let url_file = secret_address(checker, at, wire)?;
            Some(Integration::Teams { url_file })
        }),
        way(checker, at, "discord", wire.discord, |checker, at, wire| {
            let url_file = secret_address(checker, at, wire)?;
            Some(Integration::Discord { url_file })
        }),
        way(checker, at, "mattermost", wire.mattermost, mattermost),
        way(checker, at, "ntfy", wire.ntfy, ntfy),
        way(checker, at, "webhook", wire.webhook, webhook),
    ];
    let language = match wire.language {
        Some(text) => checker
            .required(at, "language", Some(text), "", language)
            .map(Some),
        None => Some(None),
    };
    let limit = match wire.limit {
        Some(wire) => message_limit(checker, &join(at, "limit"), &wire).map(Some),
        None => Some(None),
    };
    let integrations: Vec<Integration> = ways
        .into_iter()
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    if integrations.is_empty() {
        let kinds = Integration::KINDS
            .map(|kind| format!("`{kind}`"))
            .join(", ");
        checker.report(
            at,
            Problem::new(
                "no way leads to this receiver",
                format!("name one or more of {kinds}, {MAIL_EXAMPLE}"),
            ),
        );
        return None;
    }
    Some(Receiver {
        name,
        language: language?,
        limit: limit?,
        integrations,
    })
}

/// The way of one kind, when there is one.
fn way<W>(
    checker: &mut Checker<'_>,
    parent: &str,
    kind: &str,
    wire: Option<Mapping<W>>,
    read: impl FnOnce(&mut Checker<'_>, &str, W) -> Option<Integration>,
) -> Read<Option<Integration>> {
    match wire {
        None => Some(None),
        Some(Mapping(wire)) => read(checker, &join(parent, kind), wire).map(Some),
    }
}

fn email(checker: &mut Checker<'_>, at: &str, wire: EmailWire) -> Option<Integration> {
    let to = checker.list(at, "to", wire.to, |text| match text.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() => Ok(text.to_owned()),
        _ => Err(Problem::new(
            format!("`{text}` is not a mail address"),
            MAIL_EXAMPLE,
        )),
    })?;
    if to.is_empty() {
        checker.report(
            &join(at, "to"),
            Problem::new("nobody would be told", MAIL_EXAMPLE),
        );
    }
    Some(Integration::Email { to })
}

pub(super) fn language(text: &str) -> Result<Language, Problem> {
    Language::ALL
        .into_iter()
        .find(|language| language.as_str() == text)
        .ok_or_else(|| {
            let words = Language::ALL.map(|language| format!("`{}`", language.as_str()));
            Problem::new(
                format!("unknown language `{text}`"),
                format!("one of {}", words.join(", ")),
            )
        })
}

/// So many messages in so long.
pub(super) fn message_limit(
    checker: &mut Checker<'_>,
    at: &str,
    wire: &MessageLimitWire,
) -> Option<MessageLimit> {
    let max = checker.required(
        at,
        "max",
        wire.max.clone(),
        LIMIT_EXAMPLE,
        value::count(10_000),
    );
    let per = checker.required(
        at,
        "per",
        wire.per.clone(),
        LIMIT_EXAMPLE,
        value::duration_within(Duration::from_secs(1), Duration::from_hours(24 * 7)),
    );
    Some(MessageLimit {
        max: max?,
        per: per?,
    })
}
