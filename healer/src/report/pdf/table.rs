//! A table: its head is repeated on each page, and no row is torn.

use super::letters::Face;
use super::paper::{Colour, Paper, WIDTH};
use crate::report::sheet::{Cell, Column, Table};

const SIZE: f32 = 8.5;
const SMALL: f32 = 7.5;
const LINE: f32 = 11.0;
const SMALL_LINE: f32 = 9.5;
const PAD: f32 = 3.5;
const GAP: f32 = 8.0;
/// In front of a text with a mark.
const MARK: f32 = 9.0;
/// Lines of one cell; the rest of a longer text is left out.
const LINES: usize = 8;

pub(super) fn write(paper: &mut Paper, table: &Table) {
    let columns = places(&table.columns);
    head(paper, table, &columns);
    for row in &table.rows {
        let cells: Vec<Laid> = row
            .iter()
            .zip(&columns)
            .map(|(cell, (_, wide))| Laid::of(cell, *wide))
            .collect();
        let high = cells.iter().map(Laid::height).fold(LINE, f32::max) + 2.0 * PAD;
        if paper.keep_together(high) {
            head(paper, table, &columns);
        }
        for ((cell, column), (x, wide)) in cells.iter().zip(&table.columns).zip(&columns) {
            cell.write(paper, column, *x, *wide);
        }
        paper.rule_at(0.0, high, WIDTH);
        paper.advance(high);
    }
    if !table.rest.is_empty() {
        paper.space(4.0);
        paper.paragraph(&table.rest, Face::Regular, SMALL, Colour::SOFT);
    }
}

/// Where each column begins and how wide its text may be.
fn places(columns: &[Column]) -> Vec<(f32, f32)> {
    let mut x = 0.0;
    columns
        .iter()
        .map(|column| {
            let wide = WIDTH * f32::from(column.share) / 100.0;
            let place = (x, wide - GAP);
            x += wide;
            place
        })
        .collect()
}

fn head(paper: &mut Paper, table: &Table, columns: &[(f32, f32)]) {
    let heads: Vec<Vec<String>> = table
        .columns
        .iter()
        .zip(columns)
        .map(|(column, (_, wide))| Face::Bold.lines(&column.title, SMALL, *wide))
        .collect();
    let most = heads.iter().map(Vec::len).max().unwrap_or(1);
    let high = SMALL_LINE * lines(most) + PAD;
    for ((head, column), (x, wide)) in heads.iter().zip(&table.columns).zip(columns) {
        let mut y = SMALL_LINE;
        for line in head {
            let x = x + indent(column, Face::Bold, line, SMALL, *wide);
            paper.text_at(x, y, line, Face::Bold, SMALL, Colour::SOFT);
            y += SMALL_LINE;
        }
    }
    paper.rule_at(0.0, high, WIDTH);
    paper.advance(high);
}

/// A cell in lines.
struct Laid {
    mark: Option<Colour>,
    text: Vec<String>,
    small: Vec<String>,
}

impl Laid {
    fn of(cell: &Cell, wide: f32) -> Self {
        let mark = cell.mark.map(Colour::of);
        let room = if mark.is_some() { wide - MARK } else { wide };
        let mut text = Face::Regular.lines(&cell.text, SIZE, room);
        shorten(&mut text);
        let mut small = match cell.small.as_str() {
            "" => Vec::new(),
            small => Face::Regular.lines(small, SMALL, room),
        };
        shorten(&mut small);
        Self { mark, text, small }
    }

    fn height(&self) -> f32 {
        LINE * lines(self.text.len()) + SMALL_LINE * lines(self.small.len())
    }

    fn write(&self, paper: &mut Paper, column: &Column, x: f32, wide: f32) {
        let mut y = PAD + SIZE;
        let mut start = x;
        if let Some(colour) = self.mark {
            paper.box_at(x, PAD + 2.0, 6.0, 6.0, colour);
            start += MARK;
        }
        for line in &self.text {
            let x = start + indent(column, Face::Regular, line, SIZE, wide);
            paper.text_at(x, y, line, Face::Regular, SIZE, Colour::INK);
            y += LINE;
        }
        y -= 1.0;
        for line in &self.small {
            let x = start + indent(column, Face::Regular, line, SMALL, wide);
            paper.text_at(x, y, line, Face::Regular, SMALL, Colour::SOFT);
            y += SMALL_LINE;
        }
    }
}

fn indent(column: &Column, face: Face, line: &str, size: f32, wide: f32) -> f32 {
    if column.is_number {
        (wide - face.width(line, size)).max(0.0)
    } else {
        0.0
    }
}

fn shorten(text: &mut Vec<String>) {
    if text.len() > LINES {
        text.truncate(LINES);
        if let Some(last) = text.last_mut() {
            last.push('…');
        }
    }
}

/// There are few.
fn lines(number: usize) -> f32 {
    f32::from(u8::try_from(number).unwrap_or(u8::MAX))
}
