//! Columns side by side over a scale.

use super::{Anchor, Bar, Drawing, LETTERS, Mark, length};
use crate::report::sheet::Ink;

const HEIGHT: f32 = 170.0;
const TOP: f32 = 16.0;
/// Below the columns, for their labels.
const FOOT: f32 = 22.0;
/// Left of the columns, for the scale.
const SCALE: f32 = 30.0;
/// What a label takes at least.
const LABEL: f32 = 46.0;
/// A column is no wider.
const WIDEST: f32 = 42.0;

pub(super) fn draw(bars: &[Bar], width: f32) -> Drawing {
    let most = bars.iter().map(Bar::total).max().unwrap_or(0);
    let step = step(most);
    let top = most.div_ceil(step).max(1) * step;
    let base = HEIGHT - FOOT;
    let unit = (base - TOP) / length(top);
    let room = (width - SCALE) / length(bars.len().max(1) as u64);
    let thick = (room * 0.78).min(WIDEST);
    let mut marks = Vec::new();
    for number in (0..=top / step).map(|line| line * step) {
        let y = base - length(number) * unit;
        marks.push(Mark::Rule(SCALE, width, y));
        marks.push(Mark::Text {
            x: SCALE - 5.0,
            y: y + LETTERS * 0.35,
            anchor: Anchor::End,
            text: number.to_string(),
        });
    }
    // So many columns have one label.
    let every = (1..=bars.len())
        .find(|every| room * length(*every as u64) >= LABEL.min(widest_label(bars)))
        .unwrap_or(1);
    for (index, bar) in bars.iter().enumerate() {
        let middle = SCALE + room * (length(index as u64) + 0.5);
        let mut y = base;
        for (ink, number) in bar.parts.iter().filter(|(_, number)| *number > 0) {
            let high = length(*number) * unit;
            y -= high;
            marks.push(Mark::Box(middle - thick / 2.0, y, thick, high, *ink));
        }
        if !bar.value.is_empty() {
            marks.push(text(middle, y - 4.0, bar.value.clone()));
        }
        if index % every == 0 {
            marks.push(text(middle, HEIGHT - 6.0, bar.label.clone()));
        }
    }
    if most == 0 {
        marks.push(Mark::Box(SCALE, base, 0.0, 0.0, Ink::Soft));
    }
    Drawing {
        width,
        height: HEIGHT,
        marks,
    }
}

fn text(x: f32, y: f32, text: String) -> Mark {
    Mark::Text {
        x,
        y,
        anchor: Anchor::Middle,
        text,
    }
}

/// About what the longest label takes.
fn widest_label(bars: &[Bar]) -> f32 {
    let longest = bars.iter().map(|bar| bar.label.chars().count()).max();
    length(longest.unwrap_or(0) as u64) * LETTERS * 0.58
}

/// Between lines of the scale: 1, 2 or 5 times a power of ten, for at most five lines.
fn step(most: u64) -> u64 {
    let mut power = 1;
    loop {
        for step in [power, 2 * power, 5 * power] {
            if most.div_ceil(step) <= 4 {
                return step;
            }
        }
        power *= 10;
    }
}
