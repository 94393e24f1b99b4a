//! The report as a PDF: A4, page numbers, tables that go on over pages, and the plots as vectors.
//!
//! The fonts are two that every reader has, so none is shipped; texts are plain and can be searched. Lengths are points,
//! from the upper left corner.

mod letters;
mod paper;
mod plots;
mod table;

use self::letters::Face;
use self::paper::{Colour, Paper, WIDTH};
use super::sheet::{Body, Figure, Section, Sheet};

/// Figures side by side.
const FIGURES: usize = 6;

/// The document.
pub fn document(sheet: &Sheet) -> Vec<u8> {
    let mut paper = Paper::new();
    paper.paragraph(&sheet.title, Face::Bold, 18.0, Colour::INK);
    paper.space(2.0);
    paper.paragraph(&sheet.subtitle, Face::Regular, 9.0, Colour::SOFT);
    paper.space(12.0);
    for row in sheet.figures.chunks(FIGURES) {
        figures(&mut paper, row);
    }
    for notice in &sheet.notices {
        paper.space(4.0);
        paper.paragraph(notice, Face::Bold, 9.0, Colour::WARN);
    }
    for section in &sheet.sections {
        write_section(&mut paper, section);
    }
    paper.space(14.0);
    paper.paragraph(&sheet.footer, Face::Regular, 8.0, Colour::SOFT);
    paper.finish(&sheet.title, sheet.language)
}

fn figures(paper: &mut Paper, row: &[Figure]) {
    let column = WIDTH / 6.0;
    let mut lines = 1;
    for (place, figure) in (0_u8..).zip(row) {
        let x = column * f32::from(place);
        let colour = Colour::of(figure.ink);
        paper.text_at(x, 18.0, &figure.value, Face::Bold, 15.0, colour);
        let label = Face::Regular.lines(&figure.label, 8.0, column - 8.0);
        lines = lines.max(label.len());
        let mut y = 30.0;
        for line in &label {
            paper.text_at(x, y, line, Face::Regular, 8.0, Colour::SOFT);
            y += 10.0;
        }
    }
    paper.advance(28.0 + 10.0 * f32::from(u8::try_from(lines).unwrap_or(u8::MAX)));
}

fn write_section(paper: &mut Paper, section: &Section) {
    paper.space(14.0);
    // A title alone at the foot of a page is no title.
    paper.keep_together(70.0);
    paper.paragraph(&section.title, Face::Bold, 12.0, Colour::ACCENT);
    if !section.note.is_empty() {
        paper.space(2.0);
        paper.paragraph(&section.note, Face::Regular, 8.5, Colour::SOFT);
    }
    paper.space(6.0);
    match &section.body {
        Body::Nothing(nothing) => paper.paragraph(nothing, Face::Regular, 9.0, Colour::INK),
        Body::Plots(plots) => plots::write(paper, plots),
        Body::Table(table) => table::write(paper, table),
    }
}
