use super::*;
use crate::sysfs::unsigned;

#[test]
fn each_reading_is_of_this_moment_whether_the_file_is_kept_open_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cur_state");
    for is_kept_open in [true, false] {
        std::fs::write(&path, "1\n").unwrap();
        let mut file = KeptFile::new(path.clone(), is_kept_open);
        assert_eq!(file.parse(unsigned).unwrap(), Some(1));
        std::fs::write(&path, "23\n").unwrap();
        assert_eq!(file.parse(unsigned).unwrap(), Some(23));
    }
}

#[test]
fn absent_is_none_and_damage_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cur_state");
    let mut file = KeptFile::new(path.clone(), true);
    assert_eq!(file.parse(unsigned).unwrap(), None);
    std::fs::write(&path, "x\n").unwrap();
    let error = file.parse(unsigned).unwrap_err().to_string();
    assert!(error.contains("cur_state"), "{error}");
}
