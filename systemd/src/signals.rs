//! The task that drains the connection.
//!
//! zbus never drops a message: when its queue is full it stops reading, answers to calls included. So one task does
//! nothing but take messages off, and awaits nothing else. Ends of jobs go straight to the board; everything else goes
//! into a bounded channel, and when that is full the overflow is noted and a full picture will be taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use zbus::MessageStream;
use zbus::message::{Message, Sequence, Type};
use zbus::names::OwnedUniqueName;

use crate::bus::{BUS, MANAGER, MANAGER_PATH, PROPERTIES, SYSTEMD};
use crate::job::{Board, JobResult};
use crate::unit::UnitName;

/// A signal with its place in the order of the wire.
#[derive(Clone, Debug)]
pub(crate) struct Stamped {
    pub(crate) at: Sequence,
    pub(crate) signal: Signal,
}

/// What the owner of the table is told.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    /// `PropertiesChanged` of the unit at this path; the body is parsed only if somebody watches the unit.
    Properties(Message),
    /// The unit was loaded, by whomever and for how short a time ever.
    UnitNew(UnitName),
    /// The unit was unloaded.
    UnitRemoved(UnitName),
    /// A reload begins (true) or is over (false). In between, systemd says that all units were removed.
    Reloading(bool),
    /// Unit files were enabled, masked, linked …
    FilesChanged,
    /// Another systemd owns the name, or none.
    OwnerChanged,
}

/// Drains `stream` until the connection ends.
pub(crate) async fn drain(
    mut stream: MessageStream,
    systemd: OwnedUniqueName,
    board: Arc<Board>,
    sender: mpsc::Sender<Stamped>,
    has_overflowed: Arc<AtomicBool>,
) {
    loop {
        let message = tokio::select! {
            message = stream.next() => message,
            // The session is over, and nothing may ever come again.
            () = sender.closed() => return,
        };
        let Some(Ok(message)) = message else { return };
        if message.message_type() != Type::Signal {
            continue;
        }
        let Some(signal) = sort(&message, &systemd, &board) else {
            continue;
        };
        let stamped = Stamped {
            at: message.recv_position(),
            signal,
        };
        match sender.try_send(stamped) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => {
                has_overflowed.store(true, Ordering::Release);
            }
            Err(mpsc::error::TrySendError::Closed(_)) => return,
        }
    }
}

/// What a message means; none for what is of no interest, or does not come from systemd or the bus: anybody may send
/// signals to this connection.
fn sort(message: &Message, systemd: &OwnedUniqueName, board: &Board) -> Option<Signal> {
    let header = message.header();
    let sender = header.sender()?.as_str();
    let interface = header.interface()?.as_str();
    let member = header.member()?.as_str();
    if sender == BUS {
        return (interface == BUS && member == "NameOwnerChanged")
            .then(|| owner_changed(message))
            .flatten();
    }
    if sender != systemd.as_str() {
        return None;
    }
    if interface == PROPERTIES {
        return (member == "PropertiesChanged").then(|| Signal::Properties(message.clone()));
    }
    if interface != MANAGER || header.path()?.as_str() != MANAGER_PATH {
        return None;
    }
    let body = message.body();
    match member {
        "JobRemoved" => {
            let (_, path, unit, result): (u32, zbus::ObjectPath<'_>, &str, &str) =
                body.deserialize().ok()?;
            board.post(path.as_str(), unit, JobResult::parse(result));
            None
        }
        "UnitNew" => unit(&body).map(Signal::UnitNew),
        "UnitRemoved" => unit(&body).map(Signal::UnitRemoved),
        "Reloading" => body.deserialize().ok().map(Signal::Reloading),
        "UnitFilesChanged" => Some(Signal::FilesChanged),
        _ => None,
    }
}

fn owner_changed(message: &Message) -> Option<Signal> {
    let body = message.body();
    let (name, _, _): (&str, &str, &str) = body.deserialize().ok()?;
    (name == SYSTEMD).then_some(Signal::OwnerChanged)
}

fn unit(body: &zbus::message::Body) -> Option<UnitName> {
    let (id, _): (&str, zbus::ObjectPath<'_>) = body.deserialize().ok()?;
    id.parse().ok()
}
