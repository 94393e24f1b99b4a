//! The report as one page that needs nothing but itself: for a phone and a desk, in light and dark, and for paper.

use askama::Template;

use super::plot::Mark;
use super::sheet::{Body, Cell, Column, Ink, Sheet, Table};

/// What a plot is laid out for: what a narrow phone has, so that letters have their size there.
const WIDTH: f32 = 290.0;

/// The page.
pub fn page(sheet: &Sheet) -> Result<String, askama::Error> {
    Page { sheet }.render()
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'s> {
    sheet: &'s Sheet,
}

#[expect(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "the template calls methods, and with references"
)]
impl Page<'_> {
    fn class(&self, ink: &Ink) -> &'static str {
        match ink {
            Ink::Good => "good",
            Ink::Bad => "bad",
            Ink::Warn => "warn",
            Ink::Soft => "soft-mark",
            Ink::Accent => "accent",
            Ink::Plain => "plain",
        }
    }

    fn cells<'t>(
        &self,
        table: &'t Table,
        row: &'t [Cell],
    ) -> impl Iterator<Item = (&'t Column, &'t Cell)> {
        table.columns.iter().zip(row)
    }

    fn px(&self, length: &f32) -> String {
        format!("{length:.1}")
    }
}
