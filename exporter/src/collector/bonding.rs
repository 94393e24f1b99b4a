//! Bonds: how many devices each has and how many of them are fit, from `/sys/class/net/bonding_masters` and the folders
//! of the bonds.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::{label, words};
use crate::roots::{self, Reading};

pub(super) const COLLECTOR: Collector = Collector::new(
    "bonding",
    "devices of each bond and how many are fit",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[&SLAVES, &ACTIVE];

static SLAVES: Metric = Metric::gauge(
    "node_bonding_slaves",
    "How many devices the bond has (/sys/class/net/*/bonding/slaves).",
)
.labels(&["master"]);
static ACTIVE: Metric = Metric::gauge(
    "node_bonding_active",
    "How many devices of the bond have a link (/sys/class/net/*/lower_*/bonding_slave/mii_status).",
)
.labels(&["master"]);

/// One bond.
struct Bond {
    name: String,
    slaves: u64,
    active: u64,
}

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let classes = scrape.host.roots.sysfs.join("class/net");
    let Some(masters) = scrape.files.sysfs("class/net/bonding_masters")? else {
        return Ok(());
    };
    let mut bonds = Vec::new();
    for master in words(masters) {
        bonds.extend(bond(&classes, master)?);
    }
    let mut slaves = scrape.out.family(&SLAVES);
    for bond in &bonds {
        slaves.sample(&[&bond.name], bond.slaves);
    }
    let mut active = scrape.out.family(&ACTIVE);
    for bond in &bonds {
        active.sample(&[&bond.name], bond.active);
    }
    Ok(())
}

/// None when it is no more.
fn bond(classes: &Path, master: &[u8]) -> Reading<Bond> {
    let folder = classes.join(OsStr::from_bytes(master));
    let Some(names) = roots::read(&folder.join("bonding/slaves"))? else {
        return Ok(None);
    };
    let mut bond = Bond {
        name: label(master),
        slaves: 0,
        active: 0,
    };
    for slave in words(&names) {
        // A device without a status has just left.
        if let Some(status) = mii_status(&folder, slave)? {
            bond.slaves += 1;
            bond.active += u64::from(status.trim_ascii() == b"up");
        }
    }
    Ok(Some(bond))
}

fn mii_status(folder: &Path, slave: &[u8]) -> Reading<Vec<u8>> {
    // Before Linux 3.9 the second.
    for prefix in [b"lower_", b"slave_"] {
        let device = [prefix, slave].concat();
        let path = folder.join(OsStr::from_bytes(&device));
        let status = roots::read(&path.join("bonding_slave/mii_status"))?;
        if status.is_some() {
            return Ok(status);
        }
    }
    Ok(None)
}
