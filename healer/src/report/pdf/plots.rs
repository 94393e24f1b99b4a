//! Plots: the first over the whole width, the others two side by side.

use super::letters::Face;
use super::paper::{Colour, Paper, WIDTH};
use crate::report::plot::{Anchor, Drawing, LETTERS, Mark, Plot};

/// Units of a drawing are a little larger than points.
const SCALE: f32 = 0.72;
const TITLE: f32 = 18.0;
const KEY: f32 = 14.0;
const GAP: f32 = 24.0;

pub(super) fn write(paper: &mut Paper, plots: &[Plot]) {
    let Some((first, others)) = plots.split_first() else {
        return;
    };
    row(paper, std::slice::from_ref(first), WIDTH);
    for pair in others.chunks(2) {
        row(paper, pair, (WIDTH - GAP) / 2.0);
    }
}

fn row(paper: &mut Paper, plots: &[Plot], wide: f32) {
    let drawings: Vec<Drawing> = plots.iter().map(|plot| plot.draw(wide / SCALE)).collect();
    let highest = drawings.iter().map(|drawing| drawing.height * SCALE);
    let high = highest.fold(0.0, f32::max) + TITLE + KEY + 8.0;
    paper.keep_together(high);
    for ((plot, drawing), place) in plots.iter().zip(&drawings).zip(0_u8..) {
        let left = (wide + GAP) * f32::from(place);
        paper.text_at(left, 9.0, &plot.title, Face::Bold, 9.0, Colour::INK);
        for mark in &drawing.marks {
            draw(paper, mark, left);
        }
        key(paper, plot, left, TITLE + drawing.height * SCALE + 10.0);
    }
    paper.advance(high);
}

fn draw(paper: &mut Paper, mark: &Mark, left: f32) {
    let place = |x: f32, y: f32| (left + x * SCALE, TITLE + y * SCALE);
    match mark {
        Mark::Box(x, y, wide, high, ink) => {
            let (x, y) = place(*x, *y);
            paper.box_at(x, y, wide * SCALE, high * SCALE, Colour::of(*ink));
        }
        Mark::Rule(from, to, y) => {
            let (x, y) = place(*from, *y);
            paper.rule_at(x, y, (to - from) * SCALE);
        }
        Mark::Text { x, y, anchor, text } => {
            let size = LETTERS * SCALE;
            let wide = Face::Regular.width(text, size);
            let (x, y) = place(*x, *y);
            let x = match anchor {
                Anchor::Start => x,
                Anchor::Middle => x - wide / 2.0,
                Anchor::End => x - wide,
            };
            paper.text_at(x, y, text, Face::Regular, size, Colour::SOFT);
        }
    }
}

fn key(paper: &mut Paper, plot: &Plot, left: f32, y: f32) {
    let mut x = left;
    for (ink, words) in &plot.key {
        paper.box_at(x, y - 6.0, 6.0, 6.0, Colour::of(*ink));
        paper.text_at(x + 9.0, y, words, Face::Regular, 8.0, Colour::SOFT);
        x += 9.0 + Face::Regular.width(words, 8.0) + 12.0;
    }
}
