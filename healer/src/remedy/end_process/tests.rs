//! The choice inside a unit, and what is kept of a command line. The deed itself is tested on real processes, beside
//! attackers, in the integration tests.

use super::choice::{Candidate, Own, Untouchable, choose, order, untouchable};
use super::command_line::masked;
use crate::processes::identity::{Identity, Present};
use crate::processes::{Capacity, Memory, Place, Root, Stat, Status};
use crate::reason::Reason;
use crate::target::Resource;

const UNIT: &str = "/system.slice/app.service";

fn candidate(pid: u32, used: f64) -> Candidate {
    Candidate {
        identity: Identity {
            pid,
            start: u64::from(pid) * 10,
            uid: 33,
            control_group: UNIT.to_owned(),
            executable: None,
        },
        present: Present {
            stat: Stat {
                state: b'S',
                parent: 1,
                is_kernel_thread: false,
                cpu: 0,
                children: 0,
                start: u64::from(pid) * 10,
            },
            status: Status {
                uid: 33,
                memory: Some(Memory::default()),
            },
            oom_score_adj: 0,
        },
        used,
        proportional: None,
        oom_score: 0,
    }
}

fn own() -> Own {
    Own {
        pids: vec![500, 400],
        place: Some(Place {
            unit: "prunelle-healer.service".parse().unwrap(),
            control_group: "/system.slice/prunelle-healer.service".to_owned(),
        }),
    }
}

fn root() -> Root {
    Root::of_first_process(b"0::/init.scope\n").unwrap()
}

const GIB: f64 = 1_073_741_824.0;

fn choice(resource: Resource, mut candidates: Vec<Candidate>) -> Result<u32, Reason> {
    let capacity = Capacity {
        memory: 16 << 30,
        processors: 4.0,
        is_swapping: false,
    };
    order(&mut candidates);
    choose(resource, &candidates, &capacity, &own(), &root()).map(|chosen| chosen.identity.pid)
}

#[test]
fn the_greediest_process_is_chosen() {
    let memory = |candidates| choice(Resource::Memory, candidates);
    assert_eq!(memory(vec![]), Err(Reason::NoVictim));
    assert_eq!(
        memory(vec![candidate(10, GIB), candidate(11, 2.0 * GIB)]),
        Ok(11)
    );
    // Too little for its end to change anything.
    assert_eq!(
        memory(vec![candidate(10, GIB / 10.0)]),
        Err(Reason::NoVictim)
    );
    assert_eq!(
        choice(Resource::Cpu, vec![candidate(10, 0.04)]),
        Err(Reason::NoVictim)
    );
    assert_eq!(
        choice(Resource::Cpu, vec![candidate(10, 0.3), candidate(11, 0.9)]),
        Ok(11)
    );
}

#[test]
fn near_ties_go_to_whom_the_kernel_would_end() {
    let tied = |pid, used, oom_score| Candidate {
        oom_score,
        ..candidate(pid, used)
    };
    let memory = |candidates| choice(Resource::Memory, candidates);
    assert_eq!(
        memory(vec![tied(10, 2.0 * GIB, 5), tied(11, 1.95 * GIB, 700)]),
        Ok(11)
    );
    assert_eq!(
        memory(vec![tied(10, 2.0 * GIB, 5), tied(11, 1.5 * GIB, 700)]),
        Ok(10)
    );
    // Of equals the younger: it has done less.
    assert_eq!(memory(vec![tied(10, GIB, 5), tied(11, GIB, 5)]), Ok(11));
}

#[test]
fn shared_memory_counts_once_where_that_is_told() {
    let shared = |pid, used, proportional| Candidate {
        proportional,
        ..candidate(pid, used)
    };
    let memory = |candidates| choice(Resource::Memory, candidates);
    let parent = shared(10, 2.0 * GIB, Some(0.5 * GIB));
    let grown = shared(11, 1.8 * GIB, Some(1.5 * GIB));
    assert_eq!(memory(vec![parent.clone(), grown.clone()]), Ok(11));
    // Told of one only, it is compared with none.
    assert_eq!(memory(vec![parent, shared(11, 1.8 * GIB, None)]), Ok(10));
}

#[test]
fn nobody_is_ended_in_the_place_of_who_must_not_be() {
    let mut exempt = candidate(10, 2.0 * GIB);
    exempt.present.oom_score_adj = -1000;
    let candidates = vec![exempt, candidate(11, GIB)];
    assert_eq!(choice(Resource::Memory, candidates), Err(Reason::Protected));
}

#[test]
fn who_must_not_be_touched() {
    let check = |change: &dyn Fn(&mut Candidate), expected| {
        let mut candidate = candidate(10, GIB);
        change(&mut candidate);
        let told = untouchable(&candidate.identity, &candidate.present, &own(), &root());
        assert_eq!(told, expected, "{candidate:?}");
    };
    check(&|_| (), None);
    check(&|one| one.present.oom_score_adj = -999, None);
    check(
        &|one| one.present.oom_score_adj = -1000,
        Some(Untouchable::Exempt),
    );
    check(&|one| one.identity.pid = 1, Some(Untouchable::System));
    check(
        &|one| one.present.stat.is_kernel_thread = true,
        Some(Untouchable::System),
    );
    // The healer, what started it, and what it started.
    check(&|one| one.identity.pid = 500, Some(Untouchable::Healer));
    check(&|one| one.identity.pid = 400, Some(Untouchable::Healer));
    let own_group = "/system.slice/prunelle-healer.service/run";
    check(
        &|one| one.identity.control_group = own_group.to_owned(),
        Some(Untouchable::Healer),
    );
}

#[test]
fn secrets_are_masked() {
    for (arguments, expected) in [
        ("nginx\0-g\0daemon off;\0", "nginx -g daemon off;"),
        (
            "/usr/bin/app\0--config=/etc/app.yml\0--workers=4\0",
            "/usr/bin/app --config=/etc/app.yml --workers=4",
        ),
        ("app\0--password=hunter2\0", "app --password=***"),
        ("app\0--password\0hunter2\0-v\0", "app --password *** -v"),
        (
            "app\0--db-password\0--verbose\0",
            "app --db-password --verbose",
        ),
        ("app\0API_TOKEN=abc\0PORT=80\0", "app API_TOKEN=*** PORT=80"),
        ("app\0--api-key\0abc\0", "app --api-key ***"),
        ("mysql\0-uroot\0-phunter2\0", "mysql -uroot -p***"),
        ("mysql\0-p\0hunter2\0", "mysql -p ***"),
        ("ssh\0-p2222\0host\0", "ssh -p2222 host"),
        (
            "curl\0-H\0Authorization: Bearer abc\0https://x\0",
            "curl -H Authorization: Bearer *** https://x",
        ),
        (
            "curl\0https://me:hunter2@host/p?token=abc\0",
            "curl https://me:***@host/p?***",
        ),
        (
            "app\0--url=postgres://me:hunter2@db/x\0",
            "app --url=postgres://me:***@db/x",
        ),
        ("app\0password:hunter2\0", "app password:***"),
        ("app\0ghp_0123456789\0eyJhbGciOi.x.y\0", "app *** ***"),
        // A process that writes its own title writes one argument.
        (
            "postgres: writer password=hunter2 idle\0",
            "postgres: writer password=*** idle",
        ),
        ("worker --secret hunter2", "worker --secret ***"),
        // Nothing that a terminal would act on.
        ("a\x1b[2Jb\0c\nd\0", "a\\u{1b}[2Jb c\\nd"),
        ("", ""),
    ] {
        assert_eq!(masked(arguments.as_bytes()), expected, "{arguments:?}");
    }
    let long = masked(format!("app\0{}", "é".repeat(1000)).as_bytes());
    assert_eq!(long.chars().count(), 401);
    assert!(masked(b"app\0\xff\xfe\0").contains('\u{fffd}'));
}
