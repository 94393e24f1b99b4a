//! The first who can be told is told what is wrong now, as if it had just been heard of; what is over is not told.
//!
//! While nobody can be told, the teller keeps nothing but how far the events go. So what fires then is read from the
//! journal's alerts, a few at a time, each turn with its place in them.

use serde_json::json;

use super::super::live::Live;
use super::super::outbox::Wanted;
use super::desk::Desk;
use super::{EVENTS, Place, Teller};
use crate::alert::Alert;
use crate::incident::About;
use crate::journal::{Event, EventType, JournalError};

impl Teller {
    /// Looks at the next alerts that fired while nobody could be told.
    pub(super) async fn catch_up(
        &self,
        live: &Live,
        place: &mut Place,
    ) -> Result<(), JournalError> {
        let now = self.clock.now().wall;
        let alerts = self.journal.untold(place.untold, EVENTS).await?;
        let next = match alerts.last() {
            Some((last, _)) if alerts.len() == EVENTS as usize => last.saturating_add(1),
            _ => 0,
        };
        let heard = |alert: &Alert| Event {
            timestamp: now,
            event_type: EventType::Alert,
            action_type: None,
            status: "FIRING".to_owned(),
            service: None,
            message: alert.name().to_owned(),
            details: json!({
                "alert": alert.name(),
                "fingerprint": alert.episode.fingerprint,
                "starts_at": alert.episode.starts_at,
                "labels": alert.labels,
                "annotations": alert.annotations,
            }),
            seq: place.cursor,
        };
        let events: Vec<Event> = alerts.iter().map(|(_, alert)| heard(alert)).collect();
        let wanted = Wanted {
            about: events.iter().filter_map(About::of).collect(),
            due: None,
        };
        let kept = self.journal.incidents(wanted).await?;
        let brakes = place.brakes.clone();
        let mut desk = Desk::new(live, now, kept, brakes, place.undelivered);
        for event in &events {
            desk.event(event);
        }
        let (mut turn, brakes) = desk.finish(&place.brakes);
        turn.cursor = None;
        turn.untold = Some(next);
        self.record(turn).await?;
        place.untold = next;
        place.brakes = brakes;
        Ok(())
    }
}
