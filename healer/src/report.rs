//! The report of a period: incidents, how long it took to notice and to repair them, what was done and how well that
//! helps, what is noise, and what a person has to look after.
//!
//! It is made from the journal's events alone, in one pass in their order ([`Gathering`]), by the same fold as messages are,
//! and laid out once ([`sheet::of`]) for a terminal, a page and a PDF: all three tell the same numbers as the JSON does. The
//! command `report` and the scheduled mail are the callers.

mod durations;
mod gathering;
pub mod html;
mod making;
pub mod pdf;
pub mod plot;
pub mod schedule;
pub mod sheet;
mod stretches;
mod summary;
mod tally;
pub mod text;
mod words;

pub use gathering::{Gathering, Subject};
pub use making::{ReportRequest, Reporter, from_store, router};
pub use summary::{
    AlertRow, Band, BudgetRow, Fate, Fates, History, IncidentRow, Need, NeedsPerson, NoisyRow,
    Period, ReasonRow, RemedyRow, Report, Spread, Stretch, Totals, VERSION,
};

#[cfg(test)]
mod tests;
