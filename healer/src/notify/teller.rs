//! The teller: follows the journal's events, decides what is told to whom, and puts it into the outbox.
//!
//! Each turn reads a few events and what is due, decides without I/O (`desk`), and writes incidents, brakes, what waits,
//! messages and its place in the events in one transaction. So a crash repeats a turn or does not; nothing is told twice
//! or forgotten for it. Nothing of this is kept in memory but the brakes. It waits a moment after an event, so that the
//! repair that the event sets off has the journal for itself. Spawned by `run`.

mod desk;
mod lists;
mod newcomers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Stop;
use tokio::sync::watch;

use super::bell::Bell;
use super::brake::{Brake, Due, Limits, MINUTE};
use super::live::Live;
use super::message::MessageId;
use super::outbox::{NewMessage, Turn, Wanted};

use crate::incident::About;
use crate::journal::{Journal, JournalError};
use crate::metrics::Metrics;
use crate::policy::Receiver;
use crate::remediation::alarm::Alarm;

use self::desk::Desk;

/// Events in one turn.
const EVENTS: u32 = 200;
/// What is due in one turn.
const DUE: u32 = 200;
/// How long a repair has the journal for itself after an event.
const MOMENT: Duration = Duration::from_millis(300);
/// How long it waits when the journal cannot be written.
const AFTER_FAULT: Duration = Duration::from_secs(5);

/// The task that tells people.
#[derive(Debug)]
pub struct Teller {
    /// Where events come from, and messages go.
    pub journal: Journal,
    /// Whom, and within which limits.
    pub live: watch::Receiver<Arc<Live>>,
    /// The time.
    pub clock: SharedClock,
    /// What wakes the task.
    pub alarm: Arc<dyn Alarm>,
    /// Where it is counted.
    pub metrics: Metrics,
    /// Is rung when there is something to send.
    pub posted: Bell,
    /// Rings when something was given up.
    pub given_up: Bell,
}

/// What the task knows between two turns; all of it is in the journal.
struct Place {
    cursor: u64,
    /// The next alert that fired while nobody could be told; 0: all have been looked at.
    untold: i64,
    brakes: BTreeMap<String, Brake>,
    /// The last delivery that was given up, and that others were told of or will be.
    undelivered: i64,
}

/// What is left to do after a turn.
enum Left {
    /// More of the same.
    More,
    /// Nothing until then, or until something happens.
    Until(Option<Timestamp>),
    /// Nothing for a while, for there is nobody to tell.
    Nobody,
}

impl Teller {
    /// Tells people until `stop`.
    pub async fn run(mut self, stop: Stop) {
        let mut place = None;
        loop {
            self.given_up.mark_heard();
            self.live.mark_unchanged();
            let turned = self.turn(&mut place).await;
            let is_stalled =
                matches!(&turned, Err(error) if !matches!(error, JournalError::Closed));
            self.journal.stats().set_telling_stalled(is_stalled);
            self.metrics.unwritten(self.journal.unwritten());
            let wait = match turned {
                Ok(Left::More) => Duration::ZERO,
                Ok(Left::Until(due)) => {
                    self.sleep(due, &stop).await;
                    MOMENT
                }
                Ok(Left::Nobody) => {
                    tokio::select! {
                        () = stop.stopped() => {}
                        _ = self.live.changed() => {}
                        () = self.alarm.after(MINUTE) => {}
                    }
                    Duration::ZERO
                }
                Err(JournalError::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "cannot keep what people are to be told, trying again");
                    place = None;
                    AFTER_FAULT
                }
            };
            if stop.is_stopping() {
                return;
            }
            if !wait.is_zero() {
                tokio::select! {
                    () = stop.stopped() => {}
                    () = self.alarm.after(wait) => {}
                }
            }
        }
    }

    /// Until something happens or is due.
    async fn sleep(&mut self, due: Option<Timestamp>, stop: &Stop) {
        let alarm = match due {
            Some(due) => {
                let left = due.duration_since(self.clock.now().wall);
                self.alarm
                    .after(Duration::try_from(left).unwrap_or_default())
            }
            None => Box::pin(std::future::pending()),
        };
        let stats = self.journal.stats();
        tokio::select! {
            () = stop.stopped() => {}
            () = alarm => {}
            () = stats.appended() => {}
            () = self.given_up.rung() => {}
            // An error means that the program stops.
            _ = self.live.changed() => {}
        }
    }

    async fn turn(&self, place: &mut Option<Place>) -> Result<Left, JournalError> {
        let live = Arc::clone(&self.live.borrow());
        if live.receivers.is_empty() {
            *place = None;
            return self.skip().await;
        }
        let place = match place {
            Some(place) => place,
            none => none.insert(self.read_place().await?),
        };
        place.brakes.retain(|name, _| live.receiver(name).is_some());
        if place.untold > 0 {
            self.catch_up(&live, place).await?;
            return Ok(Left::More);
        }
        let is_all = self.follow(&live, place).await?;
        let standing = self.journal.standing().await?;
        if standing.undelivered > place.undelivered {
            self.hear_of_undelivered(&live, place).await?;
        }
        let has_told = self.tell_lists(&live, place).await?;
        if !is_all || has_told {
            return Ok(Left::More);
        }
        let now = self.clock.now().wall;
        let brakes = live.receivers.iter().filter_map(|receiver| {
            let limits = Limits::of(&live.policy.telling, receiver, now);
            place.brakes.get(&receiver.name)?.wake(&limits, now)
        });
        Ok(Left::Until(brakes.chain(standing.due).min()))
    }

    /// Nobody can be told: nothing is kept but how far the events go, and that not for each of them.
    async fn skip(&self) -> Result<Left, JournalError> {
        if self.journal.told().await?.cursor < self.journal.stats().sequence() {
            self.journal.skip_to_the_end().await?;
        }
        Ok(Left::Nobody)
    }

    async fn read_place(&self) -> Result<Place, JournalError> {
        let brakes: BTreeMap<_, _> = self.journal.brakes().await?.into_iter().collect();
        self.metrics.outbox(self.journal.outbox_depth().await?);
        let told = self.journal.told().await?;
        let told_of = brakes.values().map(|brake: &Brake| brake.heard_of);
        Ok(Place {
            cursor: told.cursor,
            untold: told.untold,
            undelivered: told_of.max().unwrap_or(0),
            brakes,
        })
    }

    /// Looks at the next events, or at what is due when there are no more; whether that was all.
    async fn follow(&self, live: &Live, place: &mut Place) -> Result<bool, JournalError> {
        let events = self.journal.events_after(place.cursor, EVENTS).await?;
        let is_last = events.len() < EVENTS as usize;
        let now = self.clock.now();
        let wanted = Wanted {
            about: events.iter().filter_map(About::of).collect(),
            due: is_last.then_some((now.wall, DUE)),
        };
        let kept = self.journal.incidents(wanted).await?;
        if events.is_empty() && kept.is_empty() {
            return Ok(true);
        }
        let is_all = is_last && kept.len() < DUE as usize;
        let mut desk = Desk::new(
            live,
            now.wall,
            kept,
            place.brakes.clone(),
            place.undelivered,
        );
        for event in &events {
            desk.event(event);
        }
        if is_last {
            desk.expire_all();
        }
        let (turn, brakes) = desk.finish(&place.brakes);
        let cursor = turn.cursor;
        self.record(turn).await?;
        place.cursor = cursor.unwrap_or(place.cursor);
        place.brakes = brakes;
        Ok(is_all)
    }

    /// What could not be delivered to one is told to the others, in their next digest.
    async fn hear_of_undelivered(
        &self,
        live: &Live,
        place: &mut Place,
    ) -> Result<(), JournalError> {
        let now = self.clock.now().wall;
        let after = place.undelivered;
        let news = self.journal.waiting_digest(String::new(), after).await?;
        let mut brakes = place.brakes.clone();
        let mut turn = Turn::default();
        for receiver in &live.receivers {
            let brake = brakes
                .entry(receiver.name.clone())
                .or_insert_with(|| Brake::new(after));
            let mut undelivered = news.undelivered.iter();
            let concerns = undelivered.any(|other| lists::concerns(receiver, other));
            brake.hear_of(news.last.1, concerns, now);
            turn.brakes.push((receiver.name.clone(), brake.clone()));
        }
        self.record(turn).await?;
        place.brakes = brakes;
        place.undelivered = news.last.1;
        Ok(())
    }

    /// Makes messages of the lists and digests that are due; whether there were any.
    async fn tell_lists(&self, live: &Live, place: &mut Place) -> Result<bool, JournalError> {
        let now = self.clock.now().wall;
        let mut has_told = false;
        for receiver in &live.receivers {
            let limits = Limits::of(&live.policy.telling, receiver, now);
            let Some(mut brake) = place.brakes.get(&receiver.name).cloned() else {
                continue;
            };
            let due = brake.due(&limits, now);
            if due.is_empty() {
                continue;
            }
            let mut turn = Turn::default();
            for (index, one) in due.iter().enumerate() {
                if lists::moves(&mut turn, receiver, one) {
                    let number = brake.count.wrapping_mul(1000).wrapping_add(index as u64);
                    let id = NewMessage::id(&receiver.name, now, number);
                    self.make(&mut turn, receiver, one, &mut brake, id, now)
                        .await?;
                }
            }
            turn.brakes.push((receiver.name.clone(), brake.clone()));
            self.record(turn).await?;
            place.brakes.insert(receiver.name.clone(), brake);
            has_told = true;
        }
        Ok(has_told)
    }

    async fn make(
        &self,
        turn: &mut Turn,
        receiver: &Receiver,
        due: &Due,
        brake: &mut Brake,
        id: MessageId,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let name = receiver.name.clone();
        match due {
            Due::List(slot) => {
                let waiting = self.journal.waiting_list(name, slot.to_text()).await?;
                lists::list(turn, receiver, slot, waiting, id, now);
            }
            Due::Digest => {
                let waiting = self.journal.waiting_digest(name, brake.undelivered).await?;
                brake.undelivered = waiting.last.1;
                lists::digest(turn, receiver, waiting, id, now);
            }
            Due::Hold(..) | Due::Burst(_) => {}
        }
        Ok(())
    }

    async fn record(&self, turn: Turn) -> Result<(), JournalError> {
        let has_messages = !turn.messages.is_empty();
        let kept = self.journal.record_turn(turn, self.clock.now()).await?;
        self.metrics.outbox(kept.depth);
        for (why, count) in kept.held {
            self.metrics.messages_held(why, count);
        }
        if has_messages {
            self.posted.ring();
        }
        Ok(())
    }
}
