//! Units read in full: one for who asks, or all watched ones as a picture to start from.
//!
//! A unit is one answer, so that its parts belong together; it carries its place in the order of the wire, so that it can
//! be told from signals that are older or newer.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join_all};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use zbus::message::Sequence;

use crate::bus::{Bus, UNIT};
use crate::error::is_answer;
use crate::properties::{Properties, ServiceChange, UnitChange, blank};
use crate::unit::{ActiveState, LoadState, UnitName, UnitState};
use crate::watch_list::WatchList;

/// How many units are read at a time.
const AT_ONCE: usize = 32;

/// One unit as it was read.
#[derive(Debug)]
pub(crate) struct Reading {
    /// All but whether its triggers are active.
    pub(crate) state: UnitState,
    /// Where the answer came.
    pub(crate) at: Sequence,
    /// What starts it.
    pub(crate) triggers: Vec<TriggerReading>,
}

/// A timer, socket or path as it was read.
#[derive(Debug, Clone)]
pub(crate) struct TriggerReading {
    pub(crate) id: UnitName,
    pub(crate) is_active: bool,
    pub(crate) at: Sequence,
}

impl Reading {
    /// The state with its triggers, for who asked for one unit.
    pub(crate) fn into_state(self) -> UnitState {
        let mut state = self.state;
        state.triggered_by = self
            .triggers
            .into_iter()
            .map(|trigger| (trigger.id, trigger.is_active))
            .collect();
        state
    }
}

/// Everything on the watch list, at about one moment.
#[derive(Debug)]
pub(crate) struct Picture {
    /// The list that was asked for.
    pub(crate) watch: WatchList,
    /// For each plain name the unit's own name.
    pub(crate) names: BTreeMap<UnitName, UnitName>,
    /// All units behind names and globs.
    pub(crate) readings: Vec<Reading>,
    /// Where the list of loaded units came.
    pub(crate) listed_at: Sequence,
}

/// Reads a unit. This loads it if it is not loaded.
pub(crate) async fn read(bus: &Bus, unit: &UnitName) -> zbus::Result<Reading> {
    let reply = bus.unit_properties(unit).await?;
    let body = reply.body();
    let properties: Properties<'_> = body.deserialize()?;
    let mut change = UnitChange::parse(&properties);
    let job_path = change.job.clone().flatten().map(|(_, path)| path);
    let trigger_names = change.triggered_by.take().unwrap_or_default();
    let mut state = blank(unit.clone());
    change.apply(&mut state);
    if let Some(service) = &mut state.service {
        ServiceChange::parse(&properties).apply(service);
    }
    drop(properties);
    if let (Some(job), Some(path)) = (&mut state.job, job_path) {
        // The job may have ended since; then its type no longer matters, and a signal tells.
        job.kind = bus.job_kind(&path).await.unwrap_or_default();
    }
    let triggers = join_all(trigger_names.into_iter().map(|id| read_trigger(bus, id))).await;
    Ok(Reading {
        state,
        at: reply.recv_position(),
        triggers: triggers.into_iter().flatten().collect(),
    })
}

/// Reads whether a timer, socket or path is active; none when it is gone.
pub(crate) async fn read_trigger(bus: &Bus, id: UnitName) -> Option<TriggerReading> {
    let (value, at) = bus.unit_property(&id, UNIT, "ActiveState").await.ok()?;
    let active = ActiveState::parse(<&str>::try_from(&value).ok()?);
    Some(TriggerReading {
        id,
        is_active: is_on(active),
        at,
    })
}

/// Whether a trigger in this state starts its unit when the time comes.
pub(crate) fn is_on(active: ActiveState) -> bool {
    matches!(active, ActiveState::Active | ActiveState::Reloading)
}

/// Whether a glob counts a unit: not the mere shadow of a name that something else mentions.
pub(crate) fn is_present(state: &UnitState) -> bool {
    !matches!(state.load, LoadState::NotFound | LoadState::Masked)
        || state.active != ActiveState::Inactive
}

/// Reads all that is watched.
pub(crate) async fn take_picture(bus: &Bus, watch: &WatchList) -> zbus::Result<Picture> {
    let (listed, listed_at) = bus.list_units().await?;
    let ids_by_name = resolve(bus, watch.names().collect()).await?;
    let by_glob = listed
        .into_iter()
        .filter(|row| watch.matches_glob(&row.id))
        .filter(|row| {
            let mut state = blank(row.id.clone());
            state.load = LoadState::parse(&row.load);
            state.active = ActiveState::parse(&row.active);
            is_present(&state)
        })
        .map(|row| row.id);
    let named: BTreeSet<UnitName> = ids_by_name.values().cloned().collect();
    let ids: BTreeSet<UnitName> = named.iter().cloned().chain(by_glob).collect();
    let readings = stream::iter(ids)
        .map(async |id| match read(bus, &id).await {
            Ok(reading) => Ok(Some(reading)),
            // systemd cannot load it: what is asked for by name is in the table even so.
            Err(error) if is_answer(&error) => Ok(named
                .contains(&id)
                .then(|| unreadable(id.clone(), listed_at))),
            // Anything but an answer ends the whole attempt.
            Err(error) => Err(error),
        })
        .buffer_unordered(AT_ONCE)
        .try_filter_map(async |reading| Ok(reading))
        .try_collect()
        .await?;
    Ok(Picture {
        watch: watch.clone(),
        names: ids_by_name,
        readings,
        listed_at,
    })
}

/// The units' own names: an alias has another one.
async fn resolve(bus: &Bus, names: Vec<&UnitName>) -> zbus::Result<BTreeMap<UnitName, UnitName>> {
    let ids: Vec<Option<UnitName>> = match bus.list_units_by_names(&names).await {
        Ok(rows) if rows.len() == names.len() => {
            rows.into_iter().map(|row| row.map(|row| row.id)).collect()
        }
        // systemd passed a name over, or chokes on one: each for itself, then.
        Ok(_) => own_names(bus, &names).await?,
        Err(error) if is_answer(&error) => own_names(bus, &names).await?,
        Err(error) => return Err(error),
    };
    Ok(names
        .into_iter()
        .zip(ids)
        .map(|(name, id)| (name.clone(), id.unwrap_or_else(|| name.clone())))
        .collect())
}

async fn own_names(bus: &Bus, names: &[&UnitName]) -> zbus::Result<Vec<Option<UnitName>>> {
    try_join_all(names.iter().map(async |name| match read(bus, name).await {
        Ok(reading) => Ok(Some(reading.state.id)),
        Err(error) if is_answer(&error) => Ok(None),
        Err(error) => Err(error),
    }))
    .await
}

/// A unit that systemd cannot load.
fn unreadable(id: UnitName, at: Sequence) -> Reading {
    let mut state = blank(id);
    state.load = LoadState::Error;
    Reading {
        state,
        at,
        triggers: Vec::new(),
    }
}
