//! Certificates and keys as texts: out of the web configuration itself, or out of the files that it names.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Loader;

/// Certificates and keys are never that long.
const LARGEST_FILE: u64 = 1 << 20;

/// A text, and the key in the web configuration that it comes from.
pub(super) struct Material {
    pub(super) at: &'static str,
    /// How messages name it.
    pub(super) name: String,
    pub(super) text: Zeroizing<Vec<u8>>,
}

impl Loader<'_> {
    /// What stands in the file itself, or in the file that is named.
    pub(super) fn material(
        &mut self,
        [inline_key, file_key]: [&'static str; 2],
        inline: Option<String>,
        file: Option<PathBuf>,
    ) -> Option<Material> {
        match (
            inline.filter(|text| !text.is_empty()),
            file.filter(|path| path != Path::new("")),
        ) {
            (Some(_), Some(_)) => {
                let message = format!("`{inline_key}` and `{file_key}` are both given");
                self.tls_error(inline_key, message, "keep one of them");
                None
            }
            (Some(text), None) => {
                if inline_key == "key" {
                    let file = self.document.file().to_owned();
                    warn_if_readable_by_all(&file);
                }
                Some(Material {
                    at: inline_key,
                    name: format!("`{inline_key}`"),
                    text: Zeroizing::new(text.into_bytes()),
                })
            }
            (None, Some(path)) => self.file(file_key, &path),
            (None, None) => None,
        }
    }

    fn file(&mut self, at: &'static str, path: &Path) -> Option<Material> {
        let folder = self.document.file().parent().unwrap_or(Path::new(""));
        let path = folder.join(path);
        self.sources.watch(&path);
        if at == "key_file" {
            warn_if_readable_by_all(&path);
        }
        match read(&path) {
            Ok(text) => Some(Material {
                at,
                name: path.display().to_string(),
                text,
            }),
            Err(error) => {
                let hint = match error.kind() {
                    std::io::ErrorKind::NotFound => {
                        "check the path; a relative one starts at the folder of this file"
                    }
                    std::io::ErrorKind::PermissionDenied => {
                        "let the user that this program runs as read it, for example by its group"
                    }
                    _ => "check what the path leads to",
                };
                self.tls_error(at, format!("cannot read {}: {error}", path.display()), hint);
                None
            }
        }
    }
}

fn read(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let file = std::fs::File::open(path)?;
    let mut text = Zeroizing::new(Vec::new());
    file.take(LARGEST_FILE).read_to_end(&mut text)?;
    Ok(text)
}

fn warn_if_readable_by_all(path: &Path) {
    let is_readable_by_all =
        std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0);
    if is_readable_by_all {
        tracing::warn!(file = %path.display(), "everybody on this host can read the private key: `chmod o= FILE`");
    }
}
