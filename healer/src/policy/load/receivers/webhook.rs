//! A webhook of one's own, with its headers.

use std::collections::BTreeMap;

use reqwest::header::{HeaderName, HeaderValue};

use super::address::{address, optional_file};
use crate::policy::Integration;
use crate::policy::load::checker::{Checker, Problem, join};
use crate::policy::wire::{Scalar, WebhookWire};

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

/// Any program that takes a POST.
pub(super) fn webhook(
    checker: &mut Checker<'_>,
    at: &str,
    wire: WebhookWire,
) -> Option<Integration> {
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
