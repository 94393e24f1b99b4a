//! One turn of the teller, in one transaction: incidents, brakes, what waits, messages, and the place in the events.

use prunelle_foundation::clock::Now;
use rusqlite::params;

use super::super::operation::{Operation, Run, Transaction};
use super::kept::{forget_settled, keep};
use super::set;
use super::waiting::{go, wait};
use crate::notify::outbox::{Goes, Turn, TurnKept};

/// Writes one turn.
pub(super) struct RecordTurn {
    pub(super) turn: Turn,
    pub(super) at: Now,
}

impl Operation for RecordTurn {
    type Output = TurnKept;
    const CAN_WAIT: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let Self { turn, at } = &*self;
        for kept in &turn.incidents {
            keep(tx, kept, at)?;
        }
        for (receiver, brake) in &turn.brakes {
            tx.execute(
                "INSERT INTO brakes (receiver, brake) VALUES (?1, ?2)
                 ON CONFLICT (receiver) DO UPDATE SET brake = excluded.brake",
                params![receiver, serde_json::to_string(brake)?],
            )?;
        }
        // What is told now goes first: nothing else has been read.
        let (told, others): (Vec<_>, Vec<_>) = turn
            .moved
            .iter()
            .partition(|(_, _, goes)| matches!(goes, Goes::Told { .. }));
        let mut held = Vec::new();
        for (receiver, list, goes) in told.into_iter().chain(others) {
            let rows = go(tx, receiver, list.as_deref(), goes)?;
            if let Goes::Held(why) = goes {
                held.push((*why, u64::try_from(rows).unwrap_or(u64::MAX)));
            }
        }
        for waiting in &turn.waiting {
            wait(tx, waiting, at)?;
            held.extend(waiting.why.map(|why| (why, 1)));
        }
        for message in &turn.messages {
            tx.put_in_outbox(message, at)?;
        }
        if let Some(untold) = turn.untold {
            set(tx, "untold", untold)?;
        }
        if let Some(cursor) = turn.cursor {
            set(tx, "told", i64::try_from(cursor).unwrap_or(i64::MAX))?;
            forget_settled(tx, at)?;
        }
        Ok(TurnKept {
            depth: tx.depth()?,
            held,
        })
    }
}
