//! Paths such as `rules[0].ladder[1].within`.

use super::tree::{Node, Shape};

/// The node at `path`, or its nearest ancestor that exists.
pub(super) fn find<'n>(root: &'n Node, path: &str) -> &'n Node {
    path.split(['.', '['])
        .filter(|step| !step.is_empty())
        .map_while({
            let mut node = root;
            move |step| {
                node = child(node, step)?;
                Some(node)
            }
        })
        .last()
        .unwrap_or(root)
}

fn child<'n>(node: &'n Node, step: &str) -> Option<&'n Node> {
    match &node.shape {
        Shape::List(items) => items.get(step.strip_suffix(']')?.parse::<usize>().ok()?),
        Shape::Map(entries) => entries
            .iter()
            .find(|entry| entry.key == step)
            .map(|entry| &entry.node),
        Shape::Scalar(_) => None,
    }
}
