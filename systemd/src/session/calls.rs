//! The calls that the model needs, as futures beside the session's loop, and what becomes of their answers.

use futures_util::future::BoxFuture;
use tokio::time::sleep;

use super::{FILES_CHANGED, Session, stock};
use crate::bus::Bus;
use crate::error::is_answer;
use crate::model::Need;
use crate::reading::{Reading, TriggerReading, read, read_trigger};
use crate::unit::UnitName;

/// What came back from a call beside the loop.
#[derive(Debug)]
pub(super) enum Answer {
    Unit(UnitName, zbus::Result<Box<Reading>>),
    Trigger(Option<TriggerReading>),
    Triggered(Vec<UnitName>),
    JobKind(UnitName, u32, String),
    ControlGroup(UnitName, Option<String>),
}

/// The call for a need.
pub(super) fn ask(bus: Bus, need: Need) -> BoxFuture<'static, Answer> {
    Box::pin(async move {
        match need {
            Need::Unit(unit) => {
                let reading = read(&bus, &unit).await.map(Box::new);
                Answer::Unit(unit, reading)
            }
            Need::Trigger(unit) => Answer::Trigger(read_trigger(&bus, unit).await),
            Need::Triggered(unit) => {
                Answer::Triggered(bus.triggers(&unit).await.unwrap_or_default())
            }
            Need::ControlGroup(unit) => {
                let path = bus.control_group(&unit).await.unwrap_or_default();
                Answer::ControlGroup(unit, path)
            }
            Need::JobKind { unit, id, path } => {
                let kind = bus.job_kind(&path).await.unwrap_or_default();
                Answer::JobKind(unit, id, kind)
            }
            // These are no calls; the session deals with them itself.
            Need::Picture | Need::PictureSoon | Need::Reconnect => Answer::Trigger(None),
        }
    })
}

impl Session {
    /// Gives the inventory what was read for it, and the watched units what concerns them.
    pub(super) fn stock_up(&mut self, event: stock::Event) {
        let Some(stock) = &mut self.stock else {
            return;
        };
        if let stock::Event::Group(unit, path) = &event {
            self.model.learn_control_group(unit, path.clone());
        }
        stock.take(event);
    }

    /// Whether the inventory reads the cgroup of this unit already.
    pub(super) fn stock_asks_group(&self, unit: &UnitName) -> bool {
        self.stock
            .as_ref()
            .is_some_and(|stock| stock.asks_group(unit))
    }

    /// Gives an answer to the model.
    pub(super) fn take(&mut self, answer: Answer) {
        match answer {
            Answer::Unit(unit, Ok(reading)) => {
                if let Some(stock) = &mut self.stock {
                    stock.learn(&reading);
                }
                self.model.learn(&unit, Some(*reading));
            }
            Answer::Unit(unit, Err(error)) => {
                self.model.learn(&unit, None);
                if let Some(stock) = &mut self.stock {
                    stock.miss(&unit);
                }
                if !is_answer(&error) {
                    tracing::debug!(%unit, %error, "cannot read unit, taking a full picture soon");
                    self.picture_due
                        .get_or_insert_with(|| Box::pin(sleep(FILES_CHANGED)));
                }
            }
            Answer::Trigger(Some(reading)) => self.model.learn_trigger(reading),
            Answer::Trigger(None) => {}
            Answer::Triggered(units) => self.model.learn_triggered(units),
            Answer::ControlGroup(unit, path) => self.model.learn_control_group(&unit, path),
            Answer::JobKind(unit, id, kind) => self.model.learn_job_kind(&unit, id, kind),
        }
    }
}
