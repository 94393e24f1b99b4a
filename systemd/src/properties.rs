//! What systemd tells of a unit, as parts that can be laid over a [`UnitState`]: a signal carries only what changes,
//! a full read carries all.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use zbus::Variant;

use crate::unit::{
    ActiveState, LoadState, QueuedJob, ServiceState, TimerState, UnitName, UnitState,
};

/// Properties as they come off the wire.
pub(crate) type Properties<'a> = HashMap<&'a str, Variant<'a>>;

/// What was told of the interface `org.freedesktop.systemd1.Unit`.
#[derive(Debug, Default)]
#[expect(
    clippy::option_option,
    reason = "the outer one says whether it was told, the inner one whether it is set"
)]
pub(crate) struct UnitChange {
    pub(crate) id: Option<UnitName>,
    pub(crate) load: Option<LoadState>,
    pub(crate) active: Option<ActiveState>,
    pub(crate) sub: Option<String>,
    /// Number and path of the queued job.
    pub(crate) job: Option<Option<(u32, String)>>,
    pub(crate) invocation_id: Option<Option<String>>,
    pub(crate) last_start: Option<Option<Timestamp>>,
    pub(crate) state_change: Option<Option<Timestamp>>,
    pub(crate) triggered_by: Option<Vec<UnitName>>,
    pub(crate) start_limit_burst: Option<u32>,
    pub(crate) start_limit_interval: Option<Duration>,
}

impl UnitChange {
    pub(crate) fn parse(properties: &Properties<'_>) -> Self {
        let mut change = Self::default();
        for (name, value) in properties {
            match *name {
                "Id" => change.id = text(value).and_then(|id| id.parse().ok()),
                "LoadState" => change.load = text(value).map(LoadState::parse),
                "ActiveState" => change.active = text(value).map(ActiveState::parse),
                "SubState" => change.sub = text(value).map(str::to_owned),
                "Job" => change.job = Some(queued_job(value)),
                "InvocationID" => change.invocation_id = Some(invocation_id(value)),
                "InactiveExitTimestamp" => change.last_start = Some(timestamp(value)),
                "StateChangeTimestamp" => change.state_change = Some(timestamp(value)),
                "TriggeredBy" => change.triggered_by = unit_names(value),
                "StartLimitBurst" => change.start_limit_burst = u32::try_from(value).ok(),
                "StartLimitIntervalUSec" => {
                    change.start_limit_interval =
                        u64::try_from(value).ok().map(Duration::from_micros);
                }
                _ => {}
            }
        }
        change
    }

    /// Lays the change over what is known. The type of a job that was not known before stays empty.
    pub(crate) fn apply(self, state: &mut UnitState) {
        let Self {
            id,
            load,
            active,
            sub,
            job,
            invocation_id,
            last_start,
            state_change,
            triggered_by: _,
            start_limit_burst,
            start_limit_interval,
        } = self;
        set(&mut state.id, id);
        set(&mut state.load, load);
        set(&mut state.active, active);
        set(&mut state.sub, sub);
        if let Some(job) = job {
            let before = state.job.take();
            state.job = job.map(|(id, _)| match before {
                Some(before) if before.id == id => before,
                _ => QueuedJob {
                    id,
                    kind: String::new(),
                },
            });
        }
        set(&mut state.invocation_id, invocation_id);
        set(&mut state.last_start, last_start);
        set(&mut state.state_change, state_change);
        if let Some(service) = &mut state.service {
            set(&mut service.start_limit_burst, start_limit_burst);
            set(&mut service.start_limit_interval, start_limit_interval);
        }
    }
}

/// The state of a unit, as it is signalled: what the inventory keeps of it.
#[derive(Debug, Default)]
#[expect(
    clippy::option_option,
    reason = "the outer one says whether it was told, the inner one whether it is set"
)]
pub(crate) struct StateChange<'a> {
    pub(crate) active: Option<ActiveState>,
    pub(crate) sub: Option<&'a str>,
    pub(crate) active_since: Option<Option<Timestamp>>,
}

impl<'a> StateChange<'a> {
    pub(crate) fn parse(properties: &'a Properties<'_>) -> Self {
        let told = |name: &str| properties.get(name);
        Self {
            active: told("ActiveState").and_then(text).map(ActiveState::parse),
            sub: told("SubState").and_then(text),
            active_since: told("ActiveEnterTimestamp").map(timestamp),
        }
    }
}

/// What was told of the interface `org.freedesktop.systemd1.Service`.
#[derive(Debug, Default)]
#[expect(
    clippy::option_option,
    reason = "the outer one says whether it was told, the inner one whether it is set"
)]
pub(crate) struct ServiceChange {
    kind: Option<String>,
    result: Option<String>,
    main_pid: Option<u32>,
    restarts: Option<u32>,
    remain_after_exit: Option<bool>,
    control_group: Option<Option<String>>,
    exec_main_code: Option<i32>,
    exec_main_status: Option<i32>,
    tasks_max: Option<Option<u64>>,
}

impl ServiceChange {
    pub(crate) fn parse(properties: &Properties<'_>) -> Self {
        let mut change = Self::default();
        for (name, value) in properties {
            match *name {
                "Type" => change.kind = text(value).map(str::to_owned),
                "Result" => change.result = text(value).map(str::to_owned),
                "MainPID" => change.main_pid = u32::try_from(value).ok(),
                "NRestarts" => change.restarts = u32::try_from(value).ok(),
                "RemainAfterExit" => change.remain_after_exit = bool::try_from(value).ok(),
                "ControlGroup" => change.control_group = text(value).map(control_group),
                "ExecMainCode" => change.exec_main_code = i32::try_from(value).ok(),
                "ExecMainStatus" => change.exec_main_status = i32::try_from(value).ok(),
                "TasksMax" => {
                    // The highest number means no limit.
                    let tasks = u64::try_from(value).ok();
                    change.tasks_max = tasks.map(|max| Some(max).filter(|max| *max != u64::MAX));
                }
                _ => {}
            }
        }
        change
    }

    /// Lays the change over what is known.
    pub(crate) fn apply(self, service: &mut ServiceState) {
        set(&mut service.kind, self.kind);
        set(&mut service.result, self.result);
        // Zero means none.
        let main_pid = self.main_pid.map(|pid| Some(pid).filter(|pid| *pid != 0));
        set(&mut service.main_pid, main_pid);
        set(&mut service.restarts, self.restarts);
        set(&mut service.remain_after_exit, self.remain_after_exit);
        set(&mut service.control_group, self.control_group);
        set(&mut service.exec_main_code, self.exec_main_code);
        set(&mut service.exec_main_status, self.exec_main_status);
        set(&mut service.tasks_max, self.tasks_max);
    }
}

/// Lays what was told of the interface `org.freedesktop.systemd1.Timer` over what is known.
pub(crate) fn apply_to_timer(properties: &Properties<'_>, timer: &mut TimerState) {
    for (name, value) in properties {
        match *name {
            "LastTriggerUSec" => timer.last_trigger = timestamp(value),
            "NextElapseUSecRealtime" => timer.next_realtime = timestamp(value),
            "NextElapseUSecMonotonic" => timer.next_monotonic = micros(value),
            _ => {}
        }
    }
}

/// A path below the root of the hierarchy; nothing means that the unit has none.
pub(crate) fn control_group(path: &str) -> Option<String> {
    Some(path)
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
}

/// Takes away what a unit loses when systemd unloads it.
pub(crate) fn unload(state: &mut UnitState) {
    let blank = UnitState::blank(state.id.clone());
    state.active = blank.active;
    state.sub = blank.sub;
    state.job = None;
    state.invocation_id = None;
    state.last_start = None;
    state.state_change = None;
    if let Some(service) = &mut state.service {
        "success".clone_into(&mut service.result);
        service.main_pid = None;
        service.restarts = 0;
        service.control_group = None;
        service.exec_main_code = 0;
        service.exec_main_status = 0;
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn text<'a>(value: &'a Variant<'a>) -> Option<&'a str> {
    value.try_into().ok()
}

/// `(uo)`, where number zero means none.
fn queued_job(value: &Variant<'_>) -> Option<(u32, String)> {
    let Variant::Structure(structure) = value else {
        return None;
    };
    let [Variant::U32(id), Variant::ObjectPath(path)] = structure.fields() else {
        return None;
    };
    (*id != 0).then(|| (*id, path.as_str().to_owned()))
}

/// 16 bytes, or none while the unit never ran.
fn invocation_id(value: &Variant<'_>) -> Option<String> {
    use std::fmt::Write as _;

    let Variant::Array(bytes) = value else {
        return None;
    };
    let mut hex = String::with_capacity(32);
    for byte in bytes.iter() {
        let Variant::U8(byte) = byte else {
            return None;
        };
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex.bytes().any(|digit| digit != b'0').then_some(hex)
}

/// Microseconds since 1970.
fn timestamp(value: &Variant<'_>) -> Option<Timestamp> {
    let micros = micros(value)?.as_micros();
    Timestamp::from_microsecond(i64::try_from(micros).ok()?).ok()
}

/// Microseconds; zero and the highest number mean unset.
fn micros(value: &Variant<'_>) -> Option<Duration> {
    let micros = u64::try_from(value).ok()?;
    (micros != 0 && micros != u64::MAX).then(|| Duration::from_micros(micros))
}

pub(crate) fn unit_names(value: &Variant<'_>) -> Option<Vec<UnitName>> {
    let Variant::Array(names) = value else {
        return None;
    };
    Some(
        names
            .iter()
            .filter_map(|name| text(name)?.parse().ok())
            .collect(),
    )
}

#[cfg(test)]
mod tests;
