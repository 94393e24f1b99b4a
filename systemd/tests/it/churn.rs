//! Many units at once: in the end the table says what `systemctl show` says, and it got there by signals alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use prunelle_sandbox::wait::Stopwatch;
use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{Limits, UnitState, UnitTable, Verb};

use crate::world::{RUNS, World, service};

/// Unit files: some have a process, the others only change their state, which is all that this is about. All are
/// restarted with one target, every other is stopped with another one.
fn text(number: usize) -> String {
    let part_of = if number.is_multiple_of(2) {
        "all.target half.target"
    } else {
        "all.target"
    };
    let service = if number < 20 {
        RUNS
    } else {
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStop=/bin/true\n"
    };
    format!("[Unit]\nPartOf={part_of}\n{service}")
}

const SHOWN: &str =
    "--property=Id,LoadState,ActiveState,SubState,Result,MainPID,NRestarts,InvocationID,Job,Type";

/// The table in the words of `systemctl show`.
fn told(state: &UnitState) -> BTreeMap<&'static str, String> {
    let spelled = |text: String| match text.as_str() {
        "NotFound" => "not-found".to_owned(),
        other => other.to_lowercase(),
    };
    let service = service(state);
    let mut told = BTreeMap::from([
        ("Id", state.id.to_string()),
        ("LoadState", spelled(format!("{:?}", state.load))),
        ("ActiveState", spelled(format!("{:?}", state.active))),
        ("SubState", state.sub.clone()),
        ("Result", service.result.clone()),
        ("MainPID", service.main_pid.unwrap_or(0).to_string()),
        ("NRestarts", service.restarts.to_string()),
        ("Type", service.kind.clone()),
    ]);
    if let Some(id) = &state.invocation_id {
        told.insert("InvocationID", id.clone());
    }
    if let Some(job) = &state.job {
        told.insert("Job", job.id.to_string());
    }
    told
}

/// What `systemctl show` says of all units, by name.
fn shown(world: &World, names: &[String]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    let mut arguments = vec!["show", SHOWN];
    arguments.extend(names.iter().map(String::as_str));
    for block in world.systemctl(&arguments).split("\n\n") {
        let one: BTreeMap<String, String> = block
            .lines()
            .filter_map(|line| line.split_once('='))
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        if let Some(id) = one.get("Id") {
            all.insert(id.clone(), one);
        }
    }
    all
}

/// What differs, in words.
fn differences(table: &UnitTable, shown: &BTreeMap<String, BTreeMap<String, String>>) -> String {
    let mut differences = String::new();
    for (name, state) in &table.units {
        let told: BTreeMap<String, String> = told(state)
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        let shown = shown.get(name.as_str());
        if shown != Some(&told) {
            writeln!(differences, "{name}:\n  table {told:?}\n  shown {shown:?}").unwrap();
        }
    }
    differences
}

async fn churn(count: usize, limits: Limits) -> World {
    let names: Vec<String> = (0..count).map(|i| format!("unit{i}.service")).collect();
    let texts: Vec<String> = (0..count).map(text).collect();
    let all = format!("[Unit]\nWants={}\n", names.join(" "));
    let mut units: Vec<(&str, &str)> = vec![("all.target", &all), ("half.target", "[Unit]\n")];
    units.extend(
        names
            .iter()
            .zip(&texts)
            .map(|(name, text)| (name.as_str(), text.as_str())),
    );
    let watch = Stopwatch::start();
    let mut world = World::start_with(&units, "", limits).await;

    // Everything at once, in commands that do not wait for each other's jobs; the picture is taken in the middle.
    world.systemctl(&["start", "--no-block", "all.target", "half.target"]);
    world.systemd.set_watch(names.join(",").parse().unwrap());
    world
        .until("all are known", |table| table.units.len() == count)
        .await;
    println!("{count} units known after {:?}", watch.elapsed());
    world.systemctl(&["restart", "--no-block", "all.target"]);
    world.systemctl(&["stop", "--no-block", "half.target"]);
    world.systemctl(&["kill", "--signal=KILL", "unit1.service", "unit7.service"]);
    // The last job of all is the mark: what comes after it is quiet.
    world.systemctl(&["stop", "unit0.service"]);
    let (_, last) = world.run(Verb::Start, "unit0").await;
    assert_eq!(last.active, ActiveState::Active);
    world
        .until("no job is left", |table| {
            table.units.values().all(|state| {
                state.job.is_none()
                    && matches!(
                        state.active,
                        ActiveState::Active | ActiveState::Inactive | ActiveState::Failed
                    )
            })
        })
        .await;
    println!("quiet after {:?}", watch.elapsed());
    let mut found = String::new();
    for _ in 0..20 {
        let shown = shown(&world, &names);
        assert_eq!(shown.len(), count);
        found = differences(&world.table.borrow(), &shown);
        if found.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("compared after {:?}", watch.elapsed());
    assert!(
        found.is_empty(),
        "{}",
        found.chars().take(4000).collect::<String>()
    );
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_much_churn_the_table_is_right_by_signals_alone() {
    let limits = Limits {
        // A systemd that is this busy may well be slow to answer.
        liveness_limit: Duration::from_secs(10),
        ..Limits::default()
    };
    let world = churn(500, limits).await;
    let counters = world.systemd.counters();
    assert_eq!(
        (counters.resyncs(), counters.overflows(), counters.drift()),
        // Before and after there was anything to watch.
        (2, 0, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_signals_overflow_a_full_picture_puts_it_right() {
    let limits = Limits {
        signals: 4,
        ..Limits::default()
    };
    let world = churn(60, limits).await;
    let counters = world.systemd.counters();
    assert!(counters.overflows() > 0);
    assert!(counters.resyncs() > 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_slow_reconcile_finds_no_drift_in_spite_of_churn() {
    let limits = Limits {
        reconcile_every: Duration::from_millis(100),
        ..Limits::default()
    };
    let units = [
        ("a.service", RUNS),
        ("idle.service", RUNS),
        (
            "b.service",
            "[Service]\nType=oneshot\nExecStart=/bin/true\n",
        ),
        (
            "b.timer",
            "[Timer]\nOnActiveSec=20ms\nOnUnitInactiveSec=20ms\nAccuracySec=1ms\n",
        ),
    ];
    let world = World::start_with(&units, "a,b,idle,nosuch", limits).await;
    world.run(Verb::Start, "b.timer").await;
    let before = world.systemd.counters().resyncs();
    while world.systemd.counters().resyncs() < before + 5 {
        world.run(Verb::Restart, "a").await;
        // Not loaded before, nor afterwards.
        world.run(Verb::Start, "idle").await;
        world.run(Verb::Stop, "idle").await;
    }
    assert_eq!(world.systemd.counters().drift(), 0);
}
