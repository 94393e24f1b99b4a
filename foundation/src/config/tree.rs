//! The positioned tree: built from saphyr-parser's events, with scalars resolved by `serde_yaml`.
//!
//! Duplicate keys and tags are refused here. Aliases are expanded under a limit on all nodes together.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_yaml::Value;

use super::Fault;

/// A place in the text, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A value of the document.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Unique within the document, but for copies made by aliases.
    pub(super) id: usize,
    /// Where it starts; for a list or a mapping under a key, where the key is.
    pub(super) at: Position,
    pub(super) shape: Shape,
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: Position,
    pub(super) node: Node,
}

/// No policy comes near; an "alias bomb" does.
const MAX_NODES: usize = 100_000;
/// Deep enough for any configuration, shallow enough for any stack.
const MAX_DEPTH: usize = 64;

/// Parses a text of one document. An empty text is an empty mapping.
pub(super) fn parse(text: &str) -> Result<Node, Vec<Fault>> {
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        faults: Vec::new(),
        nodes: 0,
    };
    match builder.document() {
        Ok(root) if builder.faults.is_empty() => Ok(root),
        Ok(_) => Err(builder.faults),
        Err(fault) => {
            builder.faults.push(fault);
            Err(builder.faults)
        }
    }
}

struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    faults: Vec<Fault>,
    nodes: usize,
}

impl<'t> Builder<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Fault::from(&error)),
            None => Ok((Event::StreamEnd, Span::empty(Marker::new(0, 1, 0)))),
        }
    }

    fn document(&mut self) -> Result<Node, Fault> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd | Event::DocumentEnd => return Ok(empty()),
                event => {
                    let root = self.node(event, span, 0)?;
                    self.end()?;
                    return Ok(match root.shape {
                        Shape::Scalar(Value::Null) => empty(),
                        _ => root,
                    });
                }
            }
        }
    }

    /// Only one document a file: a second one would be ignored in silence.
    fn end(&mut self) -> Result<(), Fault> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), span) => {
                    return Err(fault(
                        span,
                        "a second document in one file",
                        "remove the `---` line",
                    ));
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Fault> {
        if depth > MAX_DEPTH {
            return Err(fault(span, "nested too deeply", "64 levels are the limit"));
        }
        self.count(1, span)?;
        let id = self.nodes;
        let at = Position::from(span.start);
        let (anchor, shape) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = self.is_tagged_as_text(tag.as_deref(), span);
                let value = if is_text || style != ScalarStyle::Plain {
                    Value::String(text.into_owned())
                } else {
                    resolve(&text)
                };
                (anchor, Shape::Scalar(value))
            }
            Event::SequenceStart(anchor, tag) => {
                self.is_tagged_as_text(tag.as_deref(), span);
                (anchor, Shape::List(self.items(depth)?))
            }
            Event::MappingStart(anchor, tag) => {
                self.is_tagged_as_text(tag.as_deref(), span);
                (anchor, Shape::Map(self.entries(depth)?))
            }
            Event::Alias(anchor) => return self.alias(anchor, span),
            _ => return Err(fault(span, "unexpected end", "complete the document")),
        };
        let node = Node { id, at, shape };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, Fault> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(items);
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<Entry>, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let Some(key) = key(&event, span)? else {
                return Ok(entries);
            };
            let key_at = Position::from(span.start);
            let (event, span) = self.next()?;
            let mut node = self.node(event, span, depth + 1)?;
            if !matches!(node.shape, Shape::Scalar(_)) {
                node.at = key_at;
            }
            match entries.iter().find(|entry| entry.key == key) {
                Some(first) => self.faults.push(Fault {
                    at: key_at,
                    message: format!("duplicate key `{key}`"),
                    hint: Some(format!("it is set on line {} already", first.key_at.line)),
                }),
                None => entries.push(Entry { key, key_at, node }),
            }
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<Node, Fault> {
        let node = self.anchors.get(&anchor).cloned().ok_or_else(|| {
            fault(
                span,
                "an alias inside its own anchor",
                "write the value out",
            )
        })?;
        self.count(size(&node), span)?;
        Ok(Node {
            at: span.start.into(),
            ..node
        })
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Fault> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(fault(
                span,
                "too large",
                "100000 values are the limit, aliases expanded",
            ));
        }
        Ok(())
    }

    /// `!!str` is honoured, other standard tags change nothing, and tags of an application have no meaning here.
    fn is_tagged_as_text(&mut self, tag: Option<&Tag>, span: Span) -> bool {
        match tag {
            Some(tag) if !tag.is_yaml_core_schema() => {
                self.faults
                    .push(fault(span, format!("unknown tag `{tag}`"), "remove it"));
                false
            }
            Some(tag) => tag.suffix == "str",
            None => false,
        }
    }
}

/// The key's text; none at the end of the mapping.
fn key(event: &Event<'_>, span: Span) -> Result<Option<String>, Fault> {
    match event {
        Event::MappingEnd => Ok(None),
        Event::Scalar(text, ..) => Ok(Some(text.to_string())),
        _ => Err(fault(
            span,
            "a key must be a plain text",
            "quote it if it begins with a special character",
        )),
    }
}

/// What an unquoted scalar means.
fn resolve(text: &str) -> Value {
    match serde_yaml::from_str(text) {
        Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.shape {
        Shape::Scalar(_) => 0,
        Shape::List(items) => items.iter().map(size).sum(),
        Shape::Map(entries) => entries.iter().map(|entry| size(&entry.node)).sum(),
    }
}

fn empty() -> Node {
    Node {
        id: 0,
        at: Position { line: 1, column: 1 },
        shape: Shape::Map(Vec::new()),
    }
}

fn fault(span: Span, message: impl Into<String>, hint: &str) -> Fault {
    Fault {
        at: span.start.into(),
        message: message.into(),
        hint: Some(hint.to_owned()),
    }
}

impl From<Marker> for Position {
    fn from(marker: Marker) -> Self {
        Self {
            line: marker.line(),
            column: marker.col() + 1,
        }
    }
}

impl From<&ScanError> for Fault {
    fn from(error: &ScanError) -> Self {
        let info = error.info();
        // A quote or bracket that is never closed is found where the text stops making sense, lines below it.
        let hint = if info.contains("tab") {
            Some("indent with spaces")
        } else if info.contains("quoted scalar") {
            Some("look for a quote that is not closed, here or on the lines above")
        } else if info.contains("flow") {
            Some("look for a bracket or brace that is not closed, here or on the lines above")
        } else {
            None
        };
        Self {
            at: (*error.marker()).into(),
            message: format!("not valid YAML: {info}"),
            hint: hint.map(ToOwned::to_owned),
        }
    }
}
