//! Rows below each other: a label, and a bar that is divided by its parts.

use super::{Anchor, Bar, Drawing, LETTERS, Mark, length};

const ROW: f32 = 34.0;
const THICK: f32 = 10.0;

pub(super) fn draw(bars: &[Bar], width: f32) -> Drawing {
    let mut marks = Vec::new();
    for (index, bar) in bars.iter().enumerate() {
        let top = ROW * length(index as u64);
        let base = top + LETTERS;
        marks.push(Mark::Text {
            x: 0.0,
            y: base,
            anchor: Anchor::Start,
            text: bar.label.clone(),
        });
        marks.push(Mark::Text {
            x: width,
            y: base,
            anchor: Anchor::End,
            text: bar.value.clone(),
        });
        let whole = length(bar.total().max(1));
        let mut x = 0.0;
        for (ink, number) in bar.parts.iter().filter(|(_, number)| *number > 0) {
            let long = width * length(*number) / whole;
            marks.push(Mark::Box(x, base + 5.0, long, THICK, *ink));
            x += long;
        }
    }
    Drawing {
        width,
        height: ROW * length(bars.len().max(1) as u64),
        marks,
    }
}
