//! Lists and digests: what waited at a receiver's brake becomes one message, in one transaction with its rows' end.

use jiff::Timestamp;

use super::super::brake::{Due, Slot};
use super::super::live::Live;
use super::super::message::{
    Content, Digest, Gathered, IncidentNews, Message, MessageId, Undelivered,
};
use super::super::outbox::{Goes, Kept, NewMessage, Turn, WaitingDigest, WaitingList};
use crate::policy::Receiver;

/// Adds to the turn what a list becomes: one message about all of them, or about the only one, in its thread.
pub(super) fn list(
    turn: &mut Turn,
    receiver: &Receiver,
    slot: &Slot,
    list: WaitingList,
    id: MessageId,
    now: Timestamp,
) {
    let told = Goes::Told { last: list.last };
    let name = receiver.name.clone();
    turn.moved.push((name, Some(slot.to_text()), told));
    let alert = match slot {
        Slot::Alike { alert, .. } => Some(alert.clone()),
        Slot::Burst => None,
    };
    let (id, content) = match (list.only, list.lines.first()) {
        (Some(only), Some(line)) if only.incident.id == line.incident => {
            let mut only = once(turn, *only);
            let sent = only.story.sent.entry(receiver.name.clone()).or_default();
            let sent_before = sent.count;
            sent.count += 1;
            sent.lately.push(now);
            let news = IncidentNews {
                news: line.news,
                incident: only.incident.clone(),
                sent_before,
            };
            turn.incidents.push(only);
            (id, Content::Incident(Box::new(news)))
        }
        (_, None) => return,
        (_, Some(_)) => {
            let gathered = Gathered {
                alert,
                severity: list.severity,
                total: list.total,
                lines: list.lines,
            };
            (id, Content::Gathered(gathered))
        }
    };
    turn.messages.push(message(receiver, id, content, now));
}

/// The incident as this turn has it: another list of the turn may have been about it alone, too.
fn once(turn: &mut Turn, mut kept: Kept) -> Kept {
    let known = |other: &Kept| other.incident.key == kept.incident.key;
    if let Some(place) = turn.incidents.iter().position(known) {
        kept = turn.incidents.swap_remove(place);
    }
    kept
}

/// Adds to the turn what a digest says, if it says anything.
pub(super) fn digest(
    turn: &mut Turn,
    receiver: &Receiver,
    waiting: WaitingDigest,
    id: MessageId,
    now: Timestamp,
) {
    let told = Goes::Told {
        last: waiting.last.0,
    };
    turn.moved.push((receiver.name.clone(), None, told));
    let undelivered: Vec<Undelivered> = waiting
        .undelivered
        .into_iter()
        .filter(|other| concerns(receiver, other))
        .collect();
    if waiting.total == 0 && undelivered.is_empty() {
        return;
    }
    let content = Content::Digest(Digest {
        since: waiting.since.unwrap_or(now),
        total: waiting.total,
        held: waiting.held,
        by_alert: waiting.by_alert,
        lines: waiting.lines,
        undelivered,
    });
    turn.messages.push(message(receiver, id, content, now));
}

/// Whether a receiver is to know of what did not arrive: at somebody else, or by another way to itself.
pub(super) fn concerns(receiver: &Receiver, undelivered: &Undelivered) -> bool {
    receiver.name != undelivered.receiver || Live::integrations(receiver).len() > 1
}

fn message(receiver: &Receiver, id: MessageId, content: Content, created: Timestamp) -> NewMessage {
    NewMessage {
        receiver: receiver.name.clone(),
        integrations: Live::integrations(receiver),
        message: Message {
            id,
            created,
            content,
        },
    }
}

/// Adds to the turn what became of the rows of one slot; whether there is a message to be made of them.
pub(super) fn moves(turn: &mut Turn, receiver: &Receiver, due: &Due) -> bool {
    let (slot, goes) = match due {
        Due::List(_) | Due::Digest => return true,
        Due::Hold(slot, why) => (slot, Goes::Held(*why)),
        Due::Burst(slot) => (slot, Goes::To(Slot::Burst.to_text())),
    };
    let name = receiver.name.clone();
    turn.moved.push((name, Some(slot.to_text()), goes));
    false
}
