//! Chats that have more than an address: a channel, or a topic with its priority and tags.

use std::path::PathBuf;

use reqwest::Url;

use super::address::{address, optional_file, secret_address};
use crate::policy::load::checker::{Checker, Problem, Read, join};
use crate::policy::load::value;
use crate::policy::wire::{MattermostWire, NtfyWire, Scalar, SecretAddressWire, SlackWire};
use crate::policy::{Integration, PostAddress};

const MOST_TAGS: usize = 10;

/// Slack's incoming webhook.
pub(super) fn slack(checker: &mut Checker<'_>, at: &str, wire: SlackWire) -> Option<Integration> {
    let SlackWire {
        url_file,
        channel,
        url,
    } = wire;
    let address = SecretAddressWire { url_file, url };
    let (url_file, channel) = address_and_channel(checker, at, address, channel)?;
    Some(Integration::Slack { url_file, channel })
}

/// Mattermost's incoming webhook.
pub(super) fn mattermost(
    checker: &mut Checker<'_>,
    at: &str,
    wire: MattermostWire,
) -> Option<Integration> {
    let MattermostWire {
        url_file,
        channel,
        url,
    } = wire;
    let address = SecretAddressWire { url_file, url };
    let (url_file, channel) = address_and_channel(checker, at, address, channel)?;
    Some(Integration::Mattermost { url_file, channel })
}

/// Both are read, so that what is wrong with either is told at once.
fn address_and_channel(
    checker: &mut Checker<'_>,
    at: &str,
    address: SecretAddressWire,
    channel: Option<Scalar>,
) -> Option<(PathBuf, Option<String>)> {
    let url_file = secret_address(checker, at, address);
    let channel = channel_name(checker, at, channel);
    Some((url_file?, channel?))
}

/// `#ops`, `ops` or `@ada`.
fn channel_name(
    checker: &mut Checker<'_>,
    at: &str,
    channel: Option<Scalar>,
) -> Read<Option<String>> {
    checker.or(at, "channel", channel, None, |text| {
        let is_name = (1..=80).contains(&text.len()) && !text.contains(char::is_whitespace);
        if is_name {
            Ok(Some(text.to_owned()))
        } else {
            Err(Problem::new(
                "not the name of a channel",
                "at most 80 letters without spaces, as in `channel: '#ops'`",
            ))
        }
    })
}

/// A topic of ntfy.
pub(super) fn ntfy(checker: &mut Checker<'_>, at: &str, wire: NtfyWire) -> Option<Integration> {
    let to = address(
        checker,
        at,
        wire.url,
        wire.url_file,
        "as in `ntfy: {url: 'https://ntfy.example.org/alerts'}`",
    );
    if let Some(PostAddress::Written(text)) = &to
        && Url::parse(text).is_ok_and(|url| topic(&url).is_none())
    {
        checker.report(
            &join(at, "url"),
            Problem::new(
                "there is no topic in the address",
                "write it with its topic: `https://ntfy.example.org/alerts`",
            ),
        );
    }
    let token_file = optional_file(checker, at, "token_file", wire.token_file);
    let priority = checker.or(at, "priority", wire.priority, None, |text| {
        value::number(1, 5)(text).map(|number| u8::try_from(number).ok())
    });
    let tags = checker.list_or_empty(at, "tags", wire.tags, |text| {
        if text.is_empty() || text.len() > 50 || text.contains([',', '\n']) {
            return Err(Problem::new(
                format!("`{text}` is not a tag"),
                "a word such as `warning`, without commas",
            ));
        }
        Ok(text.to_owned())
    });
    if tags.as_ref().is_some_and(|tags| tags.len() > MOST_TAGS) {
        checker.report(
            &join(at, "tags"),
            Problem::new(
                format!("more than {MOST_TAGS} tags"),
                "nobody reads so many: leave some out",
            ),
        );
    }
    Some(Integration::Ntfy {
        to: to?,
        token_file: token_file?,
        priority: priority?,
        tags: tags?,
    })
}

/// The topic in an address of ntfy: the last part of its path.
fn topic(url: &Url) -> Option<&str> {
    url.path_segments()?
        .next_back()
        .filter(|topic| !topic.is_empty())
}
