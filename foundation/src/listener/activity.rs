//! What a connection is doing and until when it may: shared by its socket, its service and its answers.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Limits;
use super::connection::Protocol;
use super::newcomers::Newcomer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The head of a request is being read; a new connection begins here.
    Head,
    /// From the end of a head until the last answer is handed over.
    Serving,
    /// Waiting for the next request.
    Idle,
}

/// The phase of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    changed: Notify,
    /// With HTTP/1 a byte on an idle connection begins a head; HTTP/2 has bytes that belong to no request.
    bytes_begin_heads: bool,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    /// When each running request began, the oldest first; HTTP/2 has several at once.
    running: Vec<(u64, Instant)>,
    next: u64,
    /// Until the first head is complete.
    newcomer: Option<Newcomer>,
}

impl Activity {
    pub(super) fn new(protocol: Protocol, newcomer: Newcomer) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                phase: Phase::Head,
                since: Instant::now(),
                running: Vec::new(),
                next: 0,
                newcomer: Some(newcomer),
            }),
            changed: Notify::new(),
            bytes_begin_heads: protocol == Protocol::Http1,
        })
    }

    /// When the connection must end unless something happens before.
    pub(super) fn deadline(&self, limits: &Limits) -> Instant {
        let state = self.lock();
        match state.phase {
            Phase::Head => state.since + limits.header_read_timeout,
            Phase::Serving => {
                let oldest = state.running.first();
                oldest.map_or(state.since, |(_, began)| *began) + limits.request_time_limit * 2
            }
            Phase::Idle => state.since + limits.idle_timeout,
        }
    }

    /// Resolves when the deadline is another one.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// A head is complete; the request runs until the value is dropped.
    pub(super) fn serving(self: &Arc<Self>) -> Running {
        let mut state = self.lock();
        let (id, now) = (state.next, Instant::now());
        state.next += 1;
        state.running.push((id, now));
        (state.phase, state.since) = (Phase::Serving, now);
        let newcomer = state.newcomer.take();
        drop(state);
        drop(newcomer);
        self.changed.notify_one();
        Running {
            id,
            activity: Arc::clone(self),
        }
    }

    fn bytes_arrived(&self) {
        if !self.bytes_begin_heads {
            return;
        }
        let mut state = self.lock();
        if state.phase == Phase::Idle {
            (state.phase, state.since) = (Phase::Head, Instant::now());
            self.changed.notify_one();
        }
    }

    fn ended(&self, request: u64) {
        let mut state = self.lock();
        state.running.retain(|(id, _)| *id != request);
        if state.running.is_empty() {
            (state.phase, state.since) = (Phase::Idle, Instant::now());
        }
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that runs, until its answer has been handed over or it was given up.
#[derive(Debug)]
pub(super) struct Running {
    id: u64,
    activity: Arc<Activity>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.activity.ended(self.id);
    }
}

/// A socket that tells of arriving bytes.
#[derive(Debug)]
pub(super) struct Watched<I> {
    pub(super) io: I,
    pub(super) activity: Arc<Activity>,
}

impl<I: AsyncRead + Unpin> AsyncRead for Watched<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.bytes_arrived();
        }
        polled
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Watched<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
