//! What Alertmanager is told. 503 alone brings a prompt retry; 3xx and 429 are never sent.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::metrics::NotificationResult;
use crate::work::Ack;

/// An answer, with the result it is counted under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) result: NotificationResult,
    pub(super) message: String,
}

impl Answer {
    pub(super) fn new(result: NotificationResult, message: impl Into<String>) -> Self {
        Self {
            result,
            message: message.into(),
        }
    }

    fn status(&self) -> StatusCode {
        match self.result {
            NotificationResult::Accepted => StatusCode::ACCEPTED,
            NotificationResult::NothingNew => StatusCode::OK,
            NotificationResult::Unauthenticated => StatusCode::UNAUTHORIZED,
            NotificationResult::Forbidden => StatusCode::FORBIDDEN,
            NotificationResult::Malformed => StatusCode::BAD_REQUEST,
            NotificationResult::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            NotificationResult::Incomplete => StatusCode::REQUEST_TIMEOUT,
            NotificationResult::Overloaded
            | NotificationResult::NotReady
            | NotificationResult::NotKept => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<Ack> for Answer {
    fn from(ack: Ack) -> Self {
        match ack {
            Ack::Accepted => Self::new(NotificationResult::Accepted, "kept"),
            Ack::NothingNew => Self::new(NotificationResult::NothingNew, "nothing new"),
            Ack::Unavailable => Self::new(
                NotificationResult::NotKept,
                "the journal cannot be written, try again",
            ),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, format!("{}\n", self.message)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
