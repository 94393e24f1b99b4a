//! Plots as shapes: laid out once for a width, drawn as SVG on the page and with the same shapes in the PDF.
//!
//! Two kinds suffice: columns side by side, and rows below each other. Coordinates run to the right and down, in units of
//! which a page is given as many as it is wide, so that letters have the size that they say.

mod columns;
mod rows;

use super::sheet::Ink;

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Its title.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// How.
    pub shape: Shape,
    /// One for each column or row.
    pub bars: Vec<Bar>,
    /// What the colours mean; empty when there is one only.
    pub key: Vec<(Ink, String)>,
}

/// How bars stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Side by side, with a scale.
    Columns,
    /// Below each other, each as a share of its whole.
    Rows,
}

/// A column or a row.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it is about.
    pub label: String,
    /// Its parts, from the foot on.
    pub parts: Vec<(Ink, u64)>,
    /// What is written at its end; empty for nothing.
    pub value: String,
}

impl Bar {
    fn total(&self) -> u64 {
        self.parts.iter().map(|(_, number)| number).sum()
    }
}

/// A plot with places for everything.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// How wide.
    pub width: f32,
    /// How high.
    pub height: f32,
    /// In the order in which they are drawn.
    pub marks: Vec<Mark>,
}

/// Something that is drawn.
#[derive(Clone, Debug)]
pub enum Mark {
    /// A filled rectangle: left, top, width, height.
    Box(f32, f32, f32, f32, Ink),
    /// A thin level line: left, right, top.
    Rule(f32, f32, f32),
    /// A text on its base line.
    Text {
        /// Where it begins, is in the middle, or ends.
        x: f32,
        /// The base line.
        y: f32,
        /// Which of these.
        anchor: Anchor,
        /// What it says.
        text: String,
    },
}

/// Where a text is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At its begin.
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

impl Anchor {
    /// As in SVG.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// Height of letters.
pub const LETTERS: f32 = 12.0;

impl Plot {
    /// Places everything on so much width.
    pub fn draw(&self, width: f32) -> Drawing {
        match self.shape {
            Shape::Columns => columns::draw(&self.bars, width),
            Shape::Rows => rows::draw(&self.bars, width),
        }
    }
}

/// A number as a length; what is drawn is small.
#[expect(clippy::cast_precision_loss, reason = "a pixel is coarser")]
fn length(number: u64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests;
