//! Pages that are written from top to bottom, and the few things that are put on them.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use super::letters::{Face, encoded};
use crate::report::sheet::Ink;

const PAPER: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 42.0;
const TOP: f32 = 44.0;
/// The last line ends above this.
const FOOT: f32 = 792.0;
/// What can be written on.
pub(super) const WIDTH: f32 = PAPER.0 - 2.0 * MARGIN;

/// A colour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colour(f32, f32, f32);

impl Colour {
    pub(super) const INK: Self = Self(0.11, 0.10, 0.15);
    pub(super) const SOFT: Self = Self(0.40, 0.38, 0.46);
    pub(super) const LINE: Self = Self(0.86, 0.85, 0.89);
    pub(super) const ACCENT: Self = Self(0.43, 0.29, 0.66);
    pub(super) const WARN: Self = Self(0.62, 0.37, 0.0);

    pub(super) const fn of(ink: Ink) -> Self {
        match ink {
            Ink::Good => Self(0.13, 0.53, 0.29),
            Ink::Bad => Self(0.76, 0.20, 0.16),
            Ink::Warn => Self(0.78, 0.47, 0.0),
            Ink::Soft => Self(0.54, 0.52, 0.61),
            Ink::Accent => Self::ACCENT,
            Ink::Plain => Self::INK,
        }
    }
}

/// The pages so far.
pub(super) struct Paper {
    full: Vec<Content>,
    page: Content,
    /// Where the next thing begins.
    y: f32,
}

impl Paper {
    pub(super) fn new() -> Self {
        Self {
            full: Vec::new(),
            page: Content::new(),
            y: TOP,
        }
    }

    /// Leaves room, except at the top of a page.
    pub(super) fn space(&mut self, high: f32) {
        if self.y > TOP {
            self.y += high;
        }
    }

    /// Goes on below something that was put on the page.
    pub(super) fn advance(&mut self, high: f32) {
        self.y += high;
    }

    /// What is left of the page.
    fn left(&self) -> f32 {
        FOOT - self.y
    }

    /// Begins a page unless so much fits on this one; whether it did.
    pub(super) fn keep_together(&mut self, high: f32) -> bool {
        let is_new = self.left() < high && self.y > TOP;
        if is_new {
            let full = std::mem::replace(&mut self.page, Content::new());
            self.full.push(full);
            self.y = TOP;
        }
        is_new
    }

    /// A text in lines over the whole width.
    pub(super) fn paragraph(&mut self, text: &str, face: Face, size: f32, colour: Colour) {
        for line in face.lines(text, size, WIDTH) {
            self.keep_together(size * 1.3);
            self.text_at(0.0, size, &line, face, size, colour);
            self.y += size * 1.3;
        }
    }

    /// A text with its base line so far below where the next thing begins.
    pub(super) fn text_at(
        &mut self,
        x: f32,
        below: f32,
        text: &str,
        face: Face,
        size: f32,
        colour: Colour,
    ) {
        if text.is_empty() {
            return;
        }
        put_text(
            &mut self.page,
            (x + MARGIN, self.y + below),
            text,
            face,
            size,
            colour,
        );
    }

    /// A filled rectangle, its top so far below where the next thing begins.
    pub(super) fn box_at(&mut self, x: f32, below: f32, wide: f32, high: f32, colour: Colour) {
        let Colour(red, green, blue) = colour;
        self.page.set_fill_rgb(red, green, blue);
        let bottom = PAPER.1 - self.y - below - high;
        self.page.rect(x + MARGIN, bottom, wide, high);
        self.page.fill_nonzero();
    }

    /// A thin level line.
    pub(super) fn rule_at(&mut self, x: f32, below: f32, wide: f32) {
        self.box_at(x, below, wide, 0.5, Colour::LINE);
    }

    /// The document: page numbers are known now.
    pub(super) fn finish(mut self, title: &str, language: &str) -> Vec<u8> {
        self.full.push(self.page);
        let mut pdf = Pdf::new();
        // The last version in which these fonts need nothing else said of them.
        pdf.set_version(1, 4);
        let (catalog, tree, regular, bold, info) = (
            Ref::new(1),
            Ref::new(2),
            Ref::new(3),
            Ref::new(4),
            Ref::new(5),
        );
        let mut root = pdf.catalog(catalog);
        root.pages(tree).lang(TextStr(language));
        root.viewer_preferences().display_doc_title(true);
        root.finish();
        pdf.document_info(info)
            .title(TextStr(title))
            .creator(TextStr("prunelle-healer"));
        for (font, name) in [(regular, "Helvetica"), (bold, "Helvetica-Bold")] {
            pdf.type1_font(font)
                .base_font(Name(name.as_bytes()))
                .encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        let pages = self.full.len();
        let refs: Vec<(Ref, Ref)> = (0..i32::try_from(pages).unwrap_or(i32::MAX))
            .map(|page| (Ref::new(6 + 2 * page), Ref::new(7 + 2 * page)))
            .collect();
        pdf.pages(tree)
            .kids(refs.iter().map(|(page, _)| *page))
            .count(i32::try_from(pages).unwrap_or(i32::MAX));
        for (number, (mut content, (page, stream))) in (1..).zip(self.full.into_iter().zip(refs)) {
            let foot = format!("{title}    {number} / {pages}");
            let x = PAPER.0 - MARGIN - Face::Regular.width(&foot, 8.0);
            let place = (x, PAPER.1 - 26.0);
            put_text(&mut content, place, &foot, Face::Regular, 8.0, Colour::SOFT);
            let mut written = pdf.page(page);
            written
                .parent(tree)
                .media_box(Rect::new(0.0, 0.0, PAPER.0, PAPER.1))
                .contents(stream);
            let mut resources = written.resources();
            resources
                .fonts()
                .pair(name(Face::Regular), regular)
                .pair(name(Face::Bold), bold);
            resources.finish();
            written.finish();
            pdf.stream(stream, &content.finish());
        }
        pdf.finish()
    }
}

fn name(face: Face) -> Name<'static> {
    match face {
        Face::Regular => Name(b"R"),
        Face::Bold => Name(b"B"),
    }
}

fn put_text(
    page: &mut Content,
    (x, y): (f32, f32),
    text: &str,
    face: Face,
    size: f32,
    Colour(red, green, blue): Colour,
) {
    page.begin_text();
    page.set_fill_rgb(red, green, blue);
    page.set_font(name(face), size);
    page.next_line(x, PAPER.1 - y);
    page.show(Str(&encoded(text)));
    page.end_text();
}
