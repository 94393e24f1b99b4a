//! A folder is cleaned for a mount only when it lies on that file system.

use serde_json::json;

use super::announced::started;
use super::*;

/// A mount of another file system than any folder of the tests.
const ELSEWHERE: &str = "/proc";

/// The mount point that holds a path.
fn mount_of(path: &Path) -> PathBuf {
    let holder = path
        .ancestors()
        .find(|ancestor| is_on_mount(path, ancestor).unwrap());
    holder.unwrap().to_owned()
}

fn plan_on(folder: &Path) -> serde_json::Value {
    json!({
        "folder": folder, "older_than_seconds": 1.0, "stop_at_free": 1.0, "max_bytes": 1, "max_files": 1,
        "protected": [], "listed": {},
    })
}

#[test]
fn on_the_mount_it_is_cleaned_and_elsewhere_there_is_nothing_to_clean() {
    let mut fixture = Fixture::new();
    fixture.file("a", 1);
    fixture.job.mount = Some(ELSEWHERE.into());
    for error in [
        plan(&fixture.job).unwrap_err(),
        remove(&fixture.job).unwrap_err(),
    ] {
        assert_eq!(error.reason(), Reason::NothingToClean);
        assert!(
            error.to_string().ends_with(
                "is not on the file system of /proc: cleaning it would free nothing there"
            ),
            "{error}"
        );
    }
    // A folder that is no mount point holds nothing.
    fixture.job.mount = Some(fixture.root.path().to_owned());
    assert!(plan(&fixture.job).is_err());
    assert_eq!(fixture.left(), ["a"]);
    fixture.job.mount = Some(mount_of(&fixture.job.folder));
    assert_eq!(plan(&fixture.job).unwrap().files, 1);
    assert_eq!(fixture.remove().files, 1);
}

#[tokio::test]
async fn only_the_folder_that_was_announced_for_the_mount_is_cleaned() {
    let mut fixture = Fixture::new();
    fixture.file("a", 1);
    let mount = mount_of(&fixture.job.folder);
    fixture.job.mount = Some(mount.clone());
    let folder = fixture.job.folder.clone();
    let announcements = [
        (
            Target::Mount(mount.clone()),
            plan_on(Path::new("/var/tmp/other")),
        ),
        (Target::Mount(mount.clone()), json!({})),
        (Target::Mount(ELSEWHERE.into()), plan_on(&folder)),
        (Target::Path(folder.clone()), plan_on(&folder)),
        (Target::Host, plan_on(&folder)),
    ];
    for (index, (target, plan)) in announcements.into_iter().enumerate() {
        let journal = fixture.root.path().join(index.to_string());
        fs::create_dir(&journal).unwrap();
        let started = started(&journal, target, plan).await;
        let error = apply(started, &fixture.job).unwrap_err();
        assert!(matches!(error, CleanFolderError::OtherTarget { .. }));
    }
    assert_eq!(fixture.left(), ["a"]);
    let started = started(fixture.root.path(), Target::Mount(mount), plan_on(&folder)).await;
    assert_eq!(apply(started, &fixture.job).unwrap().files, 1);
}

#[test]
fn a_mount_tells_its_free_space_and_what_is_none_is_said() {
    let mount = mount_of(Path::new("/var/tmp"));
    let facts = mount_facts(&mount).unwrap();
    assert!(facts.is_alert_about_its_file_system);
    assert!((0.0..=1.0).contains(&facts.free_ratio), "{facts:?}");
    let folder = tempfile::tempdir().unwrap();
    let error = mount_facts(folder.path()).unwrap_err();
    assert!(matches!(error, CleanFolderError::NotMounted(_)), "{error}");
    assert!(mount_facts(Path::new("/no/such/mount")).is_err());
}
