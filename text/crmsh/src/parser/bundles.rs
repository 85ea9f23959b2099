//! `bundle`: containers, their network and storage, and what runs inside.

use super::attributes::block;
use super::cursor::{Cursor, Parsed, boolean, check_attribute_name, near_or_all};
use super::resources::description;
use crate::element::{mention, new, push, put};
use crate::lexer::Word;
use crate::statement::Statement;
use crate::vocabulary::BUNDLE_PARTS;
use cib::Part;
use cluster::{ContainerKind, Element};

/// `bundle ID docker|podman image=... [network ...] [storage ...] [meta ...] [primitive ID]`
///
/// The primitive is put inside when the text is loaded; until then there is only its id.
pub(super) fn bundle(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut bundle = new("bundle", &[("id", &cursor.new_id("bundle")?)]);
    description(cursor, &mut bundle);
    while let Some(word) = cursor.advance() {
        let keyword = word.keyword();
        let part = match keyword.as_str() {
            keyword if ContainerKind::parse(keyword).is_some() => container(cursor, keyword)?,
            "network" => network(cursor)?,
            "storage" => storage(cursor, word)?,
            "meta" => block(cursor, "meta_attributes", &BUNDLE_PARTS)?,
            "primitive" => mention("primitive", &cursor.expect("the id of a primitive")?.text),
            _ => {
                let help = near_or_all(&word.text, &BUNDLE_PARTS);
                return Err(word.error(format!("`{}` is not expected here", word.text), help));
            }
        };
        push(&mut bundle, part);
    }
    Ok(Statement::Object(Part::Resources, bundle))
}

/// The `NAME=VALUE`s that follow, those without a meaning here too: they travel. They become
/// attributes of an element, which XML has once each and under a name.
fn attributes<'a>(
    cursor: &mut Cursor<'a>,
    element: &mut Element,
) -> Parsed<Vec<(&'a Word, &'a str, &'a str)>> {
    let mut found = Vec::new();
    while let Some(word) = cursor.peek()
        && let Some((name, value)) = word.text.split_once('=')
    {
        check_attribute_name(word, name)?;
        if element.attribute(name).is_some() {
            let what = format!("`{name}` is given twice");
            return Err(word.error(what, "leave one of the two out"));
        }
        found.push((word, name, value));
        put(element, name, value);
        cursor.advance();
    }
    Ok(found)
}

fn container(cursor: &mut Cursor<'_>, kind: &str) -> Parsed<Element> {
    const COUNTS: [&str; 4] = ["replicas", "replicas-per-host", "promoted-max", "masters"];
    let mut container = new(kind, &[]);
    for (word, name, value) in attributes(cursor, &mut container)? {
        if COUNTS.contains(&name) && value.parse::<u32>().is_err() {
            let what = format!("`{value}` is no number of replicas");
            cursor.check(Err(word.error_behind('=', what, "write a whole number")));
        }
    }
    Ok(container)
}

fn network(cursor: &mut Cursor<'_>) -> Parsed<Element> {
    let mut network = new("network", &[]);
    for (word, name, value) in attributes(cursor, &mut network)? {
        if name == "add-host" {
            cursor.check(boolean(word, value));
        }
    }
    while cursor.accept("port-mapping") {
        let mut port = new("port-mapping", &[]);
        attributes(cursor, &mut port)?;
        push(&mut network, port);
    }
    Ok(network)
}

fn storage(cursor: &mut Cursor<'_>, keyword: &Word) -> Parsed<Element> {
    let mut storage = new("storage", &[]);
    while cursor.peek_keyword() == "storage-mapping" {
        let word = cursor.expect("storage-mapping")?;
        let mut mapping = new("storage-mapping", &[]);
        attributes(cursor, &mut mapping)?;
        let has = |name| mapping.attribute(name).is_some();
        if !has("target-dir") || !(has("source-dir") || has("source-dir-root")) {
            let help = "write source-dir=... (or source-dir-root=...) and target-dir=...";
            return Err(word.error("the mapping lacks one of its two ends", help));
        }
        push(&mut storage, mapping);
    }
    if storage.extra.children.is_empty() {
        let help = "write storage-mapping source-dir=... target-dir=..., or leave `storage` out";
        return Err(keyword.error("the storage is empty", help));
    }
    Ok(storage)
}
