//! Ids: given once, and found again.

use crate::error::{Doubts, Fault, line_and_column};
use crate::markup;
use crate::tag::Tag;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Elements whose `id` is the name of another object, or of a user.
const REFERENCES: [&str; 5] = ["resource_ref", "obj_ref", "role", "acl_target", "acl_group"];

/// Ids of the configuration that are given twice. Nodes have names of their own kind: a remote node
/// is called like the resource that connects to it.
pub(crate) fn duplicates(root: &Tag<'_>) -> Doubts {
    let mut seen = HashMap::new();
    let mut doubts = Doubts::new();
    for configuration in root.tags().filter(|tag| tag.name == "configuration") {
        look(configuration, &mut seen, &mut doubts);
    }
    doubts
}

fn look<'a>(tag: &'a Tag<'a>, seen: &mut HashMap<(bool, &'a str), &'a str>, doubts: &mut Doubts) {
    let id = tag.attribute("id").filter(|_| !REFERENCES.contains(&tag.name));
    if let Some(id) = id {
        match seen.entry((tag.name == "node", id)) {
            Entry::Occupied(first) => {
                let what = format!("the id `{id}` is given twice, first to a <{}>", first.get());
                let help = format!("give this <{}> an id of its own", tag.name);
                doubts.push(Fault { attribute: Some("id"), ..tag.fault(what, help) });
            }
            Entry::Vacant(place) => {
                place.insert(tag.name);
            }
        }
    }
    for child in tag.tags() {
        look(child, seen, doubts);
    }
}

/// Line and column, both from 1, of the element that defines `id`; nothing when none does or the
/// text is no XML.
pub fn position_of(text: &str, id: &str) -> Option<(usize, usize)> {
    fn definition<'a>(tag: &'a Tag<'a>, id: &str) -> Option<&'a Tag<'a>> {
        let defines = tag.attribute("id") == Some(id) && !REFERENCES.contains(&tag.name);
        if defines { Some(tag) } else { tag.tags().find_map(|tag| definition(tag, id)) }
    }
    let root = markup::parse(text).ok()?;
    definition(&root, id).map(|tag| line_and_column(text, tag.at))
}
