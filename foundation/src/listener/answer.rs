//! An answer on its way out: the request runs, and holds its place, until the body has been handed over.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use super::activity::Running;

/// An answer's body, with which the request ends.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Body,
    /// Read from the body and longer than a piece.
    pub(super) rest: Bytes,
    /// How much is handed over at once. HTTP/2 takes whatever it is given, so that only small pieces make it wait for
    /// a client that does not read.
    pub(super) piece: usize,
    pub(super) _running: Running,
    /// With HTTP/2: one of all answers of the listener.
    pub(super) _place: Option<OwnedSemaphorePermit>,
}

impl Answer {
    fn next_piece(&mut self) -> Bytes {
        let length = self.rest.len().min(self.piece);
        self.rest.split_to(length)
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        Poll::Ready(Some(Ok(Frame::data(self.next_piece()))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
