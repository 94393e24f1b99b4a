use super::*;

struct Tree {
    folder: tempfile::TempDir,
    reader: Reader,
}

impl Tree {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            reader: Reader::new(folder.path().to_owned()),
            folder,
        }
    }

    fn write(&self, pid: u64, file: &str, content: &[u8]) {
        let folder = self.folder.path().join(pid.to_string());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(file), content).unwrap();
    }

    fn process(&self, pid: u64, comm: &[u8], flags: u64, cgroup: &str) {
        let mut stat = format!("{pid} (").into_bytes();
        stat.extend(comm);
        let rest = format!(") S 1 1 1 0 -1 {flags} 0 0 0 0 7 3 2 1 20 0 1 0 500 0 0 0\n");
        stat.extend(rest.as_bytes());
        self.write(pid, "stat", &stat);
        self.write(pid, "statm", b"900 20 5 1 0 1 0\n");
        self.write(pid, "cgroup", cgroup.as_bytes());
    }

    /// Name, unit, CPU time and that of children, of each process by its pid.
    fn read(&mut self) -> Vec<(u64, String, String)> {
        let mut processes = self.reader.read(true).unwrap().unwrap_or_default();
        processes.sort_by_key(|it| it.pid);
        let seen = |it: Process| (it.pid, it.name.to_string(), it.unit.to_string());
        processes.into_iter().map(seen).collect()
    }
}

#[test]
fn processes_with_their_units() {
    let mut tree = Tree::new();
    tree.process(10, b"nginx", 0, "0::/system.slice/nginx.service\n");
    tree.process(11, b"a) (b c", 0, "0::/\n");
    tree.process(
        12,
        b"\xff\xfe",
        0,
        "0::/user.slice/user-7.slice/session-1.scope\n",
    );
    tree.process(2, b"kthreadd", PF_KTHREAD, "0::/\n");
    tree.process(3, b"kworker/0:1", PF_KTHREAD, "0::/\n");
    // Others that have numbers or files are none.
    fs::create_dir(tree.folder.path().join("sys")).unwrap();
    fs::create_dir(tree.folder.path().join("99")).unwrap();
    let expected = [
        (2, "[kernel threads]", ""),
        (3, "[kernel threads]", ""),
        (10, "nginx", "nginx.service"),
        (11, "a) (b c", ""),
        (12, "\\xff\\xfe", "user-7.slice"),
    ];
    let expected = expected.map(|(pid, name, unit)| (pid, name.to_owned(), unit.to_owned()));
    for _ in 0..2 {
        assert_eq!(tree.read(), expected);
    }
    let process = tree.reader.read(true).unwrap().unwrap();
    let nginx = process.iter().find(|it| it.pid == 10).unwrap();
    let page = rustix::param::page_size() as u64;
    assert_eq!((nginx.cpu, nginx.children, nginx.start), (10, 3, 500));
    assert_eq!((nginx.resident, nginx.shared), (20 * page, 5 * page));
    let kernel = process.iter().find(|it| it.pid == 2).unwrap();
    assert_eq!(kernel.resident, 0);
}

const PF_KTHREAD: u64 = 0x0020_0000;

#[test]
fn a_program_that_becomes_another_has_its_name() {
    let mut tree = Tree::new();
    tree.process(10, b"sh", 0, "0::/system.slice/a.service\n");
    assert_eq!(tree.read()[0].1, "sh");
    tree.process(10, b"java", 0, "0::/system.slice/a.service\n");
    assert_eq!(tree.read()[0].1, "java");
}

#[test]
fn a_process_that_is_moved_is_found_in_time() {
    let mut tree = Tree::new();
    tree.process(10, b"sshd", 0, "0::/system.slice/ssh.service\n");
    assert_eq!(tree.read()[0].2, "ssh.service");
    tree.process(
        10,
        b"sshd",
        0,
        "0::/user.slice/user-7.slice/session-1.scope\n",
    );
    let found = (0..SAMPLES_UNTIL_MOVED).any(|_| tree.read()[0].2 == "user-7.slice");
    assert!(found);
}

#[test]
fn a_process_that_ends_while_it_is_read_is_not_there() {
    let mut tree = Tree::new();
    tree.process(10, b"a", 0, "0::/\n");
    tree.write(
        11,
        "stat",
        b"11 (b) S 1 1 1 0 -1 0 0 0 0 0 7 3 2 1 20 0 1 0 500 0 0 0\n",
    );
    assert_eq!(tree.read().len(), 1);
}

#[test]
fn nothing_is_absent_and_nonsense_is_an_error() {
    let mut tree = Tree::new();
    assert!(tree.reader.read(true).unwrap().is_none());
    let mut nowhere = Reader::new(tree.folder.path().join("none"));
    assert!(nowhere.read(true).unwrap().is_none());
    tree.write(10, "stat", b"10 (a) S 1");
    let error = tree.reader.read(true).unwrap_err().to_string();
    assert!(error.contains("10/stat"), "{error}");
}
