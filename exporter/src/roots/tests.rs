use super::*;

#[test]
fn a_missing_file_is_absent_and_a_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(read(&folder.path().join("stat")).unwrap().is_none());
    let error = read(folder.path()).unwrap_err();
    assert!(error.to_string().starts_with("cannot read `"), "{error}");
}

#[test]
fn a_file_below_something_that_is_no_folder_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(read(&file.join("below")).unwrap().is_none());
}
