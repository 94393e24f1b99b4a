//! A text that is never printed: tokens and passwords, read from files only.
//!
//! Debug shows `[redacted]`, the memory is overwritten on drop, and comparing takes the same time whatever the guess.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A secret.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// Why a secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the secret in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds nothing but line ends.
    #[error("the secret in {} is empty", .0.display())]
    Empty(PathBuf),
    /// The file is larger than any secret is (64 KiB).
    #[error("{} is too large for a secret", .0.display())]
    TooLarge(PathBuf),
}

const LARGEST: u64 = 64 * 1024;

impl Secret {
    /// Wraps a text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Reads a file, without the line end that editors add.
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        let read = |source| SecretError::Read {
            path: path.to_owned(),
            source,
        };
        let file = std::fs::File::open(path).map_err(read)?;
        // Room for the whole file up front: a string that grows leaves copies behind.
        let size = file.metadata().map_err(read)?.len().min(LARGEST + 1);
        let mut text = Zeroizing::new(String::with_capacity(
            usize::try_from(size).unwrap_or(0) + 1,
        ));
        file.take(LARGEST + 1)
            .read_to_string(&mut text)
            .map_err(read)?;
        if text.len() as u64 > LARGEST {
            return Err(SecretError::TooLarge(path.to_owned()));
        }
        let length = text.trim_end_matches(['\r', '\n']).len();
        text.truncate(length);
        if text.is_empty() {
            return Err(SecretError::Empty(path.to_owned()));
        }
        Ok(Self(text))
    }

    /// The text itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `guess` is the secret; how long that takes tells the length at most.
    pub fn matches(&self, guess: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(guess).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests;
