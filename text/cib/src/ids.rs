//! Ids: given once, and found again.

use crate::error::{Doubts, Fault, line_and_column};
use crate::markup;
use crate::tag::Tag;
use std::collections::BTreeMap;

/// Elements whose `id` is the name of another object, or of a user.
const REFERENCES: [&str; 5] = ["resource_ref", "obj_ref", "role", "acl_target", "acl_group"];

/// Ids of the configuration that are given twice. Nodes have names of their own kind: a remote node
/// is called like the resource that connects to it.
pub(crate) fn duplicates(root: &Tag<'_>) -> Doubts {
    let mut given = Vec::new();
    for configuration in root.tags().filter(|tag| tag.name == "configuration") {
        look(configuration, &mut given);
    }
    given.sort_unstable_by_key(|(kind, tag)| (*kind, tag.at));
    let alike = given.chunk_by(|(one, _), (other, _)| one == other);
    let again = alike.filter_map(|alike| alike.split_first());
    let doubts = again.flat_map(|((_, first), again)| {
        again.iter().map(|((_, id), tag)| {
            let what = format!("the id `{id}` is given twice, first to a <{}>", first.name);
            let help = format!("give this <{}> an id of its own", tag.name);
            Fault { attribute: Some("id"), ..tag.fault(what, help) }
        })
    });
    doubts.collect()
}

/// Ids with the elements that they are given to, whether these are nodes first.
fn look<'a>(tag: &'a Tag<'a>, given: &mut Vec<((bool, &'a str), &'a Tag<'a>)>) {
    let id = tag.attribute("id").filter(|_| !REFERENCES.contains(&tag.name));
    given.extend(id.map(|id| ((tag.name == "node", id), tag)));
    tag.tags().for_each(|child| look(child, given));
}

/// The lines, from 1, of all elements that define an id, by that id; empty when the text is no XML.
pub fn lines_of_ids(text: &str) -> BTreeMap<String, usize> {
    let mut found = Vec::new();
    if let Ok(root) = markup::parse(text) {
        definitions(&root, &mut found);
    }
    // In the order of the text each line is counted once.
    found.sort_unstable();
    let (mut line, mut counted) = (1, 0);
    let mut lines = BTreeMap::new();
    for (at, id) in found {
        line += text[counted..at].bytes().filter(|byte| *byte == b'\n').count();
        counted = at;
        lines.entry(id).or_insert(line);
    }
    lines
}

fn definitions(tag: &Tag<'_>, found: &mut Vec<(usize, String)>) {
    if let Some(id) = tag.attribute("id").filter(|_| !REFERENCES.contains(&tag.name)) {
        found.push((tag.at, id.to_owned()));
    }
    tag.tags().for_each(|inner| definitions(inner, found));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_where_ids_are_given() {
        let text = "<cib>\n<configuration><tags><tag id='t'>\n<obj_ref id='a'/></tag></tags>\n\
            <resources><primitive id='a'/>\n<primitive id='b'/></resources></configuration></cib>";
        let lines = lines_of_ids(text);
        let expected = [("a", 4), ("b", 5), ("t", 2)];
        assert_eq!(lines, expected.map(|(id, line)| (id.to_owned(), line)).into());
        for (id, line) in expected {
            assert_eq!(position_of(text, id).map(|place| place.0), Some(line), "{id}");
        }
        assert!(lines_of_ids("<cut").is_empty());
    }
}
