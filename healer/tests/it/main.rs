//! The healer's integration tests: one binary, a module a subject.

mod journal;
