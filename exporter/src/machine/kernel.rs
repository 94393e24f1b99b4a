//! The machine as the kernel's files describe it. Reads `/proc/stat`, `/proc/meminfo`, `/proc/1/net/dev` and
//! `/sys/class/net`.

use std::path::Path;

use super::{CpuCount, Machine, Memory, Swap};
use crate::files::Files;
use crate::links::is_noise;
use crate::procfs::meminfo::{self, MemInfo};
use crate::procfs::net_dev::{self, DeviceBytes};
use crate::procfs::stat::{self, CpuTicks};
use crate::roots::{self, Malformed, ReadError, Reading, Roots};

/// How virtual devices are called that are no noise: loopback, bridges, tunnels. Asked only where sysfs cannot tell.
const VIRTUAL_NAMES: &[&str] = &[
    "lo", "br-", "dummy", "erspan", "gre", "ifb", "ip6", "ovs", "sit", "tap", "teql", "tun",
    "vxlan", "wg", "zt",
];

/// Reads the kernel's files below its roots.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub(super) roots: Roots,
}

impl Kernel {
    /// A machine whose files are below `roots`.
    pub fn new(roots: Roots) -> Self {
        Self { roots }
    }

    /// CPU time by mode.
    pub fn ticks(&self) -> Reading<CpuTicks> {
        roots::parse(&self.roots.procfs.join("stat"), stat::parse)
    }

    /// Bytes through each device for which `counts` holds.
    ///
    /// Process 1 is asked first: when `--path.procfs` is the host's, `net/dev` itself would be about the
    /// network namespace of this process.
    pub fn devices(&self, counts: impl Fn(&str) -> bool) -> Reading<Vec<DeviceBytes>> {
        let of_init = roots::parse(&self.roots.procfs.join("1/net/dev"), net_dev::parse);
        let mut devices = match of_init {
            Ok(Some(devices)) => devices,
            Ok(None) | Err(ReadError::Io { .. }) => {
                match roots::parse(&self.roots.procfs.join("net/dev"), net_dev::parse)? {
                    Some(devices) => devices,
                    None => return Ok(None),
                }
            }
            Err(malformed) => return Err(malformed),
        };
        devices.retain(|device| counts(&device.device));
        Ok(Some(devices.into_iter().map(DeviceBytes::from).collect()))
    }

    /// Parses `/proc/meminfo` and makes something of it; errors name the file.
    fn meminfo<T>(
        files: &mut Files,
        make: impl FnOnce(MemInfo) -> Result<Option<T>, Malformed>,
    ) -> Reading<T> {
        let read = files.parse_procfs("meminfo", |content| meminfo::parse(content).and_then(make));
        read.map(Option::flatten)
    }

    fn is_physical(classes: Option<&Path>, device: &str) -> bool {
        match classes {
            Some(classes) => classes.join(device).join("device").exists(),
            None => !is_virtual_name(device),
        }
    }
}

impl Machine for Kernel {
    fn cpu(&self) -> Reading<CpuCount> {
        Ok(self.ticks()?.map(CpuCount::Machine))
    }

    fn memory(&self, files: &mut Files) -> Reading<Memory> {
        Self::meminfo(files, |info| {
            let total = info.total.ok_or(Malformed::Missing("MemTotal"))?;
            let available = info.available().ok_or(Malformed::Missing("MemAvailable"))?;
            Memory::new(total, available).map(Some)
        })
    }

    fn swap(&self, files: &mut Files) -> Reading<Swap> {
        Self::meminfo(files, |info| match (info.swap_total, info.swap_free) {
            (None, None) => Ok(None),
            (None, _) => Err(Malformed::Missing("SwapTotal")),
            (_, None) => Err(Malformed::Missing("SwapFree")),
            (Some(total), Some(free)) => {
                let used = total.checked_sub(free);
                let used =
                    used.ok_or(Malformed::Contradiction("more swap is free than there is"))?;
                Swap::new(total, used).map(Some)
            }
        })
    }

    fn network(&self) -> Reading<Vec<DeviceBytes>> {
        let classes = self.roots.sysfs.join("class/net");
        let classes = classes.is_dir().then_some(classes.as_path());
        self.devices(|device| Self::is_physical(classes, device))
    }
}

/// Whether a device is called as virtual ones are.
pub(super) fn is_virtual_name(device: &str) -> bool {
    is_noise(device)
        || VIRTUAL_NAMES.iter().any(|&virtual_name| {
            device.strip_prefix(virtual_name).is_some_and(|rest| {
                // `lo` and `lo0`, but not `lowlatency0`; prefixes of more letters are telling enough.
                virtual_name.len() > 2 || rest.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
}

#[cfg(test)]
mod tests;
