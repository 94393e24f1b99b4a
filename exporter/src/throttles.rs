//! How often cores and packages were slowed down because of heat: which files say so, found anew when CPUs come or go.
//!
//! Threads of a core and cores of a package share their counter, so that each is read through the first CPU that has it.
//! Few machines but those of Intel and AMD have these files. The collector `cpu` owns this.

use std::path::Path;

use crate::cpu_times::CpuTime;
use crate::kept_file::{KEPT_OPEN, KeptFile};
use crate::roots::{self, ReadError, Reading};
use crate::sysfs;

/// The counters of all cores and packages.
#[derive(Debug, Default)]
pub struct Throttles {
    /// The CPUs for which the files were looked for.
    cpus: Vec<String>,
    counters: Vec<Counter>,
}

/// The counter of one core or package.
#[derive(Debug)]
pub struct Counter {
    /// The package, as text for a label.
    pub package: String,
    /// The core of that package; none for the package itself.
    pub core: Option<String>,
    file: KeptFile,
}

impl Throttles {
    /// Looks for the files when these are not the CPUs for which it last did.
    pub fn follow(&mut self, sysfs: &Path, cpus: &[CpuTime]) -> Result<(), ReadError> {
        let online = cpus.iter().map(CpuTime::cpu);
        if online.clone().eq(self.cpus.iter().map(String::as_str)) {
            return Ok(());
        }
        self.cpus.clear();
        self.counters.clear();
        for cpu in online.clone() {
            let folder = sysfs.join("devices/system/cpu").join(format!("cpu{cpu}"));
            let id = |name| roots::parse(&folder.join("topology").join(name), sysfs::unsigned);
            if let (Some(package), Some(core)) = (id("physical_package_id")?, id("core_id")?) {
                let (package, core) = (package.to_string(), core.to_string());
                let files = folder.join("thermal_throttle");
                self.add(&package, Some(core), &files.join("core_throttle_count"));
                self.add(&package, None, &files.join("package_throttle_count"));
            }
        }
        self.cpus.extend(online.map(str::to_owned));
        Ok(())
    }

    /// The counters, those of cores and of packages mixed.
    pub fn counters(&mut self) -> impl Iterator<Item = &mut Counter> {
        self.counters.iter_mut()
    }

    fn add(&mut self, package: &str, core: Option<String>, path: &Path) {
        let is_known = |it: &Counter| it.package == package && it.core == core;
        if path.exists() && !self.counters.iter().any(is_known) {
            self.counters.push(Counter {
                package: package.to_owned(),
                core,
                file: KeptFile::new(path.to_owned(), self.counters.len() < KEPT_OPEN),
            });
        }
    }
}

impl Counter {
    /// How often so far; none when its CPU has just gone.
    pub fn count(&mut self) -> Reading<u64> {
        match self.file.parse(sysfs::unsigned) {
            Err(ReadError::Io { .. }) => Ok(None),
            reading => reading,
        }
    }
}

#[cfg(test)]
mod tests;
