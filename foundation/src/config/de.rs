//! The deserializer over positioned nodes, which goes on after an error to find the others.
//!
//! Serde ends at the first error. So the node that failed is set aside and the whole is read again, until nothing
//! fails or the root itself does. A field that is missing only because it was set aside, or because its key is
//! mistyped, is not reported beside that.

mod error;
mod node;
mod variant;

use std::cell::RefCell;
use std::collections::HashSet;

use serde::de::DeserializeOwned;

use super::Fault;
use super::nearest::nearest;
use super::tree::{Node, Position, Shape};
use node::At;

/// Reads the tree into a type, or finds everything that is wrong with it; the faults are never none.
pub(super) fn read<T: DeserializeOwned>(root: &Node) -> Result<T, Vec<Fault>> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut aside = HashSet::new();
    loop {
        let reading = Reading {
            aside: &aside,
            unknown: RefCell::default(),
        };
        let result = T::deserialize(At {
            node: root,
            reading: &reading,
        });
        let unknown = reading.unknown.into_inner();
        let mistyped: HashSet<Position> = unknown.iter().map(|fault| fault.at).collect();
        // Each pass meets the same unknown keys again.
        for fault in unknown {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        let error = match result {
            Ok(value) if faults.is_empty() => return Ok(value),
            Ok(_) => return Err(faults),
            Err(error) => error,
        };
        let (node, at) = error.place.unwrap_or((root.id, root.at));
        let follows = error.is_echo
            || error
                .missing
                .is_some_and(|field| is_explained(root, node, field, &aside, &mistyped));
        if !follows || faults.is_empty() {
            faults.push(Fault {
                at,
                message: error.message,
                hint: error.hint,
            });
        }
        if node == root.id || !aside.insert(node) {
            return Err(faults);
        }
    }
}

/// Whether `field` of the mapping `id` was set aside, or an unknown key there is likely to be meant for it.
fn is_explained(
    node: &Node,
    id: usize,
    field: &str,
    aside: &HashSet<usize>,
    mistyped: &HashSet<Position>,
) -> bool {
    match &node.shape {
        Shape::Map(entries) if node.id == id => entries.iter().any(|entry| {
            if entry.key == field {
                aside.contains(&entry.node.id)
            } else {
                mistyped.contains(&entry.key_at) && nearest(&entry.key, [field]).is_some()
            }
        }),
        Shape::Map(entries) => entries
            .iter()
            .any(|entry| is_explained(&entry.node, id, field, aside, mistyped)),
        Shape::List(items) => items
            .iter()
            .any(|item| is_explained(item, id, field, aside, mistyped)),
        Shape::Scalar(_) => false,
    }
}

/// State of one pass.
struct Reading<'a> {
    aside: &'a HashSet<usize>,
    unknown: RefCell<Vec<Fault>>,
}
