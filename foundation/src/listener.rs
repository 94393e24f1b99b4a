//! HTTP listeners that a slow or greedy client cannot wear out.
//!
//! Connections are limited by a semaphore that is taken before accepting, so that what is too much waits in the
//! kernel's queue and costs nothing. Each connection has a deadline in every phase: reading a head, being served,
//! being idle. Stopping ends idle connections at once and lets requests finish. Both programs' `main` bind first, so
//! that a taken port is an error at the start, and hand the sockets to [`serve`].

mod activity;
mod address;
mod connection;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use futures_util::future::select_all;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

pub use address::{ListenAddress, ListenAddressError, ListenError, bind};

use crate::lifecycle::{Crew, Stop};

/// What clients may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections, over all listeners together; more wait in the kernel's queue.
    pub max_connections: usize,
    /// From connecting, or from the first byte of a later request, to the end of the request's head.
    pub header_read_timeout: Duration,
    /// From the end of the head to the answer, the reading of the body included: 503 after that. Sending the answer
    /// may take as long again.
    pub request_time_limit: Duration,
    /// How long a connection may wait for its next request; longer than any scrape interval.
    pub idle_timeout: Duration,
    /// How long running requests may take once stopping has begun.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 512,
            header_read_timeout: Duration::from_secs(5),
            request_time_limit: Duration::from_secs(30),
            idle_timeout: Duration::from_mins(5),
            drain_timeout: Duration::from_secs(5),
        }
    }
}

/// After `EMFILE` and its like: a moment for descriptors to come free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, then drains. Handlers find the peer in `ConnectInfo<SocketAddr>` (IPv4 as IPv4, also on a
/// dual-stack socket); a panic in one is answered 500.
pub async fn serve(
    listeners: Vec<TcpListener>,
    router: Router,
    limits: Limits,
    stop: Stop,
) -> Result<(), ListenError> {
    let listeners = listeners
        .into_iter()
        .map(|listener| {
            listener.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(listener)
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(ListenError::Register)?;
    if listeners.is_empty() {
        return Err(ListenError::None);
    }
    let router = router
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            limits.request_time_limit,
        ));
    let slots = Arc::new(Semaphore::new(limits.max_connections));
    let mut connections = Crew::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.stopped() => break,
            accepted = accept(&slots, &listeners) => accepted,
        };
        connections.reap();
        match accepted {
            Ok((slot, stream, peer)) => {
                let serving = connection::serve(stream, peer, router.clone(), limits, stop.clone());
                connections.spawn(async move {
                    let _slot = slot;
                    serving.await;
                });
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // New connections are refused from here on, not left to hang.
    drop(listeners);
    if tokio::time::timeout(limits.drain_timeout, connections.ended())
        .await
        .is_err()
    {
        connections.reap();
        tracing::warn!(
            connections = connections.len(),
            "requests cut off while stopping"
        );
    }
    Ok(())
}

type Accepted = (
    tokio::sync::OwnedSemaphorePermit,
    tokio::net::TcpStream,
    std::net::SocketAddr,
);

/// One connection from whichever listener has one, once there is a slot for it.
async fn accept(
    slots: &Arc<Semaphore>,
    listeners: &[tokio::net::TcpListener],
) -> std::io::Result<Accepted> {
    let slot = Arc::clone(slots)
        .acquire_owned()
        .await
        .map_err(std::io::Error::other)?;
    let waiting = listeners.iter().map(|listener| Box::pin(listener.accept()));
    let (accepted, _, _) = select_all(waiting).await;
    let (stream, peer) = accepted?;
    Ok((slot, stream, peer))
}

/// The client went away before it was accepted.
fn is_about_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

#[cfg(test)]
mod tests;
