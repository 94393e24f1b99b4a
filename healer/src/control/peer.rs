//! Who asks: the kernel tells the user at the other end of the socket, nobody has to be believed.
//!
//! Only root may name somebody else, as `sudo` does: it could become that user anyway.

use std::path::Path;

use axum::extract::connect_info::Connected;
use axum::http::HeaderMap;
use axum::serve::IncomingStream;
use tokio::net::UnixListener;

/// Where a client that `sudo` started names the person behind it.
pub const SUDO_USER_HEADER: &str = "x-prunelle-sudo-user";
/// Which name a user id has.
pub const USERS: &str = "/etc/passwd";
const LONGEST_NAME: usize = 64;

/// The user at the other end of a connection; none when the kernel does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    uid: Option<u32>,
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let credentials = stream.io().peer_cred();
        Self {
            uid: credentials.ok().map(|credentials| credentials.uid()),
        }
    }
}

impl Peer {
    /// The name that is kept: `ada`, `ada (sudo)`, or the number of a user who has no name here.
    pub(super) fn name(self, users: &Path, headers: &HeaderMap) -> String {
        let Some(uid) = self.uid else {
            return "somebody".to_owned();
        };
        if uid == 0
            && let Some(person) = sudo_user(headers)
        {
            return format!("{person} (sudo)");
        }
        user_name(users, uid)
    }
}

/// The name of a user id, or the number when nobody has it.
pub fn user_name(users: &Path, uid: u32) -> String {
    // A file that cannot be read names nobody.
    let users = std::fs::read_to_string(users).unwrap_or_default();
    name_of(&users, uid).unwrap_or_else(|| format!("uid {uid}"))
}

fn sudo_user(headers: &HeaderMap) -> Option<&str> {
    let name = headers.get(SUDO_USER_HEADER)?.to_str().ok()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-@$".contains(c);
    let is_name = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name != "root"
        && name.chars().all(is_plain);
    is_name.then_some(name)
}

/// The name of a user id, out of the text of `/etc/passwd`.
fn name_of(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str =
        "root:x:0:0:root:/root:/bin/bash\n# odd\n:x:7::\nada:x:1000:1000::/home/ada:/bin/sh\n";

    #[test]
    fn the_kernel_tells_who_asks_and_only_root_may_name_another() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("passwd");
        std::fs::write(&file, USERS).unwrap();
        let name = |uid: Option<u32>, sudo_user: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(name) = sudo_user {
                headers.insert(SUDO_USER_HEADER, name.parse().unwrap());
            }
            Peer { uid }.name(&file, &headers)
        };
        assert_eq!(name(Some(1000), None), "ada");
        assert_eq!(name(Some(1000), Some("grace")), "ada");
        assert_eq!(name(Some(0), None), "root");
        assert_eq!(name(Some(0), Some("grace")), "grace (sudo)");
        assert_eq!(name(Some(0), Some("grace\tand others")), "root");
        assert_eq!(name(Some(7), None), "uid 7");
        assert_eq!(name(None, Some("grace")), "somebody");
        let nowhere = Path::new("/nonexistent/passwd");
        let uid = Some(1000);
        assert_eq!(Peer { uid }.name(nowhere, &HeaderMap::new()), "uid 1000");
    }
}
