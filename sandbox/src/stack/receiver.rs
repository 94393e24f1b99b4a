//! A second receiver of Alertmanager's notifications: the way round a dead healer, in the place of mail.
//!
//! A thread that answers every POST with 200 and keeps what it got; it ends when the receiver is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

/// Records the notifications that Alertmanager posts.
#[derive(Debug)]
pub struct Receiver {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    notifications: Mutex<Vec<Value>>,
    is_ending: AtomicBool,
}

impl Receiver {
    /// Listens on a free port of loopback.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new()
            .name("receiver".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || serve(&listener, &shared)
            })?;
        Ok(Self {
            port,
            shared,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Every notification so far, in order of arrival.
    pub fn notifications(&self) -> Vec<Value> {
        self.shared
            .notifications
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether a firing (`firing`) or resolved (`resolved`) alert of that name has arrived.
    pub fn has_seen(&self, alert: &str, status: &str) -> bool {
        self.notifications().iter().any(|notification| {
            let alerts = notification.get("alerts").and_then(Value::as_array);
            alerts.into_iter().flatten().any(|item| {
                item.pointer("/labels/alertname").and_then(Value::as_str) == Some(alert)
                    && item.get("status").and_then(Value::as_str) == Some(status)
            })
        })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.is_ending.store(true, Ordering::Release);
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, shared: &Shared) {
    for stream in listener.incoming() {
        if shared.is_ending.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else { continue };
        match receive(stream) {
            Ok(notification) => shared
                .notifications
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(notification),
            Err(error) => eprintln!("receiver: {error:#}"),
        }
    }
}

fn receive(stream: TcpStream) -> Result<Value> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((key, value)) = line.split_once(':')
            && key.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    reader.get_mut().write_all(answer)?;
    serde_json::from_slice(&body).context("no JSON")
}
