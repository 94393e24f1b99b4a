use super::*;

fn open(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

fn count(conn: &Connection, table: &str) -> i64 {
    conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
        row.get(0)
    })
    .unwrap()
}

#[test]
fn a_new_database_gets_the_newest_schema_without_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut conn = open(&path);
    check(&conn, MIGRATIONS.len()).unwrap();
    migrate(&mut conn, &path, MIGRATIONS).unwrap();
    assert_eq!(version(&conn).unwrap(), MIGRATIONS.len());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    // Again: nothing to do.
    migrate(&mut conn, &path, MIGRATIONS).unwrap();
}

#[test]
fn a_migration_keeps_the_data_and_a_copy_of_what_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut conn = open(&path);
    migrate(&mut conn, &path, MIGRATIONS).unwrap();
    conn.execute(
        "INSERT INTO starts (is_unclean, at_wall, at_boot, at_boot_id) VALUES (0, 1, 2, 'x')",
        [],
    )
    .unwrap();

    let newer = [
        MIGRATIONS,
        &[
            "ALTER TABLE starts ADD COLUMN note TEXT",
            "CREATE TABLE more (x)",
        ],
    ]
    .concat();
    migrate(&mut conn, &path, &newer).unwrap();
    assert_eq!(version(&conn).unwrap(), newer.len());
    conn.execute("UPDATE starts SET note = 'kept'", []).unwrap();
    assert_eq!(count(&conn, "more"), 0);

    let backup = open(&backup_path(&path, MIGRATIONS.len()));
    check(&backup, MIGRATIONS.len()).unwrap();
    assert_eq!(version(&backup).unwrap(), MIGRATIONS.len());
    assert_eq!(count(&backup, "starts"), 1);
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut conn = open(&path);
    migrate(&mut conn, &path, MIGRATIONS).unwrap();
    let broken = [
        MIGRATIONS,
        &["CREATE TABLE more (x)", "CREATE TABLE more (x)"],
    ]
    .concat();
    assert!(migrate(&mut conn, &path, &broken).is_err());
    assert_eq!(version(&conn).unwrap(), MIGRATIONS.len());
    assert!(conn.prepare("SELECT * FROM more").is_err());
}

#[test]
fn newer_and_foreign_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut conn = open(&path);
    migrate(&mut conn, &path, MIGRATIONS).unwrap();
    conn.pragma_update(None, "user_version", 9).unwrap();
    assert!(matches!(
        check(&conn, 1),
        Err(SchemaError::Newer { found: 9, known: 1 })
    ));
    conn.pragma_update(None, "application_id", 1).unwrap();
    assert!(matches!(check(&conn, 1), Err(SchemaError::Foreign)));

    let other = open(&folder.path().join("other.db"));
    other.execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(matches!(check(&other, 1), Err(SchemaError::Foreign)));
}
