//! A webhook that takes everything, and what it was sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// One message as it came.
pub(super) struct Post {
    /// The header that is the same each time that the message is sent.
    pub(super) id: String,
    pub(super) body: Value,
}

/// It serves until the test ends.
pub(super) struct WebHook {
    pub(super) port: u16,
    posts: Receiver<Post>,
}

impl WebHook {
    #[expect(
        clippy::disallowed_methods,
        reason = "a thread of a test, which ends with it"
    )]
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let (taken, posts) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Who was killed in the middle of a request sends it again.
                if let Ok(post) = take(stream)
                    && taken.send(post).is_err()
                {
                    return;
                }
            }
        });
        Ok(Self { port, posts })
    }

    /// What has come meanwhile.
    pub(super) fn come(&self) -> Vec<Post> {
        self.posts.try_iter().collect()
    }
}

fn take(stream: TcpStream) -> Result<Post> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream);
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "x-prunelle-id" => value.clone_into(&mut id),
            "content-length" => length = value.parse().context("a length")?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let post = Post {
        id,
        body: serde_json::from_slice(&body)?,
    };
    // Taken, whether or not the other side lives to hear it.
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let _ = reader.get_mut().write_all(answer.as_bytes());
    Ok(post)
}
