//! A service manager of the tests' own, which misbehaves on purpose.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::{Clock as _, ManualClock};
use prunelle_healer::service_manager::ServiceManager;
use prunelle_systemd::client::Job;
use prunelle_systemd::unit::{ActiveState, LoadState, QueuedJob, ServiceState};
use prunelle_systemd::{
    JobResult, Property, Request, Scope, Sync, SystemdError, UnitName, UnitState, UnitTable, Verb,
    WatchList,
};
use tokio::sync::watch;

/// What a job does; the next one in line is used for each job, and then [`Start::Well`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Done, and the unit is active in a new invocation.
    Well,
    /// Done, and the unit is failed.
    Dies,
    /// Done, active, and restarted by systemd a little later, for ever.
    Flaps,
    /// Done, and the unit is inactive: a condition was not met.
    ConditionUnmet,
    /// The job ends as this.
    Ends(JobResult),
    /// The job never ends.
    Hangs,
    /// It is queued, and stays so until [`FakeManager::finish_jobs`].
    Waits,
    /// The call is refused by polkit.
    NotPermitted,
    /// A person's stop takes its place.
    StoppedByPerson,
    /// Done and active; then a person stops it.
    StoppedLater,
}

#[derive(Debug)]
pub(crate) struct FakeManager {
    clock: Arc<ManualClock>,
    world: Mutex<World>,
    table: watch::Sender<Arc<UnitTable>>,
    job_ended: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct World {
    units: BTreeMap<UnitName, UnitState>,
    script: VecDeque<Start>,
    calls: Vec<(Verb, UnitName)>,
    results: BTreeMap<u32, JobResult>,
    last_job: u32,
    last_invocation: u32,
    /// What was asked for beside jobs.
    requests: Vec<(Request, UnitName)>,
    /// How many of the next ones are refused by polkit.
    refusals: u32,
    limits: BTreeMap<(UnitName, Property), u64>,
    /// What every unit needs.
    needed: Vec<UnitName>,
    is_unreachable: bool,
    reads: u32,
}

impl FakeManager {
    pub(crate) fn new(clock: Arc<ManualClock>) -> Self {
        let table = UnitTable {
            sync: Sync::Synchronised,
            ..UnitTable::not_yet(clock.now())
        };
        Self {
            clock,
            world: Mutex::default(),
            table: watch::Sender::new(Arc::new(table)),
            job_ended: watch::Sender::new(0),
        }
    }

    /// What the next jobs do.
    pub(super) fn script(&self, starts: impl IntoIterator<Item = Start>) {
        self.world().script.extend(starts);
    }

    /// All jobs that were asked for.
    pub(super) fn calls(&self) -> Vec<(Verb, String)> {
        let world = self.world();
        let calls = world.calls.iter();
        calls
            .map(|(verb, unit)| (*verb, unit.to_string()))
            .collect()
    }

    /// All that was asked for beside jobs, whether it was refused or not.
    pub(super) fn requests(&self) -> Vec<(Request, String)> {
        let world = self.world();
        let requests = world.requests.iter();
        requests
            .map(|(request, unit)| (*request, unit.to_string()))
            .collect()
    }

    /// Refuses the next so many requests beside jobs.
    pub(super) fn refuse(&self, count: u32) {
        self.world().refusals = count;
    }

    /// A limit of a unit; none when it is not set.
    pub(super) fn limit(&self, unit: &str, property: Property) -> Option<u64> {
        let key = (unit.parse().unwrap(), property);
        let limit = self.world().limits.get(&key).copied();
        limit.filter(|limit| *limit != u64::MAX)
    }

    /// Sets a limit of a unit, as its file or a person would.
    pub(super) fn set_limit(&self, unit: &str, property: Property, value: u64) {
        let key = (unit.parse().unwrap(), property);
        self.world().limits.insert(key, value);
    }

    /// A boot: limits that were set at run time are gone.
    pub(super) fn forget_limits(&self) {
        self.world().limits.clear();
    }

    /// Puts a unit into a state, as if it had come there by itself.
    pub(super) fn set(&self, unit: &str, active: ActiveState, sub: &str) {
        let name: UnitName = unit.parse().unwrap();
        self.world()
            .units
            .entry(name.clone())
            .or_insert_with(|| fresh(&name))
            .become_(active, sub);
        self.publish();
    }

    /// The unit has failed.
    pub(super) fn fail(&self, unit: &str) {
        self.set(unit, ActiveState::Failed, "failed");
    }

    /// Tells what systemd makes of a unit's file.
    pub(super) fn set_load(&self, unit: &str, load: LoadState) {
        let name: UnitName = unit.parse().unwrap();
        self.world().unit(&name).load = load;
        self.publish();
    }

    /// Lets somebody queue a job on a unit, or (none) lets it vanish.
    pub(super) fn set_job(&self, unit: &str, kind: Option<&str>) {
        let name: UnitName = unit.parse().unwrap();
        {
            let mut world = self.world();
            world.last_job += 1;
            let id = world.last_job;
            let state = world
                .units
                .entry(name.clone())
                .or_insert_with(|| fresh(&name));
            state.job = kind.map(|kind| QueuedJob {
                id,
                kind: kind.to_owned(),
            });
        }
        self.publish();
    }

    /// Lets somebody's job on a unit begin and end at once, as a start of a unit that runs does.
    pub(super) fn run_job(&self, unit: &str, kind: &str) {
        self.set_job(unit, Some(kind));
        {
            let mut world = self.world();
            let id = world.last_job;
            world.results.insert(id, JobResult::Done);
        }
        self.set_job(unit, None);
    }

    /// How often a unit was read.
    pub(super) fn reads(&self) -> u32 {
        self.world().reads
    }

    /// Ends all jobs that wait, well.
    pub(super) fn finish_jobs(&self) {
        {
            let mut world = self.world();
            let waiting: Vec<(UnitName, u32)> = world
                .units
                .iter()
                .filter_map(|(name, state)| Some((name.clone(), state.job.as_ref()?.id)))
                .collect();
            for (unit, job) in waiting {
                world.run(&unit);
                world.results.insert(job, JobResult::Done);
            }
        }
        self.publish();
    }

    /// Somebody stops a unit; a job that waits on it is cancelled by that.
    pub(super) fn stop_by_person(&self, unit: &str) {
        let name: UnitName = unit.parse().unwrap();
        {
            let mut world = self.world();
            let waiting = world.unit(&name).job.take();
            world.unit(&name).become_(ActiveState::Inactive, "dead");
            if let Some(job) = waiting {
                world.results.insert(job.id, JobResult::Canceled);
            }
        }
        self.publish();
    }

    /// The connection is lost, or there again.
    pub(super) fn set_reachable(&self, is_reachable: bool) {
        self.world().is_unreachable = !is_reachable;
        self.publish();
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    fn publish(&self) {
        let table = {
            let world = self.world();
            UnitTable {
                sync: if world.is_unreachable {
                    Sync::Lost(self.clock.now())
                } else {
                    Sync::Synchronised
                },
                units: world
                    .units
                    .iter()
                    .map(|(name, state)| (name.clone(), Arc::new(state.clone())))
                    .collect(),
                ..UnitTable::not_yet(self.clock.now())
            }
        };
        self.table.send_replace(Arc::new(table));
        self.job_ended.send_modify(|count| *count += 1);
    }

    /// Does what is asked for beside jobs.
    fn ask(
        &self,
        request: Request,
        unit: &UnitName,
        done: impl FnOnce(&mut World),
    ) -> Result<(), SystemdError> {
        {
            let mut world = self.world();
            if world.is_unreachable {
                return Err(SystemdError::NotConnected);
            }
            world.requests.push((request, unit.clone()));
            if world.refusals > 0 {
                world.refusals -= 1;
                return Err(SystemdError::NotPermitted {
                    asked: request,
                    unit: unit.clone(),
                    message: "Interactive authentication required".to_owned(),
                });
            }
            done(&mut world);
        }
        self.publish();
        Ok(())
    }

    fn start(&self, verb: Verb, unit: &UnitName) -> Result<Job, SystemdError> {
        let job = {
            let mut world = self.world();
            if world.is_unreachable {
                return Err(SystemdError::NotConnected);
            }
            let behaviour = world.script.pop_front().unwrap_or(Start::Well);
            if behaviour == Start::NotPermitted {
                return Err(SystemdError::NotPermitted {
                    asked: Request::Job(verb),
                    unit: unit.clone(),
                    message: "Interactive authentication required".to_owned(),
                });
            }
            world.calls.push((verb, unit.clone()));
            world.last_job += 1;
            let id = world.last_job;
            let has_job = world.units.get(unit).is_some_and(|unit| unit.job.is_some());
            assert!(
                !has_job,
                "a job was queued although one is under way on {unit}"
            );
            let result = world.behave(behaviour, unit, id);
            if let Some(result) = result {
                world.results.insert(id, result);
            }
            Job {
                id,
                path: format!("/org/freedesktop/systemd1/job/{id}"),
            }
        };
        self.publish();
        Ok(job)
    }
}

impl World {
    /// Carries a job out; its result, when it ends at once.
    fn behave(&mut self, behaviour: Start, unit: &UnitName, job: u32) -> Option<JobResult> {
        match behaviour {
            Start::Well | Start::Flaps | Start::StoppedLater => {
                self.run(unit);
                if behaviour == Start::Flaps {
                    self.unit(unit).sub = "flapping".to_owned();
                }
                if behaviour == Start::StoppedLater {
                    self.unit(unit).sub = "to-be-stopped".to_owned();
                }
                Some(JobResult::Done)
            }
            Start::Dies => {
                self.run(unit);
                self.unit(unit).become_(ActiveState::Failed, "failed");
                Some(JobResult::Done)
            }
            Start::ConditionUnmet => {
                self.unit(unit).become_(ActiveState::Inactive, "dead");
                Some(JobResult::Done)
            }
            Start::Ends(result) => {
                self.unit(unit).become_(ActiveState::Failed, "failed");
                Some(result)
            }
            Start::Hangs | Start::Waits => {
                let state = self.unit(unit);
                state.become_(ActiveState::Activating, "start");
                state.job = Some(QueuedJob {
                    id: job,
                    kind: "start".to_owned(),
                });
                None
            }
            Start::StoppedByPerson => {
                self.unit(unit).become_(ActiveState::Inactive, "dead");
                Some(JobResult::Canceled)
            }
            Start::NotPermitted => None,
        }
    }

    fn run(&mut self, unit: &UnitName) {
        self.last_invocation += 1;
        let invocation = format!("{:032x}", self.last_invocation);
        let state = self.unit(unit);
        state.become_(ActiveState::Active, "running");
        state.job = None;
        state.invocation_id = Some(invocation);
    }

    fn unit(&mut self, unit: &UnitName) -> &mut UnitState {
        self.units
            .entry(unit.clone())
            .or_insert_with(|| fresh(unit))
    }
}

trait Become {
    fn become_(&mut self, active: ActiveState, sub: &str);
}

impl Become for UnitState {
    fn become_(&mut self, active: ActiveState, sub: &str) {
        self.active = active;
        sub.clone_into(&mut self.sub);
        if let Some(service) = &mut self.service {
            service.result = if active == ActiveState::Failed {
                "exit-code".to_owned()
            } else {
                "success".to_owned()
            };
        }
    }
}

fn fresh(name: &UnitName) -> UnitState {
    UnitState {
        id: name.clone(),
        load: LoadState::Loaded,
        active: ActiveState::Inactive,
        sub: "dead".to_owned(),
        job: None,
        invocation_id: None,
        service: Some(ServiceState {
            kind: "simple".to_owned(),
            result: "success".to_owned(),
            main_pid: None,
            restarts: 0,
            remain_after_exit: false,
            start_limit_burst: 0,
            start_limit_interval: Duration::ZERO,
            control_group: Some(format!("/system.slice/{name}")),
            ..ServiceState::default()
        }),
        last_start: None,
        state_change: None,
        triggered_by: Vec::new(),
        next_timer_run: None,
    }
}

impl ServiceManager for FakeManager {
    fn table(&self) -> watch::Receiver<Arc<UnitTable>> {
        self.table.subscribe()
    }

    fn unit<'a>(&'a self, unit: &'a UnitName) -> BoxFuture<'a, Result<UnitState, SystemdError>> {
        let mut world = self.world();
        world.reads += 1;
        let state = if world.is_unreachable {
            Err(SystemdError::NotConnected)
        } else {
            let mut state = world
                .units
                .get(unit)
                .cloned()
                .unwrap_or_else(|| fresh(unit));
            let known = world.units.get_mut(unit);
            match (state.sub.as_str(), known) {
                // Restarted between any two looks.
                ("flapping", Some(known)) => {
                    if let Some(service) = &mut known.service {
                        service.restarts += 1;
                    }
                }
                // Seen active once; then a person's stop, as the table shows it.
                ("to-be-stopped", Some(known)) => {
                    known.become_(ActiveState::Deactivating, "stop-sigterm");
                    known.job = Some(QueuedJob {
                        id: 9_999,
                        kind: "stop".to_owned(),
                    });
                }
                ("stop-sigterm", Some(known)) => {
                    known.become_(ActiveState::Inactive, "dead");
                    known.job = None;
                    world.results.insert(9_999, JobResult::Done);
                }
                _ => {}
            }
            if state.sub == "flapping" || state.sub == "to-be-stopped" {
                "running".clone_into(&mut state.sub);
            }
            Ok(state)
        };
        drop(world);
        Box::pin(std::future::ready(state))
    }

    fn enqueue<'a>(
        &'a self,
        verb: Verb,
        unit: &'a UnitName,
    ) -> BoxFuture<'a, Result<Job, SystemdError>> {
        Box::pin(async move { self.start(verb, unit) })
    }

    fn finished<'a>(
        &'a self,
        job: &'a Job,
        _unit: &'a UnitName,
        _limit: Duration,
    ) -> BoxFuture<'a, Result<JobResult, SystemdError>> {
        let mut ended = self.job_ended.subscribe();
        Box::pin(async move {
            loop {
                ended.borrow_and_update();
                if let Some(result) = self.world().results.get(&job.id).copied() {
                    return Ok(result);
                }
                ended.changed().await.unwrap();
            }
        })
    }

    fn last_ended_job(&self, _id: &UnitName) -> Option<u32> {
        self.world().results.keys().last().copied()
    }

    fn reset_failed<'a>(&'a self, unit: &'a UnitName) -> BoxFuture<'a, Result<(), SystemdError>> {
        let result = self.ask(Request::ResetFailed, unit, |world| {
            let state = world.unit(unit);
            if state.active == ActiveState::Failed {
                state.become_(ActiveState::Inactive, "dead");
            }
        });
        Box::pin(std::future::ready(result))
    }

    fn properties<'a>(
        &'a self,
        unit: &'a UnitName,
        properties: &'a [Property],
    ) -> BoxFuture<'a, Result<Vec<Option<u64>>, SystemdError>> {
        let world = self.world();
        let read = if world.is_unreachable {
            Err(SystemdError::NotConnected)
        } else {
            let limits = |property| world.limits.get(&(unit.clone(), property)).copied();
            let read = properties
                .iter()
                .map(|property| Some(limits(*property).unwrap_or(u64::MAX)));
            Ok(read.collect())
        };
        drop(world);
        Box::pin(std::future::ready(read))
    }

    fn set_properties<'a>(
        &'a self,
        unit: &'a UnitName,
        values: &'a [(Property, u64)],
    ) -> BoxFuture<'a, Result<(), SystemdError>> {
        let result = self.ask(Request::SetProperties, unit, |world| {
            for (property, value) in values {
                world.limits.insert((unit.clone(), *property), *value);
            }
        });
        Box::pin(std::future::ready(result))
    }

    fn requirements<'a>(
        &'a self,
        _unit: &'a UnitName,
    ) -> BoxFuture<'a, Result<Vec<UnitName>, SystemdError>> {
        let needed = self.world().needed.clone();
        Box::pin(std::future::ready(Ok(needed)))
    }

    /// The process stays where it is; its scope is a unit that runs until it is stopped.
    fn start_scope<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Job, SystemdError>> {
        Box::pin(async move { self.start(Verb::Start, &scope.name) })
    }

    fn set_watch(&self, _watch: WatchList) {}
}
