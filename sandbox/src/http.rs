//! The few HTTP calls of the sandbox: plain, to loopback, one connection each, with a time limit.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;

const LIMIT: Duration = Duration::from_secs(5);

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Body.
    pub body: String,
}

/// GET of a path (with its query) at a port of loopback.
pub fn get(port: u16, path: &str) -> Result<Answer> {
    request(port, "GET", path, &[], "", LIMIT)
}

/// POST of JSON, with further headers.
pub fn post(port: u16, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
    request(port, "POST", path, headers, body, LIMIT)
}

/// A request without a body, for what takes longer than all else here.
pub fn slow(port: u16, method: &str, path: &str, limit: Duration) -> Result<Answer> {
    request(port, method, path, &[], "", limit)
}

/// GET of a JSON document; any status but 200 is an error.
pub fn get_json<T: DeserializeOwned>(port: u16, path: &str) -> Result<T> {
    let answer = get(port, path)?;
    ensure!(
        answer.status == 200,
        "GET {path} at port {port}: {}: {}",
        answer.status,
        answer.body
    );
    serde_json::from_str(&answer.body).with_context(|| format!("GET {path} at port {port}"))
}

/// `text` for use in a query.
pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect::<Vec<_>>()
        .concat()
}

/// HTTP/1.0, so that the body ends with the connection and is never chunked.
fn request(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
    limit: Duration,
) -> Result<Answer> {
    let name = || format!("{method} {path} at port {port}");
    let headers = headers
        .iter()
        .map(|(key, value)| format!("{key}: {value}\r\n"))
        .collect::<Vec<_>>()
        .concat();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, LIMIT).with_context(name)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(LIMIT))?;
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: localhost:{port}\r\n{headers}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    )
    .with_context(name)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).with_context(name)?;
    parse(&String::from_utf8_lossy(&answer)).with_context(name)
}

fn parse(answer: &str) -> Result<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let status = head.split(' ').nth(1).context("no status")?;
    Ok(Answer {
        status: status.parse().context("no status")?,
        body: body.to_owned(),
    })
}
