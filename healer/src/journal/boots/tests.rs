use rusqlite::Connection;

use super::super::events::Chain;
use super::super::operation::State;
use super::super::schema::{self, MIGRATIONS};
use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn database() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut conn = Connection::open(&path).unwrap();
    schema::migrate(&mut conn, &path, MIGRATIONS).unwrap();
    (folder, conn)
}

fn moment(boot_id: &str, minutes: u32) -> Now {
    Now {
        wall: "2026-11-24T08:00:00Z".parse().unwrap(),
        boot: MINUTE * minutes,
        boot_id: BootId::new(boot_id),
    }
}

/// A run of the healer that notes a boot when it is so old.
fn note(conn: &Connection, at: &Now) {
    let boots = SeenBoots::read(conn, at).unwrap();
    let state = State {
        chain: Chain::default(),
        heard: 0,
    };
    let tx = super::super::operation::Transaction {
        conn,
        boots: &boots,
        state,
    };
    tx.note_boot(at).unwrap();
}

#[test]
fn boots_are_put_end_to_end_as_they_were_noted_last() {
    let (_folder, conn) = database();
    note(&conn, &moment("a", 10));
    note(&conn, &moment("a", 30));
    // A clock that runs backwards takes nothing back.
    note(&conn, &moment("a", 20));
    note(&conn, &moment("b", 5));
    let boots = SeenBoots::read(&conn, &moment("c", 1)).unwrap();
    assert_eq!(boots.uptime(&moment("c", 1)), 36 * MINUTE);
    let certain = |earlier: &Now| boots.known.certain(earlier, &moment("c", 2));
    assert_eq!(certain(&moment("a", 29)), 8 * MINUTE);
    assert_eq!(certain(&moment("b", 5)), 2 * MINUTE);
    assert_eq!(certain(&moment("c", 1)), MINUTE);

    // A start of the healer in the same boot changes nothing.
    let again = SeenBoots::read(&conn, &moment("b", 6)).unwrap();
    assert_eq!(again.uptime(&moment("b", 6)), 36 * MINUTE);
}

#[test]
fn the_boots_before_the_last_hundred_end_where_those_begin() {
    let (_folder, conn) = database();
    for boot in 0..=MOST {
        note(&conn, &moment(&boot.to_string(), 2));
    }
    let now = moment("present", 1);
    let boots = SeenBoots::read(&conn, &now).unwrap();
    let certain = |boot: &str| boots.known.certain(&moment(boot, 1), &now);
    assert_eq!(certain("1"), 2 * MINUTE * MOST);
    assert_eq!(certain("0"), MINUTE + 2 * MINUTE * MOST, "at the least");
    assert_eq!(certain(&MOST.to_string()), 2 * MINUTE);
}

#[test]
fn it_is_noted_once_a_minute() {
    let (_folder, conn) = database();
    let mut boots = SeenBoots::read(&conn, &moment("a", 0)).unwrap();
    assert!(boots.is_due(&moment("a", 0)));
    boots.noted(&moment("a", 0));
    let mut soon = moment("a", 0);
    soon.boot = Duration::from_secs(59);
    assert!(!boots.is_due(&soon));
    assert!(boots.is_due(&moment("a", 1)));
}

/// What version 4 has kept tells of the boots that it saw.
#[test]
fn an_older_journal_knows_its_boots() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut conn = Connection::open(&path).unwrap();
    let this = MIGRATIONS
        .iter()
        .position(|migration| migration.contains("CREATE TABLE boots"))
        .unwrap();
    schema::migrate(&mut conn, &path, &MIGRATIONS[..this]).unwrap();
    for (boot_id, minutes) in [("z", 2), ("z", 4), ("y", 1), ("x", 3)] {
        conn.execute(
            "INSERT INTO starts (is_unclean, at_wall, at_boot, at_boot_id) VALUES (0, 0, ?1, ?2)",
            params![boot(&moment(boot_id, minutes)), boot_id],
        )
        .unwrap();
    }
    for (boot_id, minutes) in [("z", 9), ("y", 2), ("z", 7), ("x", 1)] {
        conn.execute(
            "INSERT INTO events (event_type, at_wall, at_boot, at_boot_id, hash, line)
             VALUES ('alert', 0, ?1, ?2, '', '')",
            params![boot(&moment(boot_id, minutes)), boot_id],
        )
        .unwrap();
    }
    schema::migrate(&mut conn, &path, &MIGRATIONS[..=this]).unwrap();
    let now = moment("now", 1);
    let boots = SeenBoots::read(&conn, &now).unwrap();
    assert_eq!(boots.uptime(&now), (9 + 2 + 3 + 1) * MINUTE);
    let certain = |boot: &str, minutes| boots.known.certain(&moment(boot, minutes), &now);
    assert_eq!(certain("z", 8), (1 + 2 + 3 + 1) * MINUTE);
    assert_eq!(certain("y", 2), (3 + 1) * MINUTE);
    assert_eq!(certain("x", 3), MINUTE);
}
