//! The healer's integration tests: one binary, a module a subject.

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod attackers;
#[cfg(test)]
mod checks;
#[cfg(test)]
mod child;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod demo_policy;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod intake;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod looks;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod manual_alarm;
#[cfg(test)]
mod matchers;
#[cfg(test)]
mod telling;
