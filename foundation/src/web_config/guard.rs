//! What stands before every handler: the rate limit, then the user. And the headers on every answer.
//!
//! The order is exporter-toolkit's: what is too much is refused before it costs a hash. Layered by the listener.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::WebConfig;
use super::status::Refusal;
use super::users::{Busy, Credentials};

/// In the extensions of a request: it was sent by one of the users of the web configuration.
#[derive(Clone, Copy, Debug)]
pub struct AuthenticatedUser;

/// Lets a request through to its handler, or refuses it.
pub(crate) async fn admit(
    State(web): State<WebConfig>,
    mut request: Request,
    next: Next,
) -> Response {
    let has_own_authentication = web.0.own_authentication.contains(&request.uri().path());
    match web
        .may_pass(request.headers(), has_own_authentication)
        .await
    {
        Ok(is_user) => {
            if is_user {
                request.extensions_mut().insert(AuthenticatedUser);
            }
            next.run(request).await
        }
        Err(refusal) => {
            web.0.counters.refused(refusal);
            refuse(refusal, has_own_authentication)
        }
    }
}

/// Adds the headers of the web configuration.
pub(crate) async fn decorate(
    State(web): State<WebConfig>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in &web.contents().headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

impl WebConfig {
    /// Whether the request is a user's, when it may pass.
    async fn may_pass(
        &self,
        headers: &HeaderMap,
        has_own_authentication: bool,
    ) -> Result<bool, Refusal> {
        let contents = self.current().await;
        if !self.0.limiter.admits(contents.rate_limit, Instant::now()) {
            return Err(Refusal::OverRate);
        }
        if contents.users.is_empty() {
            return Ok(false);
        }
        let said = headers.get(AUTHORIZATION).and_then(basic);
        let Some(credentials) = said else {
            return if has_own_authentication {
                Ok(false)
            } else {
                Err(Refusal::Unauthenticated)
            };
        };
        let checking = self
            .0
            .verdicts
            .is_right(&contents.users, credentials, &self.0.tasks);
        match checking.await {
            Ok(true) => Ok(true),
            Ok(false) => Err(Refusal::Unauthenticated),
            Err(Busy) => Err(Refusal::Busy),
        }
    }
}

/// Who asks with a secret of their own is Alertmanager, which tries again after 503 and never after 429.
fn refuse(refusal: Refusal, has_own_authentication: bool) -> Response {
    let again = [(RETRY_AFTER, HeaderValue::from_static("1"))];
    match refusal {
        Refusal::Unauthenticated => {
            let challenge = HeaderValue::from_static("Basic realm=\"prunelle\"");
            let message = "a user and the right password are required\n";
            (
                StatusCode::UNAUTHORIZED,
                [(WWW_AUTHENTICATE, challenge)],
                message,
            )
                .into_response()
        }
        Refusal::OverRate if has_own_authentication => {
            let message = "more requests than the rate limit allows\n";
            (StatusCode::SERVICE_UNAVAILABLE, again, message).into_response()
        }
        Refusal::OverRate => {
            let message = "more requests than the rate limit allows\n";
            (StatusCode::TOO_MANY_REQUESTS, again, message).into_response()
        }
        Refusal::Busy => {
            let message = "too many passwords wait for being checked\n";
            (StatusCode::SERVICE_UNAVAILABLE, again, message).into_response()
        }
    }
}

/// What a header of basic authentication says; none when it is of another kind, or malformed.
fn basic(value: &HeaderValue) -> Option<Credentials> {
    let (scheme, encoded) = value.as_bytes().split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim_ascii()).ok()?);
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (user, rest) = decoded.split_at_checked(colon)?;
    Some(Credentials {
        user: String::from_utf8(user.to_vec()).ok()?,
        password: Zeroizing::new(rest.get(1..)?.to_vec()),
    })
}
