//! The port: free, or ours; when it is taken, by whom.

use std::path::Path;

use prunelle_foundation::listener;

use super::{Patient, Report};
use crate::causes::with_causes;

const TOPIC: &str = "port";

pub(super) fn examine(report: &mut Report, patient: &Patient) {
    let address = &patient.settings.listen_address;
    if patient.is_daemon {
        report.good(TOPIC, format!("the daemon listens on {address}"));
        return;
    }
    match listener::bind(address) {
        Ok(_) => report.good(TOPIC, format!("{address} is free")),
        Err(error) => {
            let port = address.to_string();
            let port: Option<u16> = port.rsplit(':').next().and_then(|port| port.parse().ok());
            let owner = port
                .and_then(|port| owner(&patient.proc, port))
                .map_or(String::new(), |owner| format!("; {owner} listens on it"));
            report.failure(
                TOPIC,
                format!("{}{owner}", with_causes(&error)),
                "stop what listens there, or choose another --web.listen-address, in Alertmanager's receiver as well",
            );
        }
    }
}

/// Who listens on a TCP port, as far as we may look.
fn owner(proc: &Path, port: u16) -> Option<String> {
    let inode = ["net/tcp", "net/tcp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(proc.join(table)).ok())
        .find_map(|table| listening_inode(&table, port))?;
    let wanted = format!("socket:[{inode}]");
    let processes = std::fs::read_dir(proc).ok()?;
    for process in processes.flatten() {
        let is_holder = std::fs::read_dir(process.path().join("fd")).is_ok_and(|descriptors| {
            descriptors.flatten().any(|descriptor| {
                std::fs::read_link(descriptor.path())
                    .is_ok_and(|target| target.as_os_str() == wanted.as_str())
            })
        });
        if is_holder {
            let comm = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!(
                "`{}` (pid {})",
                comm.trim(),
                process.file_name().display()
            ));
        }
    }
    Some("a process of another user".to_owned())
}

/// The inode of the socket that listens on a port, from `/proc/net/tcp`.
pub(super) fn listening_inode(table: &str, port: u16) -> Option<u64> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let local = fields.nth(1)?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?.parse().ok()?;
        let found = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
        (found == port && state == LISTEN).then_some(inode)
    })
}
