//! The exporter as a whole: over fixture trees with a clock of the test's own, and the real program.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod container;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod fuse;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod http;
#[cfg(test)]
mod hung_mount;
#[cfg(test)]
mod live_cgroup;
#[cfg(test)]
mod mixin;
#[cfg(test)]
mod network;
#[cfg(test)]
mod page;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod program;
#[cfg(test)]
mod prometheus;
#[cfg(test)]
mod promtool;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod service_resources;
#[cfg(test)]
mod services;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod side_by_side;
#[cfg(test)]
mod systemd;
#[cfg(test)]
mod textfile;
#[cfg(test)]
mod web_config;
