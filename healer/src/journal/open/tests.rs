use super::*;

#[test]
fn every_commit_is_synced() {
    let folder = tempfile::tempdir().unwrap();
    let conn = open_database(&folder.path().join("journal.db")).unwrap();
    let number = |name: &str| -> i64 {
        conn.pragma_query_value(None, name, |row| row.get(0))
            .unwrap()
    };
    let mode: String = conn
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    assert_eq!(number("synchronous"), 2, "FULL");
    assert_eq!(number("temp_store"), 2, "MEMORY");
    assert_eq!(number("foreign_keys"), 1);
}

#[test]
fn messages_say_what_to_do() {
    let path = PathBuf::from("/var/lib/prunelle");
    let denied = io_error(&path, io::ErrorKind::PermissionDenied.into());
    assert_eq!(
        denied.to_string(),
        "no permission to write `/var/lib/prunelle`\n  \
         hint: it must belong to the user that runs prunelle-healer"
    );
    let locked = OpenError::Locked { path, pid: Some(7) };
    assert_eq!(
        locked.to_string(),
        "another prunelle-healer uses `/var/lib/prunelle` (pid 7)\n  \
         hint: stop it first, or give this one a --storage.path of its own"
    );
}
