//! Who words messages: in the receiver's language, in the policy's time zone, with this machine's name.

use futures_util::future::{BoxFuture, ready};
use jiff::tz::TimeZone;

use super::message::Message;
use super::sender::Words;
use super::wording::Wording;
use super::words::{self, About, Reader};
use crate::policy::{Receiver, Telling};

/// Words messages for the senders.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// Who speaks, and where to read on.
    pub about: About,
}

impl Speaker {
    /// For whom it is worded. A time zone that this machine does not know is its own.
    pub fn reader(receiver: &Receiver, telling: &Telling) -> Reader {
        let zone = telling.time_zone.as_deref();
        Reader {
            language: receiver.language.unwrap_or(telling.language),
            time_zone: zone
                .and_then(|name| TimeZone::get(name).ok())
                .unwrap_or_else(TimeZone::system),
        }
    }
}

impl Words for Speaker {
    fn word<'a>(
        &'a self,
        message: &'a Message,
        receiver: &'a Receiver,
        telling: &'a Telling,
    ) -> BoxFuture<'a, Result<Wording, String>> {
        let reader = Self::reader(receiver, telling);
        Box::pin(ready(Ok(words::word(message, &reader, &self.about))))
    }
}
