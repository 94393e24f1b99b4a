//! Scenarios: whole programs on a real systemd, with real Prometheus and Alertmanager.
//!
//! Each starts a stack of its own (`prunelle_sandbox::Stack`), so that they run at the same time and in any order.

#[cfg(test)]
mod cannot_start;
#[cfg(test)]
mod clock_jumps;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod dashboards;
#[cfg(test)]
mod dead_service;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod limited_host;
#[cfg(test)]
mod observe;
#[cfg(test)]
mod rehearsal;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod shipped_names;
#[cfg(test)]
mod shipped_policy;
#[cfg(test)]
mod silences;
#[cfg(test)]
mod told;
#[cfg(test)]
mod two_alertmanagers;
#[cfg(test)]
mod two_hosts;
#[cfg(test)]
mod unknown_is_not_down;
#[cfg(test)]
mod watched;
