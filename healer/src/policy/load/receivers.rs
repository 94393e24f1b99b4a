//! Who can be told, and which ways lead there. No message repeats an address or a text that may be a secret.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use super::checker::{Checker, Problem, Read, join};
use super::{paths, value};
use crate::http_client;
use crate::policy::wire::{
    EmailWire, Mapping, MattermostWire, MessageLimitWire, NtfyWire, ReceiverWire, Scalar,
    SecretAddressWire, SlackWire, WebhookWire,
};
use crate::policy::{Integration, Language, MessageLimit, PostAddress, Receiver};
use crate::settings::ENVIRONMENT_RECEIVER;

const MAIL_EXAMPLE: &str = "as in `ops: {email: {to: [ops@example.org]}}`";
const FILE_EXAMPLE: &str = "write the address into a file of its own that only root and prunelle can read, and name that: `url_file: /etc/prunelle/secrets/chat-url`";
const LIMIT_EXAMPLE: &str = "a limit is whole: `{max: 30, per: 10m}`";
/// Headers that carry secrets, or that are made here.
const OWN_HEADERS: [(&str, &str); 6] = [
    (
        "authorization",
        "put the token into a file and name it: `token_file: /etc/prunelle/secrets/token`",
    ),
    (
        "cookie",
        "put the token into a file and name it: `token_file: /etc/prunelle/secrets/token`",
    ),
    (
        "proxy-authorization",
        "put the token into a file and name it: `token_file: /etc/prunelle/secrets/token`",
    ),
    ("host", "leave it out: it follows from the address"),
    ("content-length", "leave it out: it follows from the body"),
    (
        "transfer-encoding",
        "leave it out: it follows from the body",
    ),
];
const MOST_TAGS: usize = 10;

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

fn slack(checker: &mut Checker<'_>, at: &str, wire: SlackWire) -> Option<Integration> {
    let SlackWire {
        url_file,
        channel,
        url,
    } = wire;
    let url_file = secret_address(checker, at, SecretAddressWire { url_file, url });
    let channel = channel_name(checker, at, channel);
    Some(Integration::Slack {
        url_file: url_file?,
        channel: channel?,
    })
}

fn mattermost(checker: &mut Checker<'_>, at: &str, wire: MattermostWire) -> Option<Integration> {
    let MattermostWire {
        url_file,
        channel,
        url,
    } = wire;
    let url_file = secret_address(checker, at, SecretAddressWire { url_file, url });
    let channel = channel_name(checker, at, channel);
    Some(Integration::Mattermost {
        url_file: url_file?,
        channel: channel?,
    })
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

/// The file with the address of a webhook.
fn secret_address(checker: &mut Checker<'_>, at: &str, wire: SecretAddressWire) -> Option<PathBuf> {
    if wire.url.is_some() {
        checker.report(
            &join(at, "url"),
            Problem::new(
                "the address of this webhook is a secret: whoever has it can write to the channel",
                FILE_EXAMPLE,
            ),
        );
        wire.url_file.as_ref()?;
    }
    checker.required(at, "url_file", wire.url_file, FILE_EXAMPLE, file)
}

fn ntfy(checker: &mut Checker<'_>, at: &str, wire: NtfyWire) -> Option<Integration> {
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

fn webhook(checker: &mut Checker<'_>, at: &str, wire: WebhookWire) -> Option<Integration> {
    let to = address(
        checker,
        at,
        wire.url,
        wire.url_file,
        "as in `webhook: {url: 'https://hooks.example.org/prunelle'}`",
    );
    let token_file = optional_file(checker, at, "token_file", wire.token_file);
    let secret_file = optional_file(checker, at, "secret_file", wire.secret_file);
    let template_file = optional_file(checker, at, "template_file", wire.template_file);
    let headers = headers(checker, &join(at, "headers"), wire.headers);
    Some(Integration::Webhook {
        to: to?,
        token_file: token_file?,
        secret_file: secret_file?,
        template_file: template_file?,
        headers: headers?,
    })
}

fn headers(
    checker: &mut Checker<'_>,
    at: &str,
    wires: Option<BTreeMap<String, Scalar>>,
) -> Option<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    let mut is_right = true;
    for (name, Scalar(text)) in wires.unwrap_or_default() {
        let lower = name.to_ascii_lowercase();
        let is_signature = lower.starts_with("x-prunelle-");
        let own = OWN_HEADERS.iter().find(|(own, _)| *own == lower);
        let problem = match own {
            Some((_, cure)) => Some(Problem::new(
                format!("`{name}` is not written into the policy"),
                *cure,
            )),
            None if is_signature => Some(Problem::new(
                format!("`{name}` is set by the healer itself"),
                "choose a name that does not begin with `X-Prunelle-`",
            )),
            None if HeaderName::try_from(&lower).is_err() => Some(Problem::new(
                format!("`{name}` is not the name of a header"),
                "letters, digits and `-`, as in `X-Team`",
            )),
            None if HeaderValue::try_from(&text).is_err() => Some(Problem::new(
                format!("the value of `{name}` cannot be sent in a header"),
                "write it in one line of plain letters",
            )),
            None => None,
        };
        match problem {
            Some(problem) => {
                checker.report(&join(at, &name), problem);
                is_right = false;
            }
            None => {
                headers.insert(name, text);
            }
        }
    }
    is_right.then_some(headers)
}

/// Either an address that is no secret, or a file that holds one.
fn address(
    checker: &mut Checker<'_>,
    at: &str,
    url: Option<Scalar>,
    url_file: Option<Scalar>,
    example: &str,
) -> Option<PostAddress> {
    match (url, url_file) {
        (Some(_), Some(_)) => {
            checker.report(
                &join(at, "url_file"),
                Problem::new(
                    "`url` and `url_file` both say where to",
                    "keep `url_file` when the address is a secret, else `url`",
                ),
            );
            None
        }
        (None, Some(path)) => checker
            .required(at, "url_file", Some(path), "", file)
            .map(PostAddress::InFile),
        (url, None) => {
            let text = checker.required(at, "url", url, example, |text| {
                plain_address(text).map(|url| (text.to_owned(), url))
            });
            let (text, url) = text?;
            warn_of_address(checker, &join(at, "url"), &url);
            Some(PostAddress::Written(text))
        }
    }
}

fn plain_address(text: &str) -> Result<Url, Problem> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            Problem::new(
                "not an address of HTTP",
                "write it in full: `https://hooks.example.org/prunelle`",
            )
        })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Problem::new(
            "there are credentials in the address",
            "take them out and use `token_file`, or put the whole address into a file: `url_file: /etc/prunelle/secrets/hook-url`",
        ));
    }
    Ok(url)
}

fn warn_of_address(checker: &mut Checker<'_>, at: &str, url: &Url) {
    if url.scheme() == "http" && !http_client::is_loopback(url) {
        checker.warn(
            at,
            Problem::new(
                "messages go over the network in the clear",
                "use `https`; plain `http` is for this machine itself",
            ),
        );
    }
    if url.query().is_some() {
        checker.warn(
            at,
            Problem::new(
                "what stands behind the `?` is often a secret, and can be read here by everyone",
                FILE_EXAMPLE,
            ),
        );
    }
}

fn optional_file(
    checker: &mut Checker<'_>,
    at: &str,
    key: &str,
    path: Option<Scalar>,
) -> Read<Option<PathBuf>> {
    checker.or(at, key, path, None, |text| file(text).map(Some))
}

/// A path, of which nothing is repeated when it looks like a pasted secret.
fn file(text: &str) -> Result<PathBuf, Problem> {
    if text.starts_with('/') {
        return paths::absolute(text);
    }
    if text.contains("://") {
        return Err(Problem::new(
            "an address in the place of a file",
            FILE_EXAMPLE,
        ));
    }
    Err(Problem::new(
        "not an absolute path",
        "name a file from `/` on, as in `/etc/prunelle/secrets/chat-url`; what is secret stands in it, not here",
    ))
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
