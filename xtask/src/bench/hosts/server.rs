//! The simulated hosts: one HTTP server with a page for each host and job, compressed as the real programs compress.
//!
//! A thread for each connection, of which Prometheus keeps one for each host and job. All end when it is dropped.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use prunelle_sandbox::wait::Stopwatch;

use super::model::{Model, Moment};

/// As the real programs' media type.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Smaller bodies are sent as they are, as the real programs do.
const WORTH_COMPRESSING: usize = 4096;

pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    model: Model,
    /// Since the real host was read for the second time.
    watch: Stopwatch,
    is_ending: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

impl Server {
    /// Serves what `model` tells, from the moment that `watch` was started.
    pub(super) fn start(model: Model, watch: Stopwatch) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            model,
            watch,
            is_ending: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        let in_thread = Arc::clone(&shared);
        let acceptor = thread(move || accept(&listener, &in_thread))?;
        Ok(Self {
            address,
            shared,
            acceptor: Some(acceptor),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn model(&self) -> &Model {
        &self.shared.model
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_ending.store(true, Ordering::Release);
        // Wakes the acceptor.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            // One that panicked has said so.
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        if shared.is_ending.load(Ordering::Acquire) {
            break;
        }
        // One that was closed at once is none.
        let Ok(stream) = stream else { continue };
        let in_thread = Arc::clone(shared);
        let copy = stream.try_clone();
        match thread(move || {
            // Prometheus closes a connection when it ends, or gives a scrape up.
            let _ = serve(stream, &in_thread);
        }) {
            Ok(thread) => threads.push(thread),
            Err(error) => eprintln!("simulated hosts: {error:#}"),
        }
        shared.connections().extend(copy);
    }
    for connection in shared.connections().drain(..) {
        // It may have ended by itself.
        let _ = connection.shutdown(Shutdown::Both);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

impl Shared {
    fn connections(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers the requests of one connection, one after the other.
fn serve(mut stream: TcpStream, shared: &Shared) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let target = line.split(' ').nth(1).context("no request")?.to_owned();
        let mut takes_gzip = false;
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            if line.trim_end().is_empty() {
                break;
            }
            let header = line.to_ascii_lowercase();
            takes_gzip |= header.starts_with("accept-encoding:") && header.contains("gzip");
        }
        let (host, job, query) = Model::parse(&target)?;
        let moment = Moment {
            host,
            seconds: shared.watch.elapsed().as_secs_f64(),
        };
        let body = shared.model.page(job, query).tell(moment).into_bytes();
        let (body, encoding) = if takes_gzip && body.len() >= WORTH_COMPRESSING {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&body)?;
            (encoder.finish()?, "Content-Encoding: gzip\r\n")
        } else {
            (body, "")
        };
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {OPEN_METRICS}\r\n{encoding}Content-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        answer.extend(body);
        stream.write_all(&answer)?;
    }
}

fn thread(work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let builder = Builder::new().name("simulated-host".to_owned());
    builder.spawn(work).context("cannot start a thread")
}
