use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::SystemClock;

use super::*;
use crate::procfs::net_dev;
use crate::roots;

/// Set where this test program runs in a network namespace of its own.
const IN_NAMESPACE: &str = "LINKS_IN_NAMESPACE";

fn deadline() -> Deadline {
    Deadline::after(
        Arc::new(SystemClock::new().unwrap()),
        Duration::from_secs(10),
    )
}

/// Devices of all kinds, more than have their files kept open. What a kernel does not know it leaves out; what every
/// kernel knows must work.
const DEVICES: &str = r#"
set -e
mount -t sysfs sysfs /sys
ip link set lo up
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v0 alias "uplink  of \"a\""
ip link set v0 promisc on allmulticast on
ip link set v1 up address 02:00:00:00:00:07 mtu 1400 txqueuelen 77 group 5
ip link add v2 type veth peer name v3
ip link set v2 up
for number in $(seq 10 50); do echo "link add name w$number type veth peer name x$number"; done | ip -batch -
{
    ip link add name "$(printf 'a\377')" type bridge
    ip link set v1 master "$(printf 'a\377')"
    ip link property add dev v0 altname another-name-of-more-than-fifteen-letters
    ip link add dummy0 type dummy
    ip link add link v2 name v2.5 type vlan id 5
    ip link add link v2 name mac0 type macvlan
    ip link add bond0 type bond
    ip link add ifb7 type ifb
    ip tuntap add dev tun0 mode tun
} 2>/dev/null || true
exec "$0" --exact links::tests::rtnetlink_and_files_tell_the_same --nocapture
"#;

/// Again in a namespace that has devices of all kinds.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test may start itself in a namespace"
)]
fn rtnetlink_and_files_tell_the_same_of_all_kinds_of_devices() {
    let unshare = |user: &[&str], script: &str| {
        Command::new("unshare")
            .args(user)
            .args(["--net", "--pid", "--fork", "--mount", "--mount-proc"])
            .args(["sh", "-c", script])
            .arg(std::env::current_exe().unwrap())
            .env(IN_NAMESPACE, "1")
            .output()
            .unwrap()
    };
    // As root, as anybody where the kernel lets, or not at all.
    let ways: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
    let ready = "mount -t sysfs sysfs /sys && ip link add v0 type veth peer name v1";
    let is_possible = |way: &&&[&str]| unshare(way, ready).status.success();
    let Some(way) = ways.iter().find(is_possible) else {
        return;
    };
    let output = unshare(way, DEVICES);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
fn rtnetlink_and_files_tell_the_same() {
    let in_namespace = std::env::var_os(IN_NAMESPACE).is_some();
    // On the host itself engines may make and remove theirs at this moment.
    let admits = |name: &str| in_namespace || !is_noise(name);
    let roots = Roots::default();
    let mut links = Links::new(&roots);
    let deadline = deadline();
    // The first scrape opens what the others have open.
    for _ in 0..3 {
        links.begin();
        let Some(dump) = links.dump(&deadline, admits).unwrap() else {
            assert!(!in_namespace, "rtnetlink is not asked");
            // In a network namespace of one's own, or such sockets are forbidden.
            return;
        };
        let dump = dump.to_vec();
        let files = sysfs::devices(&roots.sysfs.join("class/net"), admits);
        let without_traffic = dump.iter().map(|link| Link {
            traffic: None,
            ..link.clone()
        });
        assert_eq!(without_traffic.collect::<Vec<_>>(), files.unwrap().unwrap());
        if in_namespace {
            assert!(dump.len() > 80, "{}", dump.len());
            check_traffic(&dump);
        }
    }
}

/// The file is read after the dump: whatever is sent meanwhile, as the kernel does to find neighbours, it has too.
fn check_traffic(dump: &[Link]) {
    let devices = roots::parse(Path::new("/proc/net/dev"), net_dev::parse);
    for device in devices.unwrap().unwrap() {
        let link = dump.iter().find(|link| link.name == device.device);
        let traffic = link.unwrap().traffic.unwrap();
        let columns = Traffic::of_columns(&device.received, &device.sent);
        assert_eq!(traffic.receive_errs, columns.receive_errs);
        assert_eq!(traffic.receive_drop, columns.receive_drop);
        assert_eq!(traffic.transmit_drop, columns.transmit_drop);
        assert!(traffic.transmit_packets <= columns.transmit_packets);
        assert!(traffic.receive_bytes <= columns.receive_bytes);
    }
}

#[test]
fn one_scrape_asks_once_and_the_next_again() {
    let mut links = Links::new(&Roots::default());
    let names = |links: &[Link]| -> BTreeSet<String> {
        links.iter().map(|link| link.name.clone()).collect()
    };
    let Some(first) = links.dump(&deadline(), |name| name == "lo").unwrap() else {
        return;
    };
    assert_eq!(names(first), ["lo".to_owned()].into());
    // The answer of this scrape, whatever is wanted now.
    let again = links.dump(&deadline(), |_| false).unwrap().unwrap();
    assert_eq!(names(again), ["lo".to_owned()].into());
    links.begin();
    let next = links.dump(&deadline(), |_| false).unwrap().unwrap();
    assert_eq!(names(next), BTreeSet::new());
}

#[test]
fn a_tree_of_files_is_never_this_process() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("1/net")).unwrap();
    fs::write(folder.path().join("1/net/dev"), "").unwrap();
    assert!(!is_of_this_process(folder.path()));
    assert!(!is_of_this_process(&folder.path().join("nothing")));
}

#[test]
fn while_the_network_hangs_nothing_is_asked() {
    let mut links = Links::new(&Roots::default());
    let over = Deadline::after(Arc::new(SystemClock::new().unwrap()), Duration::ZERO);
    let hanging = links.asking.begin(&over);
    let error = links.dump(&deadline(), |_| true).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `rtnetlink`");
    assert!(links.read(&deadline(), |_| true).is_err());
    drop(hanging);
    assert!(links.dump(&deadline(), |_| true).is_ok());
}
