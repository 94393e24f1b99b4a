//! One connection, from accept to close. Generic over the stream: a TLS handshake goes in front of it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

use super::Limits;
use super::activity::{Activity, Answer, Watched};
use crate::lifecycle::Stop;

/// Serves one connection until either side ends it or a deadline passes.
pub(super) async fn serve<I>(io: I, peer: SocketAddr, router: Router, limits: Limits, stop: Stop)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let activity = Activity::new();
    let service = service_fn({
        let activity = Arc::clone(&activity);
        move |request| answer(router.clone(), request, peer, Arc::clone(&activity))
    });
    let watched = TokioIo::new(Watched {
        io,
        activity: Arc::clone(&activity),
    });
    let connection = http1::Builder::new()
        // Hyper's own limit would count idle time too; `Activity` keeps them apart.
        .header_read_timeout(None)
        .serve_connection(watched, service);
    tokio::pin!(connection);
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
            () = stop.stopped(), if !is_draining => {
                is_draining = true;
                connection.as_mut().graceful_shutdown();
            }
            () = activity.changed() => {}
            () = tokio::time::sleep_until(activity.deadline(&limits)) => {
                tracing::debug!(%peer, "connection was too slow");
                return;
            }
        }
    }
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    activity: Arc<Activity>,
) -> Result<Response<Answer>, Infallible> {
    activity.serving();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.oneshot(request).await?;
    Ok(response.map(|body| Answer { body, activity }))
}
