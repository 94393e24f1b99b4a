use prunelle_foundation::clock::BootId;
use rusqlite::Connection;

use super::super::boots::SeenBoots;
use super::super::events::Chain;
use super::super::operation::State;
use super::super::schema;
use super::*;

const DAY: Duration = Duration::from_hours(24);
const KEEP: Duration = Duration::from_hours(90 * 24);

fn database() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut conn = Connection::open(&path).unwrap();
    schema::migrate(&mut conn, &path, schema::MIGRATIONS).unwrap();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    (folder, conn)
}

fn now() -> Now {
    Now {
        wall: "2026-11-24T08:00:00Z".parse().unwrap(),
        boot: 200 * DAY,
        boot_id: BootId::new("this"),
    }
}

fn ago(age: Duration) -> Now {
    let now = now();
    Now {
        wall: now.wall - age,
        boot: now.boot.saturating_sub(age),
        ..now
    }
}

/// Steps until the walk has been through everything.
fn forget(conn: &Connection, has_log: bool, logged: u64) {
    forget_at(conn, &now(), has_log, logged);
}

fn forget_at(conn: &Connection, now: &Now, has_log: bool, logged: u64) {
    let mut retention = Retention::new(KEEP, has_log);
    for _ in 0..10 {
        let mut step = retention.step(now, logged);
        let boots = SeenBoots::read(conn, now).unwrap();
        let mut tx = super::super::operation::Transaction {
            conn,
            boots: &boots,
            state: State {
                chain: Chain::default(),
                heard: 0,
            },
        };
        step.run(&mut tx).unwrap();
        retention.done(&step);
    }
}

fn add_events(conn: &Connection, ages: impl Iterator<Item = Duration>) {
    let tx = conn.unchecked_transaction().unwrap();
    for age in ages {
        let at = ago(age);
        conn.execute(
            "INSERT INTO events (event_type, at_wall, at_boot, at_boot_id, hash, line)
             VALUES ('alert', ?1, ?2, ?3, '', '')",
            params![wall(&at), boot(&at), at.boot_id.as_str()],
        )
        .unwrap();
    }
    tx.commit().unwrap();
}

fn count(conn: &Connection, table: &str) -> i64 {
    conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
        row.get(0)
    })
    .unwrap()
}

#[test]
fn what_is_too_old_goes_and_the_rest_stays() {
    let (_folder, conn) = database();
    add_events(&conn, (0..1200).map(|_| KEEP + DAY));
    add_events(&conn, (0..700).map(|_| KEEP.saturating_sub(DAY)));
    forget(&conn, true, u64::MAX);
    assert_eq!(count(&conn, "events"), 700);
}

#[test]
fn the_end_of_the_chain_stays_however_old_it_is() {
    let (_folder, conn) = database();
    add_events(&conn, (0..5).map(|_| KEEP + DAY));
    forget(&conn, true, u64::MAX);
    let last: i64 = conn
        .query_row("SELECT seq FROM events", [], |row| row.get(0))
        .unwrap();
    assert_eq!(last, 5);
}

#[test]
fn what_is_not_in_the_action_log_yet_stays() {
    let (_folder, conn) = database();
    add_events(&conn, (0..5).map(|_| KEEP + DAY));
    forget(&conn, true, 2);
    assert_eq!(count(&conn, "events"), 3);
    forget(&conn, false, 0);
    assert_eq!(count(&conn, "events"), 1);
}

#[test]
fn a_wall_clock_that_jumped_inside_this_boot_deletes_nothing() {
    let (_folder, conn) = database();
    add_events(&conn, [DAY, DAY].into_iter());
    conn.execute("UPDATE events SET at_wall = 0", []).unwrap();
    forget(&conn, true, u64::MAX);
    assert_eq!(count(&conn, "events"), 2);
    conn.execute("UPDATE events SET at_boot_id = 'another'", [])
        .unwrap();
    forget(&conn, true, u64::MAX);
    assert_eq!(count(&conn, "events"), 1);
}

/// A wall clock that was put forward by years over a reboot must not refill budgets by way of forgetting.
#[test]
fn what_budgets_are_counted_from_stays_until_it_is_old_for_certain() {
    // One of a boot that lasted a day, and one from before all that is known.
    for (boot, expected) in [(DAY, 2), (KEEP, 1), (KEEP + DAY, 0)] {
        let (_folder, conn) = database();
        let now = Now { boot, ..now() };
        for (boot_id, lasted) in [("before", DAY), ("this", boot)] {
            conn.execute(
                "INSERT INTO boots (boot_id, began, lasted) SELECT ?1, ifnull(sum(lasted), 0), ?2 FROM boots",
                params![boot_id, duration_ns(lasted)],
            )
            .unwrap();
        }
        for boot_id in ["before", "unknown"] {
            conn.execute(
                "INSERT INTO charges (rule, target, remediation, at_wall, at_boot, at_boot_id)
                 VALUES ('r', 'path:/a', 'a', 0, 0, ?1)",
                [boot_id],
            )
            .unwrap();
        }
        forget_at(&conn, &now, true, u64::MAX);
        assert_eq!(count(&conn, "charges"), expected, "{boot:?}");
    }
}

#[test]
fn a_remediation_goes_with_its_attempts_once_it_has_ended() {
    let (_folder, conn) = database();
    let old = ago(KEEP + DAY);
    for (id, target, ended) in [("a", "path:/a", Some(wall(&old))), ("b", "path:/b", None)] {
        conn.execute(
            "INSERT INTO remediations (id, rule, target, alert_name, fingerprint, starts_at,
                 admitted_wall, admitted_boot, admitted_boot_id, ended_wall, ended_boot, ended_boot_id)
             VALUES (?1, 'r', ?2, 'A', 'f', 0, 0, 0, 'this', ?3, 0, 'this')",
            params![id, target, ended],
        )
        .unwrap();
        conn.execute(
            "INSERT INTO attempts (remediation, rung, attempt, remedy, plan, policy_revision, within,
                 phase, evidence, intent_wall, intent_boot, intent_boot_id)
             VALUES (?1, 0, 1, 'x', 'null', 'p', 0, 'intent', 'null', ?2, ?3, 'this')",
            params![id, wall(&old), boot(&old)],
        )
        .unwrap();
    }
    forget(&conn, true, u64::MAX);
    let left: String = conn
        .query_row("SELECT group_concat(id) FROM remediations", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(left, "b");
    assert_eq!(count(&conn, "attempts"), 1);
}
