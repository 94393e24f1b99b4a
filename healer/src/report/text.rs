//! The report as text for a terminal: at most 100 columns, plots left out.

use std::fmt::{self, Write as _};

use super::sheet::{Body, Cell, Section, Sheet, Table};

const WIDTH: usize = 100;
/// Rows of a table; the rest is counted.
const ROWS: usize = 20;

/// The sheet as text.
pub fn text(sheet: &Sheet) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, sheet);
    text.truncate(text.trim_end().len());
    text
}

fn write(out: &mut String, sheet: &Sheet) -> fmt::Result {
    writeln!(out, "{}\n{}", sheet.title, sheet.subtitle)?;
    writeln!(out)?;
    for figure in &sheet.figures {
        writeln!(out, "{:>12}  {}", figure.value, figure.label)?;
    }
    for notice in &sheet.notices {
        writeln!(out)?;
        wrapped(out, notice)?;
    }
    for section in &sheet.sections {
        write_section(out, section)?;
    }
    writeln!(out)?;
    wrapped(out, &sheet.footer)
}

fn write_section(out: &mut String, section: &Section) -> fmt::Result {
    match &section.body {
        // What plots show is in the tables, too.
        Body::Plots(_) if section.note.is_empty() => Ok(()),
        Body::Plots(_) => {
            writeln!(out)?;
            wrapped(out, &section.note)
        }
        Body::Nothing(nothing) => writeln!(out, "\n{}: {nothing}", section.title),
        Body::Table(table) => {
            writeln!(out, "\n{}", section.title)?;
            write_table(out, table)
        }
    }
}

fn write_table(out: &mut String, table: &Table) -> fmt::Result {
    let widths = widths(table);
    let heads: Vec<Cell> = table
        .columns
        .iter()
        .map(|column| Cell {
            text: column.title.clone(),
            ..Cell::default()
        })
        .collect();
    write_row(out, table, &widths, &heads)?;
    for row in table.rows.iter().take(ROWS) {
        write_row(out, table, &widths, row)?;
        if table.is_explained {
            explain(out, row, &widths)?;
        }
    }
    if let Some(left) = table.rows.len().checked_sub(ROWS).filter(|left| *left > 0) {
        writeln!(out, "  … +{left} (--format json)")?;
    }
    Ok(())
}

/// What did not fit into the row, and what stands in small letters.
fn explain(out: &mut String, row: &[Cell], widths: &[usize]) -> fmt::Result {
    let whole = row.iter().zip(widths).filter_map(|(cell, width)| {
        let is_cut = cell.text.chars().count() > *width;
        is_cut.then_some(cell.text.as_str())
    });
    let smalls = row.iter().map(|cell| cell.small.as_str());
    let all: Vec<&str> = whole
        .chain(smalls)
        .filter(|text| !text.is_empty())
        .collect();
    if all.is_empty() {
        return Ok(());
    }
    indented(out, &all.join(" · "))
}

fn write_row(out: &mut String, table: &Table, widths: &[usize], row: &[Cell]) -> fmt::Result {
    let mut line = String::from(" ");
    for ((cell, column), width) in row.iter().zip(&table.columns).zip(widths) {
        let text = cut(&cell.text, *width);
        if column.is_number {
            write!(line, " {text:>width$}")?;
        } else {
            write!(line, " {text:<width$}")?;
        }
    }
    writeln!(out, "{}", line.trim_end())
}

/// Each column by its share, but no wider than what is in it, and no narrower than its head.
fn widths(table: &Table) -> Vec<usize> {
    let room = WIDTH - 1 - table.columns.len();
    let mut widths = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        let cells = table
            .rows
            .iter()
            .take(ROWS)
            .filter_map(|row| row.get(index));
        let longest = cells.map(|cell| cell.text.chars().count()).max();
        let head = column.title.chars().count();
        let share = room * usize::from(column.share) / 100;
        widths.push(longest.unwrap_or(0).max(head).min(share.max(head)));
    }
    widths
}

/// A paragraph, its lines no longer than the width.
fn wrapped(out: &mut String, text: &str) -> fmt::Result {
    paragraph(out, text, "")
}

fn indented(out: &mut String, text: &str) -> fmt::Result {
    paragraph(out, text, "      ")
}

fn paragraph(out: &mut String, text: &str, indent: &str) -> fmt::Result {
    let mut line = indent.to_owned();
    for word in text.split(' ') {
        let is_begun = line.len() > indent.len();
        if is_begun && line.chars().count() + word.chars().count() + 1 > WIDTH {
            writeln!(out, "{line}")?;
            line.truncate(indent.len());
        }
        if line.len() > indent.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{line}")
}

/// A text of at most so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}
