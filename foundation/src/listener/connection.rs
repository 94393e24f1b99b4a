//! One connection, from accept to close: the TLS handshake if there is one, then HTTP/1 or HTTP/2.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::activity::{Activity, Watched};
use super::answer::Answer;
use super::newcomers::Newcomer;
use super::{Limits, tls};
use crate::lifecycle::{Crew, Stop};
use crate::web_config::WebConfig;

/// HTTP/2 requests that one connection may have under way; all together never more than connections are allowed.
const MAX_STREAMS: u32 = 16;
/// Requests that a client took back before they were looked at; a connection with more of them is an attack.
const MAX_RESET_STREAMS: usize = 16;
const MAX_HEADERS: u32 = 16 << 10;
/// What an answer may hold in memory for a client that does not read, and a body that is not wanted yet.
const WINDOW: u32 = 64 << 10;
/// What is taken from a body at once.
const PIECE: usize = 16 << 10;
/// Whether an HTTP/2 client is still there is asked so often, and answered within that.
const ALIVE_EVERY: Duration = Duration::from_secs(30);

/// Which HTTP a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// What every connection of a listener is served with.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) router: Router,
    pub(super) limits: Limits,
    /// None: HTTP without TLS.
    pub(super) web: Option<WebConfig>,
    /// A place for each HTTP/2 request, so that many on one connection cost no more than one on each of many.
    pub(super) answers: Arc<Semaphore>,
    pub(super) stop: Stop,
}

impl Service {
    /// Serves a connection until either side ends it, a deadline passes, its slot is needed or its TLS settings are
    /// replaced.
    pub(super) async fn accept(self, stream: TcpStream, peer: SocketAddr, newcomer: Newcomer) {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let Some(web) = self.web.clone() else {
            self.serve(stream, peer, Protocol::Http1, newcomer).await;
            return;
        };
        let tls = web.current().await.tls.clone();
        let superseded = web.superseded(tls.as_ref());
        match &tls {
            None => {
                let serving = self.serve_until(stream, peer, Protocol::Http1, newcomer, superseded);
                serving.await;
            }
            Some(tls) => match self.handshake(stream, tls, &newcomer).await {
                Ok((stream, protocol)) => {
                    let serving = self.serve_until(stream, peer, protocol, newcomer, superseded);
                    serving.await;
                }
                Err(error) => {
                    web.handshake_failed();
                    // Anybody can make these: no line of the default level for them.
                    tracing::debug!(%peer, %error, "TLS handshake failed");
                }
            },
        }
    }

    async fn handshake(
        &self,
        stream: TcpStream,
        tls: &crate::web_config::Tls,
        newcomer: &Newcomer,
    ) -> io::Result<(tokio_rustls::server::TlsStream<TcpStream>, Protocol)> {
        let dismissed = newcomer.dismissed();
        let within = self.limits.header_read_timeout;
        tokio::select! {
            biased;
            shaken = tokio::time::timeout(within, tls::handshake(stream, tls)) => {
                shaken.unwrap_or_else(|_| Err(io::Error::other("it took too long")))
            }
            () = dismissed.cancelled() => Err(io::Error::other("others needed its place")),
            () = self.stop.stopped() => Err(io::Error::other("stopping")),
        }
    }

    async fn serve<I>(self, io: I, peer: SocketAddr, protocol: Protocol, newcomer: Newcomer)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let never = std::future::pending();
        self.serve_until(io, peer, protocol, newcomer, never).await;
    }

    async fn serve_until<I>(
        self,
        io: I,
        peer: SocketAddr,
        protocol: Protocol,
        newcomer: Newcomer,
        superseded: impl Future<Output = ()>,
    ) where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let dismissed = newcomer.dismissed();
        let activity = Activity::new(protocol, newcomer);
        let service = service_fn({
            let (router, activity) = (self.router.clone(), Arc::clone(&activity));
            let answers = (protocol == Protocol::Http2).then(|| Arc::clone(&self.answers));
            move |request| {
                let activity = Arc::clone(&activity);
                answer(router.clone(), request, peer, activity, answers.clone())
            }
        });
        let io = TokioIo::new(Watched {
            io,
            activity: Arc::clone(&activity),
        });
        let ending = Ending {
            peer,
            limits: self.limits,
            stop: self.stop,
            dismissed,
            superseded,
        };
        match protocol {
            Protocol::Http1 => {
                let connection = http1::Builder::new()
                    // Hyper's own limit would count idle time too; `Activity` keeps them apart.
                    .header_read_timeout(None)
                    .serve_connection(io, service);
                ending.drive(connection, &activity).await;
            }
            Protocol::Http2 => {
                let streams = Streams::default();
                let connection = http2::Builder::new(streams.clone())
                    .timer(TokioTimer::new())
                    .max_concurrent_streams(MAX_STREAMS)
                    .max_pending_accept_reset_streams(MAX_RESET_STREAMS)
                    .max_local_error_reset_streams(MAX_RESET_STREAMS)
                    .max_header_list_size(MAX_HEADERS)
                    .initial_stream_window_size(WINDOW)
                    .initial_connection_window_size(WINDOW * 4)
                    .max_send_buf_size(WINDOW as usize)
                    .keep_alive_interval(ALIVE_EVERY)
                    .keep_alive_timeout(ALIVE_EVERY)
                    .serve_connection(io, service);
                ending.drive(connection, &activity).await;
                streams.end();
            }
        }
    }
}

/// What ends a connection from this side.
struct Ending<F> {
    peer: SocketAddr,
    limits: Limits,
    stop: Stop,
    dismissed: CancellationToken,
    superseded: F,
}

impl<F: Future<Output = ()>> Ending<F> {
    async fn drive<C: Drained>(self, connection: C, activity: &Activity) {
        let peer = self.peer;
        let superseded = self.superseded;
        tokio::pin!(connection, superseded);
        let mut is_draining = false;
        loop {
            tokio::select! {
                biased;
                ended = &mut connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "connection ended");
                    }
                    return;
                }
                () = self.stop.stopped(), if !is_draining => {
                    is_draining = true;
                    connection.as_mut().drain();
                }
                () = &mut superseded, if !is_draining => {
                    is_draining = true;
                    connection.as_mut().drain();
                }
                () = activity.changed() => {}
                () = self.dismissed.cancelled() => {
                    tracing::debug!(%peer, "others needed the place of a connection that asked for nothing");
                    return;
                }
                () = tokio::time::sleep_until(activity.deadline(&self.limits)) => {
                    tracing::debug!(%peer, "connection was too slow");
                    return;
                }
            }
        }
    }
}

/// A connection of either kind.
trait Drained: Future<Output = hyper::Result<()>> {
    /// Finishes what runs and takes nothing new.
    fn drain(self: Pin<&mut Self>);
}

impl<I, S> Drained for http1::Connection<I, S>
where
    Self: Future<Output = hyper::Result<()>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<Incoming, ResBody = Answer>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn drain(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S> Drained for http2::Connection<I, S, Streams>
where
    Self: Future<Output = hyper::Result<()>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<Incoming, ResBody = Answer>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    Streams: hyper::rt::bounds::Http2ServerConnExec<S::Future, Answer>,
{
    fn drain(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// The tasks of one HTTP/2 connection: one for each request, all of which end with it.
#[derive(Clone, Debug, Default)]
struct Streams(Arc<Mutex<Crew>>);

impl Streams {
    /// Ends what still runs.
    fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Crew::default();
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let mut crew = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        crew.reap();
        crew.spawn(stream);
    }
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    activity: Arc<Activity>,
    answers: Option<Arc<Semaphore>>,
) -> Result<Response<Answer>, Infallible> {
    let running = activity.serving();
    let (place, piece) = match answers {
        Some(answers) => (answers.acquire_owned().await.ok(), PIECE),
        None => (None, usize::MAX),
    };
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.oneshot(request).await?;
    Ok(response.map(|body| Answer {
        body,
        rest: Bytes::new(),
        piece,
        _running: running,
        _place: place,
    }))
}
