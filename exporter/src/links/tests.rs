use std::collections::BTreeSet;
use std::fs;

use super::*;

/// The devices of this machine, without those that come and go while tests run.
fn settled(links: &[Link]) -> Vec<Link> {
    let steady = |link: &&Link| !link.name.starts_with("veth");
    links.iter().filter(steady).cloned().collect()
}

/// What both sources tell, of whatever devices this machine has.
#[test]
fn rtnetlink_and_sysfs_tell_the_same() {
    let roots = Roots::default();
    let mut links = Links::new(&roots);
    // None where the tests run in a network namespace of their own, or may not have such sockets.
    let Some(dump) = links.dump(|_| true).unwrap() else {
        return;
    };
    let dump = settled(dump);
    let files = sysfs::devices(&roots.sysfs.join("class/net"), |_| true);
    let files = settled(&files.unwrap().unwrap());
    assert!(dump.iter().all(|link| link.traffic.is_some()));
    let without_traffic = dump.into_iter().map(|link| Link {
        traffic: None,
        ..link
    });
    assert_eq!(without_traffic.collect::<Vec<_>>(), files);
}

#[test]
fn one_scrape_asks_once_and_the_next_again() {
    let mut links = Links::new(&Roots::default());
    let names =
        |links: &[Link]| -> BTreeSet<String> { links.iter().map(|it| it.name.clone()).collect() };
    let Some(first) = links.dump(|name| name == "lo").unwrap() else {
        return;
    };
    assert_eq!(names(first), ["lo".to_owned()].into());
    // The answer of this scrape, whatever is wanted now.
    assert_eq!(
        names(links.dump(|_| false).unwrap().unwrap()),
        ["lo".to_owned()].into()
    );
    links.begin();
    assert_eq!(
        names(links.dump(|_| false).unwrap().unwrap()),
        BTreeSet::new()
    );
}

#[test]
fn a_tree_of_files_is_never_this_process() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("1/net")).unwrap();
    fs::write(folder.path().join("1/net/dev"), "").unwrap();
    assert!(!is_of_this_process(folder.path()));
    assert!(!is_of_this_process(&folder.path().join("nothing")));
}
