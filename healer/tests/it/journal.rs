//! The journal as its users see it, on a real file system.

mod course;
mod fixture;
