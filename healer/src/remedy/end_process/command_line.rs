//! Command lines without secrets: what may be kept of `/proc/<pid>/cmdline` in a journal that more people read than
//! may read the process.
//!
//! What looks like a secret is masked, and rather too much than too little: values of keys and options whose name says
//! so, passwords in addresses, and tokens that are known by their form.

use crate::processes::printable;

const MASK: &str = "***";
/// Longer command lines are cut.
const LONGEST: usize = 400;
/// In the name of a key or option: its value is a secret.
const SECRET: [&str; 12] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "auth",
    "cookie",
    "session",
    "private",
    "dsn",
    "pin",
];
/// Tokens that are known by how they begin.
const TOKENS: [&str; 10] = [
    "ghp_",
    "gho_",
    "github_pat_",
    "glpat-",
    "xox",
    "AKIA",
    "eyJ",
    "sk-",
    "hvs.",
    "AIza",
];

/// One line of the arguments that the kernel keeps apart by zero bytes.
pub(super) fn masked(content: &[u8]) -> String {
    let content = content.strip_suffix(b"\0").unwrap_or(content);
    let mut words = Vec::new();
    let mut is_next_secret = false;
    let mut is_first = true;
    for argument in content.split(|&byte| byte == 0) {
        // A process that renames itself writes one argument with spaces.
        for word in printable(argument)
            .split(' ')
            .filter(|word| !word.is_empty())
        {
            if is_next_secret && is_scheme(word) {
                words.push(word.to_owned());
                continue;
            }
            let is_value = std::mem::take(&mut is_next_secret);
            if is_value && !word.starts_with("--") {
                words.push(MASK.to_owned());
                continue;
            }
            is_next_secret = !is_first && asks_for_secret(word);
            words.push(if is_first {
                word.to_owned()
            } else {
                without_secret(word)
            });
            is_first = false;
        }
    }
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// `Bearer` and the like, which stand before the secret itself.
fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "digest", "token"].contains(&word.to_lowercase().as_str())
}

/// `--password`, `-p`, `Authorization:`: the next word is the secret.
fn asks_for_secret(word: &str) -> bool {
    let name = word.strip_suffix(':').unwrap_or(word);
    let is_option = name.len() < word.len() || word.starts_with('-');
    word == "-p" || (is_option && !name.contains(['=', '/']) && is_secret_name(name))
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET.iter().any(|secret| name.contains(secret))
}

fn without_secret(word: &str) -> String {
    if let Some((name, value)) = word.split_once('=')
        && !name.contains("://")
    {
        if is_secret_name(name) {
            return format!("{name}={MASK}");
        }
        return format!("{name}={}", without_secret(value));
    }
    if let Some((scheme, rest)) = word.split_once("://") {
        return format!("{scheme}://{}", address(rest));
    }
    if let Some((name, value)) = word.split_once(':')
        && !value.is_empty()
        && !value.starts_with('/')
        && is_secret_name(name)
    {
        return format!("{name}:{MASK}");
    }
    // `-psecret`, as mysql has it.
    if let Some(rest) = word.strip_prefix("-p")
        && !rest.is_empty()
        && !word.starts_with("--")
        && rest.parse::<u32>().is_err()
    {
        return format!("-p{MASK}");
    }
    if TOKENS.iter().any(|token| word.starts_with(token)) {
        return MASK.to_owned();
    }
    word.to_owned()
}

/// `user:secret@host/path?token=secret`
fn address(rest: &str) -> String {
    let (host, query) = match rest.split_once('?') {
        Some((host, _)) => (host, Some(MASK)),
        None => (rest, None),
    };
    let host = match host.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{user}:{MASK}@{host}")
        }
        None => host.to_owned(),
    };
    query.map_or_else(|| host.clone(), |query| format!("{host}?{query}"))
}
