//! `bundle`: containers, their network and storage, and what runs inside.

use super::attributes::block;
use super::cursor::{Cursor, Parsed, near_or_all};
use super::opaque;
use crate::element;
use crate::statement::Statement;
use cluster::{Element, ExtraNode, Section};

const PARTS: [&str; 7] = ["docker", "podman", "rkt", "network", "storage", "meta", "primitive"];

/// `bundle ID docker|podman image=... [network ...] [storage ...] [meta ...] [primitive ID]`
///
/// The primitive is put inside when the text is loaded; until then its element has only the id.
pub(super) fn bundle(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let id = cursor.new_id("bundle")?;
    let mut bundle = element::new("bundle", &[("id", &id)]);
    if let Some(text) = cursor.description() {
        element::put(&mut bundle, "description", &text);
    }
    while let Some(word) = cursor.advance() {
        let keyword = word.keyword();
        match keyword.as_str() {
            "docker" | "podman" | "rkt" => {
                let part = attributes(cursor, &keyword);
                element::push(&mut bundle, part);
            }
            "network" => mapped(cursor, &mut bundle, ("network", "port-mapping")),
            "storage" => mapped(cursor, &mut bundle, ("storage", "storage-mapping")),
            "meta" => {
                let set = block(cursor, &PARTS)?;
                element::push_blocks(&mut bundle, "meta_attributes", std::slice::from_ref(&set));
            }
            "primitive" => {
                let id = &cursor.expect("the id of a primitive")?.text;
                element::push(&mut bundle, element::new("primitive", &[("id", id)]));
            }
            _ => {
                let help = near_or_all(&word.text, &PARTS);
                return Err(word.error(format!("`{}` is not expected here", word.text), help));
            }
        }
    }
    Ok(opaque(Section::Resources, bundle))
}

/// An element with the `NAME=VALUE`s that follow.
fn attributes(cursor: &mut Cursor<'_>, name: &str) -> Element {
    let mut element = element::new(name, &[]);
    while let Some((name, value)) = cursor.peek_text().split_once('=') {
        element::put(&mut element, name, value);
        cursor.advance();
    }
    element
}

fn mapped(cursor: &mut Cursor<'_>, bundle: &mut Element, (part, mapping): (&str, &str)) {
    let mut element = attributes(cursor, part);
    while cursor.accept(mapping) {
        element.extra.children.push(ExtraNode::Element(attributes(cursor, mapping)));
    }
    element::push(bundle, element);
}
