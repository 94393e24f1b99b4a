//! One turn of the teller, without I/O: events and what is due go in, one transaction comes out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::brake::{Brake, Limits, MINUTE, Piece, Verdict};
use super::super::live::Live;
use super::super::message::{Content, IncidentNews, Line, Message, News};
use super::super::outbox::{Kept, NewMessage, Turn, Waiting};
use super::super::route;
use super::super::story::{Holds, Story};
use crate::incident::{About, Fold, Incident};
use crate::journal::Event;

/// What has been decided so far in this turn.
pub(super) struct Desk<'a> {
    live: &'a Live,
    now: Timestamp,
    holds: Holds,
    fold: Fold,
    /// By the incident's key.
    stories: BTreeMap<String, Told>,
    brakes: BTreeMap<String, Brake>,
    /// Where a new brake begins.
    undelivered: i64,
    turn: Turn,
}

/// An incident's story in this turn.
struct Told {
    story: Story,
    is_muted: bool,
    has_changed: bool,
}

impl<'a> Desk<'a> {
    /// With the incidents that this turn may be about.
    pub(super) fn new(
        live: &'a Live,
        now: Timestamp,
        kept: Vec<Kept>,
        brakes: BTreeMap<String, Brake>,
        undelivered: i64,
    ) -> Self {
        let mut stories = BTreeMap::new();
        let mut incidents = Vec::with_capacity(kept.len());
        for Kept {
            incident,
            story,
            is_muted,
        } in kept
        {
            let told = Told {
                story,
                is_muted,
                has_changed: false,
            };
            stories.insert(incident.key.clone(), told);
            incidents.push(incident);
        }
        Self {
            holds: Holds::of(&live.policy.telling),
            live,
            now,
            fold: Fold::of(incidents),
            stories,
            brakes,
            undelivered,
            turn: Turn::default(),
        }
    }

    /// Takes the next event in.
    pub(super) fn event(&mut self, event: &Event) {
        self.turn.cursor = Some(event.seq);
        // What was due before it happened is told as it was then.
        if let Some(key) = About::of(event).and_then(|about| self.fold.key_of(&about)) {
            self.expire(&key, event.timestamp);
        }
        let Some((incident, change)) = self.fold.apply(event) else {
            // It may have added to the incident without being news: another alert about it, one less that fires.
            if let Some(told) = About::of(event)
                .and_then(|about| self.fold.key_of(&about))
                .and_then(|key| self.stories.get_mut(&key))
            {
                told.has_changed = true;
            }
            return;
        };
        let incident = incident.clone();
        let told = self.stories.entry(incident.key.clone()).or_insert(Told {
            story: Story::default(),
            is_muted: false,
            has_changed: true,
        });
        if change == crate::incident::Change::Began {
            told.story = Story::default();
        }
        told.has_changed = true;
        let news = told
            .story
            .on(&incident, change, event.timestamp, self.holds);
        if let Some(news) = news {
            self.publish(&incident, news, event.timestamp);
        }
    }

    /// Tells all that is due now.
    pub(super) fn expire_all(&mut self) {
        let due: Vec<String> = self
            .stories
            .iter()
            .filter(|(_, told)| told.story.is_due(self.now))
            .map(|(key, _)| key.clone())
            .collect();
        for key in due {
            let moment = self.stories.get(&key).and_then(|told| told.story.due());
            self.expire(&key, moment.unwrap_or(self.now).max(self.now));
        }
    }

    /// What changes, and all brakes as they are then.
    pub(super) fn finish(
        self,
        before: &BTreeMap<String, Brake>,
    ) -> (Turn, BTreeMap<String, Brake>) {
        let mut turn = self.turn;
        turn.brakes = self
            .brakes
            .iter()
            .filter(|(name, brake)| before.get(*name) != Some(*brake))
            .map(|(name, brake)| (name.clone(), brake.clone()))
            .collect();
        let mut stories = self.stories;
        turn.incidents = self
            .fold
            .into_incidents()
            .filter_map(|incident| {
                let told = stories.remove(&incident.key)?;
                told.has_changed.then_some(Kept {
                    incident,
                    story: told.story,
                    is_muted: told.is_muted,
                })
            })
            .collect();
        (turn, self.brakes)
    }

    /// Tells what was due by `at`.
    fn expire(&mut self, key: &str, at: Timestamp) {
        let Some(told) = self.stories.get_mut(key) else {
            return;
        };
        let Some(due) = told.story.due().filter(|due| *due <= at) else {
            return;
        };
        let Some(incident) = self.fold.incident(key).cloned() else {
            return;
        };
        told.has_changed = true;
        if told.is_muted && incident.ended.is_none() {
            told.story.silence(at, MINUTE);
        } else if let Some(news) = told.story.expire(&incident) {
            self.publish(&incident, news, due);
        }
    }

    /// Hands news to the brake of everybody whom they are for.
    fn publish(&mut self, incident: &Incident, news: News, at: Timestamp) {
        let Self {
            live,
            now,
            stories,
            brakes,
            undelivered,
            turn,
            ..
        } = self;
        let Some(told) = stories.get_mut(&incident.key) else {
            return;
        };
        for receiver in route::receivers(&live.policy, &live.receivers, incident, news) {
            let limits = Limits::of(&live.policy.telling, receiver, *now);
            let brake = brakes
                .entry(receiver.name.clone())
                .or_insert_with(|| Brake::new(*undelivered));
            let number = told.story.count.to_string();
            let sent = told.story.sent.entry(receiver.name.clone()).or_default();
            let sent_before = sent.count;
            let piece = Piece {
                alert: &incident.alert,
                news,
                severity: incident.severity,
                at,
            };
            let (slot, why) = match brake.judge(piece, sent, &limits, *now) {
                Verdict::Send => {
                    turn.messages.push(NewMessage {
                        receiver: receiver.name.clone(),
                        integrations: Live::integrations(receiver),
                        message: Message {
                            id: NewMessage::id_of_news(&receiver.name, incident, &number),
                            created: *now,
                            content: Content::Incident(Box::new(IncidentNews {
                                news,
                                incident: incident.clone(),
                                sent_before,
                            })),
                        },
                    });
                    continue;
                }
                Verdict::Gather(slot) => (Some(slot.to_text()), None),
                Verdict::Hold(why) => (None, Some(why)),
            };
            turn.waiting.push(Waiting {
                receiver: receiver.name.clone(),
                slot,
                why,
                alert: incident.alert.clone(),
                key: incident.key.clone(),
                line: line(incident, news),
            });
        }
    }
}

/// An incident as lists show it.
pub(super) fn line(incident: &Incident, news: News) -> Line {
    let summary = incident.annotations.get("summary").unwrap_or_default();
    Line {
        incident: incident.id.clone(),
        news,
        severity: incident.severity,
        began: incident.began,
        ended: incident.ended,
        summary: if summary.is_empty() {
            incident.alert.clone()
        } else {
            summary.to_owned()
        },
    }
}
