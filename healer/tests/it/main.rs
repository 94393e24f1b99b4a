//! The healer's integration tests: one binary, a module a subject.

#[cfg(test)]
mod daemon;
#[cfg(test)]
mod journal;
