use std::fs::File;

use super::*;

struct Host {
    folder: tempfile::TempDir,
    roots: Roots,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots {
            proc: "/proc".into(),
            root: folder.path().to_owned(),
            ..Roots::default()
        };
        Self { folder, roots }
    }

    fn file(&self, name: &str) -> File {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap()
    }
}

#[test]
fn a_lock_that_somebody_holds_is_found_in_the_kernels_own_table() {
    for (name, owner) in LOCK_FILES {
        let host = Host::new();
        assert_eq!(look(&host.roots), Ok(None), "no such file: {name}");
        let file = host.file(name);
        assert_eq!(look(&host.roots), Ok(None), "not locked: {name}");
        file.lock().unwrap();
        assert_eq!(look(&host.roots), Ok(Some(*owner)), "{name}");
        file.unlock().unwrap();
        assert_eq!(look(&host.roots), Ok(None), "unlocked: {name}");
    }
}

#[test]
fn the_lock_of_pacman_is_its_file() {
    let host = Host::new();
    host.file("var/lib/pacman/db.lck");
    assert_eq!(look(&host.roots), Ok(Some("pacman")));
}

#[test]
fn what_cannot_be_read_is_unknown() {
    let mut host = Host::new();
    host.roots.proc = host.folder.path().join("proc");
    assert!(look(&host.roots).unwrap_err().contains("locks"));
}

#[test]
fn lines_of_the_table_are_read_whatever_they_are_about() {
    let file = Some((8, 1, 131_331));
    for (line, expected) in [
        ("1: POSIX  ADVISORY  WRITE 4711 08:01:131331 0 EOF", file),
        ("1: -> POSIX  ADVISORY  WRITE 4711 08:01:131331 0 EOF", file),
        (
            "2: FLOCK  ADVISORY  WRITE 1 fd:1a:7 0 EOF",
            Some((0xfd, 0x1a, 7)),
        ),
        (
            "3: OFDLCK ADVISORY  READ -1 00:2f:9 0 0",
            Some((0, 0x2f, 9)),
        ),
        ("4: LEASE  ACTIVE    READ  1 08:xx:9 0 EOF", None),
        ("", None),
    ] {
        assert_eq!(locked_file(line), expected, "{line}");
    }
    assert!(is_same((0, 0x2f, 9), (0, 0x30, 9)));
    assert!(!is_same((8, 1, 9), (8, 2, 9)));
    assert!(!is_same((0, 0x2f, 9), (8, 1, 9)));
}
