//! HTTP listeners that a slow or greedy client cannot wear out.
//!
//! Connections are limited by a semaphore: one is accepted and waits for a slot, the rest waits in the kernel's queue
//! and costs nothing. Each connection has a deadline in every phase: shaking hands, reading a head, being served, being
//! idle; and when slots run out, those that have not asked for anything yet give way. Stopping ends idle connections at
//! once and lets requests finish. Both programs' `main` bind first, so that a taken port is an error at the start, and
//! hand the sockets to [`serve`].

mod activity;
mod address;
mod answer;
mod connection;
mod newcomers;
mod tls;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use futures_util::future::select_all;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

pub use address::{ListenAddress, ListenAddressError, ListenError, bind};

use connection::Service;
use newcomers::Newcomers;

use crate::lifecycle::{Crew, Stop};
use crate::web_config::{WebConfig, admit, decorate};

/// What clients may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections, over all listeners together; more wait in the kernel's queue.
    pub max_connections: usize,
    /// For the TLS handshake; and from then, or from the first byte of a later request, to the end of the request's
    /// head.
    pub header_read_timeout: Duration,
    /// How long a connection without a request keeps its slot while another one waits for it.
    pub crowded_patience: Duration,
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
            crowded_patience: Duration::from_millis(500),
            request_time_limit: Duration::from_secs(30),
            idle_timeout: Duration::from_mins(5),
            drain_timeout: Duration::from_secs(5),
        }
    }
}

/// After `EMFILE` and its like: a moment for descriptors to come free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, then drains. Handlers find the peer in `ConnectInfo<SocketAddr>` (IPv4 as IPv4, also on a
/// dual-stack socket); a panic in one is answered 500. `web` protects everything; without it, it is plain HTTP.
pub async fn serve(
    listeners: Vec<TcpListener>,
    router: Router,
    limits: Limits,
    web: Option<WebConfig>,
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
    let service = Service {
        router: protected(router, &limits, web.as_ref()),
        limits,
        web,
        answers: Arc::new(Semaphore::new(limits.max_connections)),
        stop: stop.clone(),
    };
    let slots = Arc::new(Semaphore::new(limits.max_connections));
    let newcomers = Newcomers::default();
    let mut connections = Crew::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.stopped() => break,
            accepted = accept(&listeners) => accepted,
        };
        connections.reap();
        match accepted {
            Ok((stream, peer)) => {
                let slot = tokio::select! {
                    biased;
                    () = stop.stopped() => break,
                    slot = slot(&slots, &newcomers, limits.crowded_patience) => slot,
                };
                let serving = service.clone().accept(stream, peer, newcomers.admit());
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

/// The router with everything around it, from the handlers outwards: who may pass, panics, the time limit, headers.
fn protected(router: Router, limits: &Limits, web: Option<&WebConfig>) -> Router {
    let router = match web {
        Some(web) => router.layer(from_fn_with_state(web.clone(), admit)),
        None => router,
    };
    let router = router
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            limits.request_time_limit,
        ));
    match web {
        Some(web) => router.layer(from_fn_with_state(web.clone(), decorate)),
        None => router,
    }
}

/// One connection from whichever listener has one.
async fn accept(listeners: &[tokio::net::TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
    let waiting = listeners.iter().map(|listener| Box::pin(listener.accept()));
    let (accepted, _, _) = select_all(waiting).await;
    accepted
}

/// A slot; when there is none, that of the oldest connection that has not asked for anything within `patience`.
async fn slot(
    slots: &Arc<Semaphore>,
    newcomers: &Newcomers,
    patience: Duration,
) -> Option<OwnedSemaphorePermit> {
    let free = Arc::clone(slots).acquire_owned();
    tokio::pin!(free);
    // Nobody joins while all slots are taken, so the oldest is found once.
    let Some(oldest) = newcomers.oldest() else {
        return free.await.ok();
    };
    tokio::select! {
        biased;
        slot = &mut free => return slot.ok(),
        () = tokio::time::sleep_until(oldest + patience) => newcomers.dismiss_oldest(),
    }
    free.await.ok()
}

/// The client went away before it was accepted.
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

#[cfg(test)]
mod tests;
