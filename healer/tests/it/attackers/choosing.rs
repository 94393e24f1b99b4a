//! From the look at all processes to the end of one: real processes in real cgroups.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use prunelle_healer::alert::{Alert, AlertStatus, Episode, Labels};
use prunelle_healer::facts::{Fact, Facts};
use prunelle_healer::policy::{self, RemedySpec, load};
use prunelle_healer::processes::{self, Measured};
use prunelle_healer::reason::Reason;
use prunelle_healer::remedy::end_process::{Details, Used};
use prunelle_healer::remedy::{Plan, Planning, Remedy as _};
use prunelle_healer::target::{Resource, Target};
use prunelle_sandbox::wait::Stopwatch;
use prunelle_systemd::UnitState;
use prunelle_systemd::unit::ActiveState;
use serde::Deserialize as _;

use super::fixture::{Killer, Process, again_as_ordinary_user, command, is_inside};

const PATIENCE: Duration = Duration::from_secs(30);
const POLICY: &str = "{version: 1, host: {label: instance, is: [x]}, rules: []}";

/// A shell that holds so many megabytes in a variable.
fn hog(unit: &str, megabytes: u32) -> Process {
    let script = format!(
        "held=$(head -c {megabytes}000000 /dev/zero | tr '\\0' x); echo ready; read line; echo $held"
    );
    Process::script_in(unit, &script)
}

/// The unit as systemd would tell of it.
fn unit(measured: &Measured, control_group: Option<String>) -> Fact<UnitState> {
    let Fact::Known { value: victim, at } = &measured.victim else {
        panic!("{measured:?}")
    };
    let mut unit = UnitState::blank(victim.unit.clone());
    unit.active = ActiveState::Active;
    if let Some(service) = &mut unit.service {
        service.control_group = control_group;
    }
    Fact::Known {
        value: unit,
        at: at.clone(),
    }
}

/// Looks for the greediest unit, and plans the end of a process of it, as the engine does.
async fn plan(killer: &Killer, resource: Resource) -> Result<Plan, Reason> {
    let measured = processes::greediest(&killer.looking, resource).await;
    let place = measured.place.clone().ok_or(Reason::NoVictim)?;
    let unit = unit(&measured, Some(place.control_group));
    plan_for(killer, resource, measured.confirmed(&unit), unit).await
}

async fn plan_for(
    killer: &Killer,
    resource: Resource,
    victim: Fact<prunelle_healer::facts::Victim>,
    unit: Fact<UnitState>,
) -> Result<Plan, Reason> {
    let now = killer.looking.clock.now();
    let planning = Planning {
        remedy: RemedySpec::EndProcess(policy::EndProcess { grace: PATIENCE }),
        target: Target::ProcessGroup(resource),
        policy: Arc::new(load::parse(Path::new("policy.yml"), POLICY).unwrap()),
        rule: 0,
        alert: Arc::new(Alert {
            episode: Episode {
                fingerprint: "00000000000000aa".to_owned().try_into().unwrap(),
                starts_at: now.wall,
            },
            status: AlertStatus::Firing,
            labels: Labels::new(),
            annotations: Labels::new(),
            ends_at: None,
        }),
        facts: Facts {
            victim,
            unit,
            ..Facts::of_alert(AlertStatus::Firing, now)
        },
    };
    killer.remedy.plan(&planning).await
}

#[tokio::test]
async fn the_greediest_process_of_the_greediest_unit_ends() {
    if !is_inside("choosing::the_greediest_process_of_the_greediest_unit_ends") {
        return;
    }
    let killer = Killer::new();
    let mut lesser = hog("lesser.service", 8);
    let mut small = hog("hog.service", 6);
    let mut large = hog("hog.service", 12);
    let made = plan(&killer, Resource::Memory).await.unwrap();
    let details = Details::deserialize(&made.details).unwrap();
    assert_eq!(details.process.pid, large.pid(), "{made:?}");
    assert_eq!(details.unit.unit.as_str(), "hog.service");
    assert!(
        matches!(details.used, Used::Memory(bytes) if bytes >= 12_000_000),
        "{made:?}"
    );
    let sentence = format!("end process {} of `hog.service`, which uses ", large.pid());
    assert!(made.message.starts_with(&sentence), "{}", made.message);
    let finding = killer.apply(&details).await;
    assert_eq!(finding.result, Ok(()), "{finding:?}");
    assert!(!large.is_running() && small.is_running() && lesser.is_running());
    // The next attempt chooses afresh: the other unit holds more now.
    let next = plan(&killer, Resource::Memory).await.unwrap();
    let details = Details::deserialize(&next.details).unwrap();
    assert_eq!(details.process.pid, lesser.pid(), "{next:?}");
}

#[tokio::test]
async fn the_busiest_process_of_the_busiest_unit_ends() {
    if !is_inside("choosing::the_busiest_process_of_the_busiest_unit_ends") {
        return;
    }
    let killer = Killer::new();
    let mut idle = Process::script_in("busy.service", "echo ready; read line");
    // However busy the machine is with other tests, it gets its share.
    let script = "renice -n -20 $$ >/dev/null 2>&1; echo ready; while :; do :; done";
    let mut busy = Process::script_in("busy.service", script);
    let mut made = plan(&killer, Resource::Cpu).await;
    let watch = Stopwatch::start();
    while made == Err(Reason::NoVictim) && watch.elapsed() < PATIENCE {
        made = plan(&killer, Resource::Cpu).await;
    }
    let made = made.unwrap();
    let details = Details::deserialize(&made.details).unwrap();
    assert_eq!(details.process.pid, busy.pid(), "{made:?}");
    assert!(
        matches!(details.used, Used::Processors(share) if share > 0.1),
        "{made:?}"
    );
    let finding = killer.apply(&details).await;
    assert_eq!(finding.result, Ok(()), "{finding:?}");
    assert!(!busy.is_running() && idle.is_running());
}

#[tokio::test]
async fn a_unit_that_systemd_places_elsewhere_is_no_victim() {
    if !is_inside("choosing::a_unit_that_systemd_places_elsewhere_is_no_victim") {
        return;
    }
    let killer = Killer::new();
    let mut process = hog("hog.service", 12);
    let measured = processes::greediest(&killer.looking, Resource::Memory).await;
    for told in [None, Some("/system.slice/hog.service".to_owned())] {
        let unit = unit(&measured, told);
        let confirmed = measured.clone().confirmed(&unit);
        assert!(matches!(confirmed, Fact::Unknown(_)), "{confirmed:?}");
        let refused = plan_for(&killer, Resource::Memory, confirmed, unit).await;
        assert_eq!(refused, Err(Reason::FactUnknown));
    }
    // Should the fact be taken all the same: there is nobody in that cgroup.
    let elsewhere = unit(&measured, Some("/system.slice/hog.service".to_owned()));
    let refused = plan_for(&killer, Resource::Memory, measured.victim, elsewhere).await;
    assert_eq!(refused, Err(Reason::NoVictim));
    assert!(process.is_running());
}

#[tokio::test]
async fn hidden_processes_make_the_victim_unknown() {
    let name = "choosing::hidden_processes_make_the_victim_unknown";
    if std::env::var_os(super::fixture::SUBJECT).is_some() {
        for resource in Resource::ALL {
            let measured = processes::greediest(&Killer::new().looking, resource).await;
            let Fact::Unknown(why) = measured.victim else {
                panic!("{measured:?}")
            };
            assert!(why.contains("hidepid"), "{why}");
        }
        return;
    }
    if !is_inside(name) {
        return;
    }
    let _hog = hog("hog.service", 12);
    for hidepid in ["1", "2"] {
        let remount = command("mount")
            .args(["-o", &format!("remount,hidepid={hidepid}"), "/proc"])
            .status();
        assert!(remount.unwrap().success());
        again_as_ordinary_user(name, "/proc");
    }
}
