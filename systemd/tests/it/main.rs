//! The client against a real systemd. Needs root: the sandbox makes namespaces.

#[cfg(test)]
mod churn;
#[cfg(test)]
mod details;
#[cfg(test)]
mod eavesdropper;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod five_hundred;
#[cfg(test)]
mod inventory;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod quiet;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod scopes;
#[cfg(test)]
mod up;
#[cfg(test)]
mod watching;
#[cfg(test)]
mod world;
