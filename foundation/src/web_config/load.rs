//! From the file to its checked contents, with the stamps of everything that was read on the way.

mod material;
mod tls;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};

use super::Contents;
use super::rate_limit::RateLimit;
use super::users::Users;
use super::wire::{HeadersWire, RateLimitWire, WebWire};
use crate::clock::SharedClock;
use crate::config::{ConfigError, ConfigErrors, Document};
use crate::file_stamp::FileStamp;

/// The file and those that it names, each with its stamp from before it was read: what is written meanwhile is seen
/// at the next look.
#[derive(Debug)]
pub(super) struct Sources {
    file: PathBuf,
    seen: Vec<(PathBuf, Option<FileStamp>)>,
}

impl Sources {
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn have_changed(&self) -> bool {
        self.seen
            .iter()
            .any(|(path, stamp)| FileStamp::of(path) != *stamp)
    }

    fn watch(&mut self, path: &Path) {
        self.seen.push((path.to_owned(), FileStamp::of(path)));
    }
}

/// Reads and checks everything. The sources are those of this attempt, also when it fails.
pub(super) fn load(file: &Path, clock: &SharedClock) -> (Sources, Result<Contents, ConfigErrors>) {
    let mut sources = Sources {
        file: file.to_owned(),
        seen: Vec::new(),
    };
    sources.watch(file);
    let read = Document::read(file).and_then(|document| {
        let wire = document.get::<WebWire>()?;
        Ok((document, wire))
    });
    let contents = read.and_then(|(document, wire)| {
        let mut loader = Loader {
            document: &document,
            clock,
            sources: &mut sources,
            errors: Vec::new(),
        };
        let contents = loader.contents(wire);
        match (ConfigErrors::new(loader.errors), contents) {
            (None, Some(contents)) => Ok(contents),
            (Some(errors), _) => Err(errors),
            (None, None) => Err(document.error_at("", "cannot be used", None).into()),
        }
    });
    (sources, contents)
}

/// Collects what is wrong.
struct Loader<'a> {
    document: &'a Document,
    clock: &'a SharedClock,
    sources: &'a mut Sources,
    errors: Vec<ConfigError>,
}

impl Loader<'_> {
    fn contents(&mut self, wire: WebWire) -> Option<Contents> {
        let http = wire.http_server_config;
        let is_http2 = http.as_ref().and_then(|http| http.http2);
        let tls = wire.tls_server_config;
        if is_http2 == Some(true) && tls.is_none() {
            self.error(
                "http_server_config.http2",
                "HTTP/2 is served with TLS only",
                "add `tls_server_config`, or remove `http2`",
            );
        }
        let tls = tls.map(|tls| self.tls(tls, is_http2.unwrap_or(true)));
        let headers = http.and_then(|http| http.headers);
        let headers = headers.map(|it| self.headers(it)).unwrap_or_default();
        let rate_limit = wire.rate_limit.and_then(|it| self.rate_limit(&it));
        let users = wire.basic_auth_users.unwrap_or_default();
        let users = users.into_iter().map(|(name, hash)| (name.0, hash));
        Some(Contents {
            tls: match tls {
                // What is wrong with it has been told.
                Some(None) => return None,
                Some(Some(tls)) => Some(Arc::new(tls)),
                None => None,
            },
            headers,
            users: Arc::new(Users::new(users.collect())),
            rate_limit,
        })
    }

    fn headers(&mut self, wire: HeadersWire) -> Vec<(HeaderName, HeaderValue)> {
        let given = [
            (
                "Content-Security-Policy",
                wire.content_security_policy,
                &[][..],
            ),
            (
                "Strict-Transport-Security",
                wire.strict_transport_security,
                &[],
            ),
            (
                "X-Content-Type-Options",
                wire.x_content_type_options,
                &["nosniff"],
            ),
            (
                "X-Frame-Options",
                wire.x_frame_options,
                &["deny", "sameorigin"],
            ),
            ("X-XSS-Protection", wire.x_xss_protection, &[]),
        ];
        let mut headers = Vec::new();
        for (name, value, accepted) in given {
            // An empty one is unset, as exporter-toolkit documents it.
            let Some(value) = value.filter(|value| !value.is_empty()) else {
                continue;
            };
            let path = format!("http_server_config.headers.{name}");
            if !accepted.is_empty() && !accepted.contains(&value.as_str()) {
                let hint = format!("accepted: `{}`", accepted.join("`, `"));
                self.error(&path, format!("`{value}` is no value of {name}"), &hint);
                continue;
            }
            match (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_str(&value),
            ) {
                (Ok(name), Ok(value)) => headers.push((name, value)),
                _ => self.error(
                    &path,
                    format!("{name} holds a character that a header cannot have"),
                    "write it in one line, without control characters",
                ),
            }
        }
        headers
    }

    /// None is no limit; so is an interval of zero.
    fn rate_limit(&mut self, wire: &RateLimitWire) -> Option<RateLimit> {
        let interval = wire.interval.map(|interval| interval.0);
        let burst = wire.burst.unwrap_or(0);
        match interval {
            None if burst > 0 => {
                self.error(
                    "rate_limit.burst",
                    "a burst without an interval limits nothing",
                    "add `interval: 1s`, the time between two requests in the long run",
                );
                None
            }
            None => None,
            Some(interval) if interval.is_zero() => None,
            Some(_) if burst == 0 => {
                self.error(
                    "rate_limit",
                    "with a burst of 0 no request is ever answered",
                    "add `burst: 10`, the number of requests that may come at once",
                );
                None
            }
            Some(interval) => Some(RateLimit { interval, burst }),
        }
    }

    fn error(&mut self, path: &str, message: impl Into<String>, hint: &str) {
        self.errors
            .push(self.document.error_at(path, message, Some(hint)));
    }
}
