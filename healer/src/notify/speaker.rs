//! Who words messages: in the receiver's language, in the policy's time zone, with this machine's name. A regular report
//! is made here, when it is sent.

use futures_util::future::BoxFuture;
use jiff::tz::TimeZone;

use super::message::{Content, Message, ReportNotice};
use super::sender::Words;
use super::wording::{Attachment, Wording};
use super::words::{self, About, Reader};
use crate::causes::with_causes;
use crate::policy::{Receiver, Telling};
use crate::report::{Period, Reporter, pdf, sheet};

/// Words messages for the senders.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// Who speaks, and where to read on.
    pub about: About,
    /// Makes reports.
    pub reporter: Reporter,
}

impl Speaker {
    /// For whom it is worded.
    pub fn reader(receiver: &Receiver, telling: &Telling) -> Reader {
        Reader {
            language: receiver.language.unwrap_or(telling.language),
            time_zone: Self::zone(telling),
        }
    }

    /// By whose clock times are told. A time zone that this machine does not know is its own.
    pub fn zone(telling: &Telling) -> TimeZone {
        let zone = telling.time_zone.as_deref();
        zone.and_then(|name| TimeZone::get(name).ok())
            .unwrap_or_else(TimeZone::system)
    }

    async fn report(&self, notice: &ReportNotice, reader: &Reader) -> Result<Attachment, String> {
        let period = Period {
            since: notice.since,
            until: notice.until,
        };
        let made = self.reporter.report(period, reader.time_zone.clone()).await;
        let report = made.map_err(|error| with_causes(&error))?;
        let day = reader.time_zone.to_datetime(notice.since).date();
        Ok(Attachment {
            name: format!("prunelle-{day}.pdf"),
            content_type: "application/pdf".to_owned(),
            bytes: pdf::document(&sheet::of(&report, reader)),
        })
    }
}

impl Words for Speaker {
    fn word<'a>(
        &'a self,
        message: &'a Message,
        receiver: &'a Receiver,
        telling: &'a Telling,
    ) -> BoxFuture<'a, Result<Wording, String>> {
        Box::pin(async move {
            let reader = Self::reader(receiver, telling);
            let mut wording = words::word(message, &reader, &self.about);
            if let Content::Report(notice) = &message.content {
                wording
                    .attachments
                    .push(self.report(notice, &reader).await?);
            }
            Ok(wording)
        })
    }
}
