//! Whether a text says all there is about an object.
//!
//! It is read back and compared. So nothing is lost in silence: what the language has no words for
//! shows as XML.

use crate::element;
use crate::parser::parse_tolerant;
use crate::statement::Statement;
use cluster::{Element, ExtraNode};
use std::collections::BTreeSet;

/// Whether reading `text` gives `object` again. Ids that are not among `said` come by themselves.
pub(super) fn says_all(text: &str, object: &Element, said: &BTreeSet<String>) -> bool {
    let Ok(statements) = parse_tolerant(text) else { return false };
    let [statement] = statements.as_slice() else { return false };
    match &statement.value {
        Statement::Object(_, read) => is_same(read, object, said, true),
        _ => false,
    }
}

/// Whether the levels of fencing that `text` says are these.
pub(super) fn says_levels(text: &str, levels: &[&Element], said: &BTreeSet<String>) -> bool {
    let Ok(statements) = parse_tolerant(text) else { return false };
    let [statement] = statements.as_slice() else { return false };
    let Statement::FencingLevels(read) = &statement.value else { return false };
    let alike = |(read, level): (&Element, &&Element)| is_same(read, level, said, false);
    read.len() == levels.len() && read.iter().zip(levels).all(alike)
}

fn is_same(read: &Element, there: &Element, said: &BTreeSet<String>, is_object: bool) -> bool {
    read.name == there.name
        && attributes_are_same(read, there, said, is_object)
        && children_are_same(read, there, said)
}

fn attributes_are_same(
    read: &Element,
    there: &Element,
    said: &BTreeSet<String>,
    is_object: bool,
) -> bool {
    let is_node = is_object && there.name == "node";
    let mut said_too = 0;
    for (name, value) in &there.extra.attributes {
        let is_usual = !is_object || is_node && there.attribute("uname") == Some(value);
        match read.attribute(name) {
            Some(other) if other == value => said_too += 1,
            None if name == "id" && is_usual && !said.contains(value) => {}
            _ => return false,
        }
    }
    said_too == read.extra.attributes.len()
}

/// The resources inside a group or clone may stand anywhere among its blocks: their place is told
/// at the end of the text.
fn children_are_same(read: &Element, there: &Element, said: &BTreeSet<String>) -> bool {
    let is_container = ["group", "clone", "master"].contains(&there.name.as_str());
    let sorted = |element: &Element| {
        let mut children: Vec<ExtraNode> = element.extra.children.clone();
        children.sort_by_key(
            |child| matches!(child, ExtraNode::Element(it) if element::is_resource(it)),
        );
        children
    };
    let alike = |pair: (&ExtraNode, &ExtraNode)| match pair {
        (ExtraNode::Element(read), ExtraNode::Element(there)) => {
            is_same(read, there, said, element::is_resource(there) || is_reference(there))
        }
        (read, there) => read == there,
    };
    if is_container {
        let (read, there) = (sorted(read), sorted(there));
        return read.len() == there.len() && read.iter().zip(&there).all(alike);
    }
    let (read, there) = (&read.extra.children, &there.extra.children);
    read.len() == there.len() && read.iter().zip(there).all(alike)
}

/// Elements whose id is no name of their own.
fn is_reference(element: &Element) -> bool {
    ["resource_ref", "obj_ref", "role", "role_ref"].contains(&element.name.as_str())
}
