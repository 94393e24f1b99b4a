//! Metrics that other programs leave in files `*.prom`, in text format 0.0.4, for the collector of the same name.
//!
//! They do not pass through the registry: each file is [parsed](parse), checked and put into canonical text once, and
//! that text is written behind the registry's, for which only its HELP and TYPE lines depend on the format. What must
//! hold: whatever the files say, what is written is valid in both formats, with the same samples, no series twice and
//! no family that the exporter itself writes.

mod family;
mod file;
mod folders;
mod merge;
mod parse;
mod reader;

pub use family::{Family, Kind, Part, cut, write_all};
pub use file::FileError;
pub use parse::{Problem, parse};
pub use reader::{Reader, Reading};
