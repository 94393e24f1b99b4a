//! Who may post: the bearer of one of the tokens in the token files.
//!
//! A token is always required, on loopback too. Several files are accepted, for rotation; each is looked at on every
//! request (one `stat`) and read again when it changed, so that rotating needs no restart. A file that is gone takes
//! its token with it; one that is unreadable or empty for a moment keeps the last good one.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use prunelle_foundation::file_stamp::FileStamp;
use prunelle_foundation::secret::{Secret, SecretError};
use prunelle_foundation::web_config::AuthenticatedUser;

/// The tokens in force.
#[derive(Debug)]
pub struct Tokens(Mutex<Vec<TokenFile>>);

/// No token could be read: nobody could post.
#[derive(Debug, thiserror::Error)]
#[error(
    "no webhook token can be read from {files}\n  hint: write one there, readable for the user that runs prunelle-healer (`openssl rand -hex 32`), or set --web.token-file"
)]
pub struct NoToken {
    files: String,
    /// What was wrong with the last file.
    source: Option<SecretError>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It carries no bearer token.
    NoCredentials,
    /// Its token is none of ours.
    WrongCredentials,
}

#[derive(Debug)]
struct TokenFile {
    path: PathBuf,
    read_as: Option<FileStamp>,
    was_tried: bool,
    token: Option<Secret>,
}

impl Tokens {
    /// Reads the files; at least one must hold a token.
    pub fn read(files: &[PathBuf]) -> Result<Self, NoToken> {
        let mut source = None;
        let tokens: Vec<TokenFile> = files
            .iter()
            .map(|path| {
                let mut file = TokenFile {
                    path: path.clone(),
                    read_as: None,
                    was_tried: false,
                    token: None,
                };
                if let Err(error) = file.refresh() {
                    source = Some(error);
                }
                file
            })
            .collect();
        if tokens.iter().all(|file| file.token.is_none()) {
            let names: Vec<_> = files.iter().map(|f| f.display().to_string()).collect();
            return Err(NoToken {
                files: names.join(", "),
                source,
            });
        }
        if let Some(error) = source {
            tracing::warn!(%error, "a webhook token is not in force");
        }
        Ok(Self(Mutex::new(tokens)))
    }

    /// Looks at the files now, and says which cannot be read; a request does the same.
    pub fn read_again(&self) {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for file in files.iter_mut() {
            if let Err(error) = file.refresh() {
                tracing::warn!(%error, file = %file.path.display(), "cannot read the webhook token again");
            }
        }
    }

    /// A user of the web configuration has shown a password already; everybody else shows a token.
    pub(crate) fn check_request(&self, request: &Parts) -> Result<(), Refusal> {
        if request.extensions.get::<AuthenticatedUser>().is_some() {
            return Ok(());
        }
        self.check(&request.headers)
    }

    /// Whether the request carries a token in force.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let guess = bearer(headers).ok_or(Refusal::NoCredentials)?;
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_known = false;
        for file in files.iter_mut() {
            if let Err(error) = file.refresh() {
                tracing::warn!(%error, file = %file.path.display(), "cannot read the webhook token again");
            }
            // No short cut: the time taken must not tell which of them is nearer.
            is_known |= file
                .token
                .as_ref()
                .is_some_and(|token| token.matches(guess));
        }
        if is_known {
            Ok(())
        } else {
            Err(Refusal::WrongCredentials)
        }
    }
}

impl TokenFile {
    fn refresh(&mut self) -> Result<(), SecretError> {
        let stamp = FileStamp::of(&self.path);
        if stamp.is_some() && stamp == self.read_as {
            return Ok(());
        }
        if stamp.is_none() && self.read_as.is_none() && self.token.is_none() && self.was_tried {
            // Not there yet, as the second file of a rotation: told at the start, not at every request.
            return Ok(());
        }
        self.was_tried = true;
        match Secret::from_file(&self.path) {
            Ok(token) => {
                self.token = Some(token);
                self.read_as = stamp;
                Ok(())
            }
            Err(error) => {
                if stamp.is_none() {
                    self.token = None;
                    self.read_as = None;
                }
                Err(error)
            }
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests;
