//! The sandbox itself, for real: needs root, systemd and dbus-daemon.

#[cfg(test)]
mod leftovers;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod manager;
