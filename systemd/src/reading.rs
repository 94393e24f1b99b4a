//! Units read in full: one for who asks, or all watched ones as a picture to start from.
//!
//! A unit is one answer, so that its parts belong together; it carries its place in the order of the wire, so that it can
//! be told from signals that are older or newer.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use zbus::message::Sequence;

use crate::bus::{Bus, Listed, UNIT};
use crate::error::is_answer;
use crate::inventory::Details;
use crate::ledger::{DetailReading, StateReading};
use crate::properties::{Properties, ServiceChange, StateChange, UnitChange, apply_to_timer};
use crate::unit::{ActiveState, LoadState, ServiceState, TimerState, UnitName, UnitState};
use crate::watch_list::WatchList;

/// How many units are read at a time. systemd starts and stops nothing while a call waits for it (its queue of jobs has the
/// lowest priority of all that it does), so it must come to rest between two readings.
pub(crate) const AT_ONCE: usize = 1;

/// One unit as it was read.
#[derive(Debug)]
pub(crate) struct Reading {
    /// All but whether its triggers are active.
    pub(crate) state: UnitState,
    /// `ActiveEnterTimestamp`.
    pub(crate) active_since: Option<Timestamp>,
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
    /// When it elapses, if it is a timer.
    pub(crate) timer: Option<TimerState>,
    pub(crate) at: Sequence,
}

impl Reading {
    /// What the inventory wants to know of it.
    pub(crate) fn details(&self) -> Option<DetailReading> {
        let service = self.state.service.clone()?;
        Some(DetailReading {
            state: Some(StateReading {
                active: self.state.active,
                sub: self.state.sub.clone(),
                active_since: self.active_since,
            }),
            details: Details::Service(Box::new(service)),
            at: self.at,
        })
    }

    /// The state with its triggers, for who asked for one unit.
    pub(crate) fn into_state(self, monotonic_zero: Timestamp) -> UnitState {
        let mut state = self.state;
        state.next_timer_run = self
            .triggers
            .iter()
            .filter(|trigger| trigger.is_active)
            .filter_map(|trigger| trigger.timer.as_ref()?.next_run(monotonic_zero))
            .min();
        state.triggered_by = self
            .triggers
            .into_iter()
            .map(|trigger| (trigger.id, trigger.is_active))
            .collect();
        state
    }
}

/// Reads what only units of this type have. This loads the unit if it is not loaded.
pub(crate) async fn read_details(bus: &Bus, unit: &UnitName) -> zbus::Result<DetailReading> {
    if unit.kind() == "socket" {
        let (_, at) = bus.unit_property(unit, UNIT, "ActiveState").await?;
        return Ok(DetailReading {
            state: None,
            details: Details::Socket(bus.socket_state(unit).await?),
            at,
        });
    }
    let reply = bus.unit_properties(unit).await?;
    let body = reply.body();
    let properties: Properties<'_> = body.deserialize()?;
    let details = if unit.kind() == "timer" {
        let mut timer = TimerState::default();
        apply_to_timer(&properties, &mut timer);
        Details::Timer(timer)
    } else {
        let mut service = ServiceState::default();
        ServiceChange::parse(&properties).apply(&mut service);
        Details::Service(Box::new(service))
    };
    let state = StateChange::parse(&properties);
    Ok(DetailReading {
        state: state.active.map(|active| StateReading {
            active,
            sub: state.sub.unwrap_or_default().to_owned(),
            active_since: state.active_since.flatten(),
        }),
        details,
        at: reply.recv_position(),
    })
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
    /// All loaded units, if they were listed.
    pub(crate) listed: Vec<Listed>,
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
    let active_since = StateChange::parse(&properties).active_since.flatten();
    let mut state = UnitState::blank(unit.clone());
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
        active_since,
        at: reply.recv_position(),
        triggers: triggers.into_iter().flatten().collect(),
    })
}

/// Reads whether a timer, socket or path is active, and when a timer elapses; none when it is gone.
pub(crate) async fn read_trigger(bus: &Bus, id: UnitName) -> Option<TriggerReading> {
    if id.kind() == "timer" {
        return read_timer(bus, id).await;
    }
    let (value, at) = bus.unit_property(&id, UNIT, "ActiveState").await.ok()?;
    let active = ActiveState::parse(<&str>::try_from(&value).ok()?);
    Some(TriggerReading {
        id,
        is_active: is_on(active),
        timer: None,
        at,
    })
}

/// One answer for both interfaces.
async fn read_timer(bus: &Bus, id: UnitName) -> Option<TriggerReading> {
    let reply = bus.unit_properties(&id).await.ok()?;
    let body = reply.body();
    let properties: Properties<'_> = body.deserialize().ok()?;
    let mut timer = TimerState::default();
    apply_to_timer(&properties, &mut timer);
    Some(TriggerReading {
        id,
        is_active: is_on(UnitChange::parse(&properties).active?),
        timer: Some(timer),
        at: reply.recv_position(),
    })
}

/// Whether a trigger in this state starts its unit when the time comes.
pub(crate) fn is_on(active: ActiveState) -> bool {
    matches!(active, ActiveState::Active | ActiveState::Reloading)
}

/// Whether there is such a unit at all: not the mere shadow of a name that something else mentions.
pub(crate) fn exists(load: LoadState, active: ActiveState) -> bool {
    load != LoadState::NotFound || active != ActiveState::Inactive
}

/// Whether a glob takes up a unit that it has not stood for before: it exists and may be used.
pub(crate) fn is_candidate(load: LoadState, active: ActiveState) -> bool {
    exists(load, active) && (load != LoadState::Masked || active != ActiveState::Inactive)
}

/// Reads all that is watched; the globs stand for those in `remembered` as well. Lists all loaded units if globs or the
/// inventory need it.
pub(crate) async fn take_picture(
    bus: &Bus,
    watch: &WatchList,
    remembered: BTreeSet<UnitName>,
    has_inventory: bool,
) -> zbus::Result<Picture> {
    let (listed, enabled, listed_at) = if !watch.globs().is_empty() {
        let ((listed, at), enabled) = try_join(bus.list_units(), bus.enabled_units()).await?;
        (listed, enabled, at)
    } else if has_inventory {
        let (listed, at) = bus.list_units().await?;
        (listed, Vec::new(), at)
    } else {
        (Vec::new(), Vec::new(), bus.ping().await?)
    };
    // A name is asked for as it is: what is read there tells the unit's own name, which an alias does not have.
    let answers: Vec<(UnitName, Reading)> = stream::iter(watch.names().cloned())
        .map(async |name| match read(bus, &name).await {
            Ok(reading) => Ok((name, reading)),
            // What is asked for by name is in the table even where systemd cannot load it.
            Err(error) if is_answer(&error) => Ok((name.clone(), unreadable(name, listed_at))),
            Err(error) => Err(error),
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let names: BTreeMap<UnitName, UnitName> = answers
        .iter()
        .map(|(name, reading)| (name.clone(), reading.state.id.clone()))
        .collect();
    let known: BTreeSet<&UnitName> = names.values().collect();
    let loaded = listed
        .iter()
        .filter(|row| is_candidate(row.load, row.active))
        .map(|row| row.id.clone());
    let by_glob: BTreeSet<UnitName> = loaded
        .chain(enabled)
        .chain(remembered)
        .filter(|id| watch.matches_glob(id) && !known.contains(id))
        .collect();
    let found: Vec<Option<Reading>> = stream::iter(by_glob)
        .map(async |id| match read(bus, &id).await {
            Ok(reading) => Ok(Some(reading)),
            Err(error) if is_answer(&error) => Ok(None),
            Err(error) => Err(error),
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let by_name = answers.into_iter().map(|(_, reading)| reading);
    Ok(Picture {
        watch: watch.clone(),
        names,
        readings: by_name.chain(found.into_iter().flatten()).collect(),
        listed,
        listed_at,
    })
}

/// A unit that systemd cannot load.
fn unreadable(id: UnitName, at: Sequence) -> Reading {
    let mut state = UnitState::blank(id);
    state.load = LoadState::Error;
    Reading {
        state,
        active_since: None,
        at,
        triggers: Vec::new(),
    }
}
