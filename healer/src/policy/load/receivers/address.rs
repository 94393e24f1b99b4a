//! Addresses and files of receivers. No message repeats an address or a text that may be a secret.

use std::path::PathBuf;

use reqwest::Url;

use crate::http_client;
use crate::policy::PostAddress;
use crate::policy::load::checker::{Checker, Problem, Read, join};
use crate::policy::load::paths;
use crate::policy::wire::{Scalar, SecretAddressWire};

const FILE_EXAMPLE: &str = "write the address into a file of its own that only root and prunelle can read, and name that: `url_file: /etc/prunelle/secrets/chat-url`";

/// The file with the address of a webhook.
pub(super) fn secret_address(
    checker: &mut Checker<'_>,
    at: &str,
    wire: SecretAddressWire,
) -> Option<PathBuf> {
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

/// Either an address that is no secret, or a file that holds one.
pub(super) fn address(
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

/// A file that may be named.
pub(super) fn optional_file(
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
