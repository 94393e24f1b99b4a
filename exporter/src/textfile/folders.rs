//! Which files are textfiles: those named `*.prom` in the folders that were given, each a path or a pattern.

use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// The textfiles of one folder in the order of their names; why the folder cannot be read.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    // Without `//` and `/./`, as paths become labels.
    let plain: PathBuf = folder.components().collect();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        if name.as_encoded_bytes().ends_with(b".prom") {
            files.push(plain.join(name));
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// The folders that `pattern` names now: itself, when it is no pattern or nothing fits it.
pub(super) fn folders(pattern: &Path) -> Vec<PathBuf> {
    if !is_pattern(pattern.as_os_str()) {
        return vec![pattern.to_owned()];
    }
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let name = component.as_os_str();
        if let (Component::Normal(_), Some(matcher)) = (component, matcher(name)) {
            found = found
                .iter()
                .flat_map(|folder| fitting(folder, &matcher))
                .collect();
        } else {
            for path in &mut found {
                path.push(name);
            }
        }
    }
    found.retain(|path| path.exists());
    if found.is_empty() {
        found.push(pattern.to_owned());
    }
    found
}

fn fitting(folder: &Path, matcher: &GlobMatcher) -> Vec<PathBuf> {
    let place = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    let mut paths: Vec<_> = names
        .filter(|name| matcher.is_match(name))
        .map(|name| folder.join(name))
        .collect();
    paths.sort_unstable();
    paths
}

fn is_pattern(name: &OsStr) -> bool {
    let marks = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'\\');
    name.as_encoded_bytes().iter().any(marks)
}

/// None when it is no pattern, or none that makes sense: then it is a name.
fn matcher(name: &OsStr) -> Option<GlobMatcher> {
    let text = name.to_str().filter(|_| is_pattern(name))?;
    let glob = GlobBuilder::new(text).backslash_escape(true).build().ok()?;
    Some(glob.compile_matcher())
}
