//! Five hundred units that start, stop and crash at random, while systemd reloads, executes itself anew and its bus goes
//! away: after each change the verdict of the watched unit and the state in the inventory are right at once, and in the
//! end all is as `systemctl show` says.

use std::collections::BTreeMap;
use std::time::Duration;

use prunelle_foundation::clock::{Clock as _, SystemClock};
use prunelle_sandbox::wait::Stopwatch;
use prunelle_systemd::inventory::{Details, LoadedUnit};
use prunelle_systemd::unit::{ActiveState, ServiceState};
use prunelle_systemd::{Limits, Sync, UnitName, UnitTable, Verb};

use rustix::process::{Pid, Signal, kill_process};

use crate::world::{DOWN, RUNS, UP, World, loaded, name};

const UNITS: usize = 500;
/// So many of them have a process, which can be killed; the others only change their state.
const PROCESSES: usize = 40;
const CHANGES: usize = 120;
const DONE: &str = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=-/bin/true\n";

/// The same sequence in each run: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// What each unit should be.
struct Churn {
    world: World,
    units: Vec<UnitName>,
    expected: Vec<ActiveState>,
    random: Random,
}

/// Whether the table tells a unit as it should be, watched and loaded.
fn is_right(table: &UnitTable, unit: &UnitName, expected: ActiveState) -> bool {
    let verdict = if expected == ActiveState::Active {
        UP
    } else {
        DOWN
    };
    let state = loaded(table, unit).map(|unit| unit.active);
    // What is stopped is unloaded in the end.
    let is_state_right = state.map_or(expected == ActiveState::Inactive, |it| it == expected);
    table.service_up(unit) == verdict && is_state_right
}

impl Churn {
    /// Changes a unit at random; tells since when.
    async fn change(&mut self, index: usize) -> Stopwatch {
        let unit = self.units[index].to_string();
        let is_process = index < PROCESSES;
        let (verb, next) = match self.expected[index] {
            ActiveState::Active if is_process && self.random.below(2) == 0 => {
                self.expected[index] = ActiveState::Failed;
                let pid = self.outside(index);
                let since = Stopwatch::start();
                kill_process(pid, Signal::KILL).unwrap();
                return since;
            }
            ActiveState::Active => (Verb::Stop, ActiveState::Inactive),
            _ => (Verb::Start, ActiveState::Active),
        };
        self.expected[index] = next;
        let since = Stopwatch::start();
        self.world.enqueue(verb, &unit).await.unwrap();
        since
    }

    /// The main process of a unit.
    fn outside(&self, index: usize) -> Pid {
        let unit = self.units[index].as_str();
        let inside = self.world.manager.main_pid(unit).unwrap();
        self.world.manager.outside(inside).unwrap()
    }

    /// How long after systemd itself had changed a unit the table said so; none for one that was unloaded.
    fn lag(&self, index: usize) -> Option<Duration> {
        let changed = self.world.table.borrow().units[&self.units[index]].state_change?;
        let now = SystemClock::new().unwrap().now().wall;
        now.duration_since(changed).try_into().ok()
    }

    async fn until_right(&mut self, index: usize) {
        let (unit, expected) = (self.units[index].clone(), self.expected[index]);
        self.world
            .until(&format!("{unit} is {expected:?}"), |table| {
                is_right(table, &unit, expected)
            })
            .await;
    }

    /// What is wrong in the first table that can be trusted.
    async fn wrong(&mut self) -> Vec<&UnitName> {
        let table = self.world.until_synchronised().await;
        let all = self.units.iter().zip(&self.expected);
        all.filter(|(unit, expected)| !is_right(&table, unit, **expected))
            .map(|(unit, _)| unit)
            .collect()
    }

    /// Takes systemd away for a moment, in which a unit dies.
    async fn outage(&mut self, take_away: impl FnOnce(&World), bring_back: impl FnOnce(&World)) {
        let victim = (0..PROCESSES)
            .find(|index| self.expected[*index] == ActiveState::Active)
            .unwrap();
        let pid = self.outside(victim);
        tokio::task::block_in_place(|| take_away(&self.world));
        kill_process(pid, Signal::KILL).unwrap();
        self.expected[victim] = ActiveState::Failed;
        tokio::task::block_in_place(|| bring_back(&self.world));
        let back = Stopwatch::start();
        self.until_right(victim).await;
        println!("all known again after {:?}", back.elapsed());
        assert_eq!(self.wrong().await, Vec::<&UnitName>::new());
    }
}

fn told(what: &str, times: &mut [Duration]) {
    times.sort();
    let median = times[times.len() / 2];
    let late = times.iter().filter(|it| **it > Duration::from_millis(100));
    println!(
        "{what}: median {median:?}, 95 % {:?}, worst {:?}, {} of {} after more than 100 ms",
        times[times.len() * 95 / 100],
        times[times.len() - 1],
        late.count(),
        times.len(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_units_are_right_after_each_change_and_in_the_end() {
    let units: Vec<UnitName> = (0..UNITS).map(|i| name(&format!("unit{i}"))).collect();
    let texts = (0..UNITS).map(|i| if i < PROCESSES { RUNS } else { DONE });
    let files: Vec<(&str, &str)> = units.iter().map(UnitName::as_str).zip(texts).collect();
    let watch: Vec<&str> = units.iter().map(UnitName::as_str).collect();
    let limits = Limits {
        // A machine that is this busy may well be slow to answer.
        liveness_limit: Duration::from_secs(10),
        ..Limits::default()
    };
    let world = World::start_with_inventory(&files, &watch.join(","), limits).await;
    let mut churn = Churn {
        world,
        expected: vec![ActiveState::Inactive; UNITS],
        units,
        random: Random(0x9e37_79b9_7f4a_7c15),
    };
    let whole = Stopwatch::start();

    // Half of them at once.
    for index in (0..UNITS).step_by(2) {
        churn.change(index).await;
    }
    for index in (0..UNITS).step_by(2) {
        churn.until_right(index).await;
    }
    println!("{} started after {:?}", UNITS / 2, whole.elapsed());

    let (mut since_asked, mut since_changed) = (Vec::new(), Vec::new());
    for change in 0..CHANGES {
        // Those with a process more often than their share: they can crash.
        let range = [PROCESSES, UNITS][change % 2];
        let index = churn.random.below(range);
        if change % 40 == 20 {
            // Everything is read anew while the next units change.
            churn.world.manager.daemon_reload().unwrap();
        }
        let since = churn.change(index).await;
        churn.until_right(index).await;
        since_asked.push(since.elapsed());
        since_changed.extend(churn.lag(index));
        match change {
            70 => {
                let reexec = |world: &World| drop(world.systemctl(&["daemon-reexec"]));
                churn.outage(reexec, |_| ()).await;
            }
            110 => {
                let bring_back = |world: &World| world.manager.start_bus().unwrap();
                churn.outage(World::stop_bus, bring_back).await;
            }
            _ => {}
        }
    }
    told("asked or killed → right", &mut since_asked);
    told("changed by systemd → right", &mut since_changed);
    let in_time = |times: &[Duration], percent| {
        let time = times[times.len() * percent / 100];
        assert!(time < Duration::from_millis(100), "{percent} %: {time:?}");
    };
    // On a machine that does nothing else all are; this one may be busy.
    in_time(&since_asked, 50);
    in_time(&since_changed, 90);

    let burst: Vec<usize> = (0..UNITS).step_by(7).collect();
    let before = Stopwatch::start();
    for index in &burst {
        churn.change(*index).await;
    }
    for index in &burst {
        churn.until_right(*index).await;
    }
    println!("{} at once → right: {:?}", burst.len(), before.elapsed());
    println!("CPU time of this process: {}", cpu_time());

    assert_eq!(churn.wrong().await, Vec::<&UnitName>::new());
    as_shown(&mut churn).await;
    let counters = churn.world.systemd.counters();
    assert_eq!((counters.overflows(), counters.drift()), (0, 0));
    println!("whole: {:?}", whole.elapsed());
}

/// User and system time, in ticks of 10 ms.
fn cpu_time() -> String {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let words: Vec<&str> = stat.rsplit_once(')').unwrap().1.split(' ').collect();
    format!("user {}0 ms, system {}0 ms", words[12], words[13])
}

const SHOWN: &str = "--property=Id,LoadState,ActiveState,SubState,Result,NRestarts,Type,ControlGroup,\
                     ExecMainCode,ExecMainStatus,TasksMax,ActiveEnterTimestamp";

/// Waits until the inventory says what `systemctl show` says of each unit.
async fn as_shown(churn: &mut Churn) {
    // Details of what came last are still being read.
    let units = churn.units.clone();
    let table = churn
        .world
        .until("all details are known", |table| {
            table.sync == Sync::Synchronised
                && units.iter().all(|unit| {
                    loaded(table, unit).is_none_or(|it| {
                        let is_idle =
                            it.active != ActiveState::Active || it.sub.starts_with("exited");
                        service(it).is_some_and(|it| is_idle || it.control_group.is_some())
                    })
                })
        })
        .await;
    let mut arguments = vec!["show", "--timestamp=unix", SHOWN];
    arguments.extend(units.iter().map(UnitName::as_str));
    let shown = churn.world.systemctl(&arguments);
    let mut compared = 0;
    for block in shown.split("\n\n") {
        let shown: BTreeMap<&str, &str> = block
            .lines()
            .filter_map(|line| line.split_once('='))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let unit = name(shown["Id"]);
        compared += 1;
        match loaded(&table, &unit) {
            Some(state) => {
                let told = spelled(state);
                let told: BTreeMap<&str, &str> = told
                    .iter()
                    .map(|(key, value)| (*key, value.as_str()))
                    .collect();
                assert_eq!(told, shown);
            }
            None => assert_eq!(
                (shown["ActiveState"], shown["SubState"]),
                ("inactive", "dead")
            ),
        }
        let watched = &table.units[&unit];
        assert_eq!(watched.active.as_str(), shown["ActiveState"]);
        assert_eq!(watched.sub, shown["SubState"]);
    }
    assert_eq!(compared, UNITS);
}

fn service(unit: &LoadedUnit) -> Option<&ServiceState> {
    match &unit.details {
        Details::Service(service) => Some(service),
        _ => None,
    }
}

/// A loaded unit in the words of `systemctl show`.
fn spelled(unit: &LoadedUnit) -> BTreeMap<&'static str, String> {
    let service = service(unit).unwrap();
    let tasks_max = service.tasks_max.map(|max| max.to_string());
    let mut told = BTreeMap::from([
        ("Id", unit.id.to_string()),
        ("LoadState", format!("{:?}", unit.load).to_lowercase()),
        ("ActiveState", unit.active.as_str().to_owned()),
        ("SubState", unit.sub.to_string()),
        ("Result", service.result.clone()),
        ("NRestarts", service.restarts.to_string()),
        ("Type", service.kind.clone()),
        ("ExecMainCode", service.exec_main_code.to_string()),
        ("ExecMainStatus", service.exec_main_status.to_string()),
        (
            "TasksMax",
            tasks_max.unwrap_or_else(|| "infinity".to_owned()),
        ),
    ]);
    if let Some(group) = &service.control_group {
        told.insert("ControlGroup", group.clone());
    }
    if let Some(since) = unit.active_since {
        told.insert("ActiveEnterTimestamp", format!("@{}", since.as_second()));
    }
    told
}
