//! What all chats have in common: a layout makes a body of the words, a post takes it there.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::channel::{Channel, Envelope, Receipt, SendError};
use super::post::{self, ChannelError, Parcel, Post};
use super::wording::Wording;
use crate::policy::PostAddress;

/// How one service wants a message.
pub(super) trait Layout: Send + Sync + fmt::Debug {
    /// The body of its request, within the service's limits.
    fn body(&self, wording: &Wording, envelope: &Envelope<'_>) -> Value;
}

/// A layout and where it goes.
#[derive(Debug)]
struct Chat<L> {
    layout: L,
    post: Post,
}

impl<L: Layout> Channel for Chat<L> {
    fn send<'a>(
        &'a self,
        wording: &'a Wording,
        envelope: &'a Envelope<'a>,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        let body = self.layout.body(wording, envelope);
        Box::pin(self.post.send(Parcel::json(&body)))
    }
}

/// A chat whose webhook's address is in a file.
pub(super) fn in_file(
    url_file: &Path,
    layout: impl Layout + 'static,
) -> Result<Arc<dyn Channel>, ChannelError> {
    let to = PostAddress::InFile(url_file.to_owned());
    let url = post::address(&to)?;
    Ok(channel(Post::new(&to, url)?, layout))
}

/// A layout and where it goes, as a channel.
pub(super) fn channel(post: Post, layout: impl Layout + 'static) -> Arc<dyn Channel> {
    Arc::new(Chat { layout, post })
}
