//! Objects whose words are known to say all of them, without reading these back.
//!
//! Nearly everything in a large configuration is a primitive with plain blocks, or a constraint between two
//! names. Reading back takes most of the time that printing takes, so these are told by their
//! looks. What is not plain here may still have words: [`super::roundtrip`] finds out.

use crate::parser::is_xml_name;
use crate::vocabulary::{CLASSES, OPERATION_ATTRIBUTES, ORDER_KINDS, ROLES};
use cluster::{Element, ExtraNode};
use std::collections::BTreeSet;

/// The parts of a primitive, in the order in which they are read.
const PARTS: [&str; 4] = ["instance_attributes", "meta_attributes", "utilization", "operations"];

/// Whether the words for `object` are sure to be read as it. Parts whose ids are `said` are not
/// plain.
pub(super) fn is_ordinary(object: &Element, said: &BTreeSet<String>) -> bool {
    let attribute = |name: &str| object.attribute(name);
    let are_names = |names: &[&str]| names.iter().all(|name| attribute(name).is_some_and(is_id));
    let count = object.extra.attributes.len();
    let is_bare = object.extra.children.is_empty();
    match object.name.as_str() {
        "primitive" => are_names(&["id"]) && has_agent(object) && has_parts(object, said),
        "rsc_location" => {
            let is_node = |name: &str| !name.is_empty() && name.chars().all(is_plain);
            let is_preference =
                attribute("score").is_some_and(is_score) && attribute("node").is_some_and(is_node);
            is_bare && count == 4 && are_names(&["id", "rsc"]) && is_preference
        }
        "rsc_colocation" => {
            let has_score = attribute("score").is_some_and(is_score);
            is_bare && count == 4 && are_names(&["id", "rsc", "with-rsc"]) && has_score
        }
        "rsc_order" => {
            let kind = attribute("kind");
            is_bare
                && count == 3 + usize::from(kind.is_some())
                && are_names(&["id", "first", "then"])
                && kind.is_none_or(|kind| ORDER_KINDS.contains(&kind))
        }
        _ => false,
    }
}

/// Whether a primitive has an id and an agent, and says nothing else itself.
fn has_agent(primitive: &Element) -> bool {
    let attribute = |name: &str| primitive.attribute(name);
    let provider = attribute("provider");
    let class = attribute("class").unwrap_or_default();
    // Of all classes this one alone has providers in the language.
    CLASSES.contains(&class)
        && (class == "ocf") == provider.is_some()
        && provider.is_none_or(is_xml_name)
        && attribute("type").is_some_and(is_xml_name)
        && primitive.extra.attributes.len() == 3 + usize::from(provider.is_some())
}

/// Whether the parts of a primitive are plain, and stand in their order.
fn has_parts(primitive: &Element, said: &BTreeSet<String>) -> bool {
    let mut left = PARTS.iter();
    children(primitive).all(|child| {
        child.is_some_and(|part| {
            left.any(|name| *name == part.name)
                && match part.name.as_str() {
                    "operations" => has_operations(part, said),
                    _ => has_values(part, said),
                }
        })
    })
}

fn has_operations(part: &Element, said: &BTreeSet<String>) -> bool {
    part.extra.attributes.is_empty()
        && !part.extra.children.is_empty()
        && children(part).all(|child| child.is_some_and(|operation| is_operation(operation, said)))
}

fn is_operation(operation: &Element, said: &BTreeSet<String>) -> bool {
    let attributes = &operation.extra.attributes;
    let is_usual = |(place, (name, value)): (usize, &(String, String))| {
        let is_first = attributes[..place].iter().all(|(other, _)| other != name);
        is_first
            && match name.as_str() {
                "id" => !said.contains(value),
                "name" => is_xml_name(value),
                "role" => ROLES.contains(&value.as_str()),
                name => OPERATION_ATTRIBUTES.contains(&name) && is_value(value),
            }
    };
    operation.name == "op"
        && operation.extra.children.is_empty()
        && operation.attribute("name").is_some()
        && attributes.iter().enumerate().all(is_usual)
}

fn has_values(part: &Element, said: &BTreeSet<String>) -> bool {
    let is_pair = |pair: &Element| {
        let attribute = |name: &str| pair.attribute(name);
        pair.name == "nvpair"
            && pair.extra.children.is_empty()
            && pair.extra.attributes.len() == 3
            && attribute("id").is_some_and(|id| !said.contains(id))
            && attribute("name").is_some_and(is_xml_name)
            && attribute("value").is_some_and(is_value)
    };
    let is_its_own = |id: &str| !said.contains(id);
    part.extra.attributes.len() == 1
        && part.attribute("id").is_some_and(is_its_own)
        && !part.extra.children.is_empty()
        && children(part).all(|child| child.is_some_and(is_pair))
}

/// The children; nothing for one that is no element.
fn children(element: &Element) -> impl Iterator<Item = Option<&Element>> {
    element.extra.children.iter().map(|child| match child {
        ExtraNode::Element(element) => Some(element),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => None,
    })
}

/// Whether an id is read as one. One word in front of resources means that they are sets.
fn is_id(text: &str) -> bool {
    is_xml_name(text) && text != "_rsc_set_"
}

/// Letters of words that nobody takes for anything else.
fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || "_.-".contains(letter)
}

/// Whether a value, in quotes where it needs them, is read as it is.
fn is_value(text: &str) -> bool {
    text.chars().all(|letter| !letter.is_control() && !"\"\\".contains(letter))
}

/// Whether a score is read as it is spelled.
fn is_score(text: &str) -> bool {
    ["INFINITY", "-INFINITY"].contains(&text) || text.parse::<i32>().is_ok()
}
