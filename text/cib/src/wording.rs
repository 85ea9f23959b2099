//! What an element looked like when it was read, and how it comes to look like that again.
//!
//! [`of`] compares what was read with what would be written, [`restore`] goes back the same way.
//! So nobody who reads or writes a type has to think of old spellings and unusual orders.

use crate::tag::{Child, Tag};
use cluster::{Element, ExtraNode, Spelling, Wording};
use std::collections::BTreeMap;

/// Resources inside other resources have wordings of their own.
const OBJECTS: [&str; 4] = ["primitive", "group", "clone", "master"];

/// Elements whose attributes the crm language lists in the order in which they stand.
const LISTED: [&str; 9] = [
    "op",
    "docker",
    "podman",
    "rkt",
    "network",
    "port-mapping",
    "storage-mapping",
    "date_spec",
    "duration",
];

/// How `read` differs from `usual`, which is the same element the way it would be written.
pub(crate) fn of(read: &Tag<'_>, usual: &Element) -> Option<Box<Wording>> {
    let wording = compare(read, usual, read);
    (!wording.is_usual()).then(|| Box::new(wording))
}

/// `whole` is the object that `read` is a part of.
fn compare(read: &Tag<'_>, usual: &Element, whole: &Tag<'_>) -> Wording {
    let mut wording = Wording { above: read.adopted, ..Wording::default() };
    if read.name != usual.name {
        wording.name = Some(read.name.to_owned());
    }
    attributes(read, usual, &mut wording);
    let (ours, theirs) = (&usual.extra.children, &read.children);
    let is_pair = |(ours, theirs): (&ExtraNode, &Child<'_>)| match (ours, theirs) {
        (ExtraNode::Element(ours), Child::Tag(theirs)) => is_same(ours, theirs),
        (ExtraNode::Comment(ours), Child::Comment(theirs))
        | (ExtraNode::Text(ours), Child::Text(theirs)) => ours == theirs,
        _ => false,
    };
    if ours.len() != theirs.len() || !ours.iter().zip(theirs).all(is_pair) {
        rearranged(read, usual, whole, &mut wording);
        return wording;
    }
    let mut keys = None;
    for (index, pair) in ours.iter().zip(theirs).enumerate() {
        if let (ExtraNode::Element(ours), Child::Tag(theirs)) = pair
            && !OBJECTS.contains(&theirs.name)
        {
            let inside = compare(theirs, ours, whole);
            if !inside.is_usual() {
                let keys = keys.get_or_insert_with(|| keys_of(&usual.extra.children));
                wording.inside.push((keys[index].clone(), inside));
            }
        }
    }
    wording
}

/// Whether it is the same element, by its name and id.
fn is_same(ours: &Element, theirs: &Tag<'_>) -> bool {
    let says = |id: &&str| !id.is_empty();
    let same_id = ours.attribute("id").filter(says) == theirs.attribute("id").filter(says);
    title(&ours.name) == title(theirs.name) && same_id
}

/// The name by which an element is known here; `master` is an older one.
fn title(name: &str) -> &str {
    if name == "master" { "clone" } else { name }
}

fn attributes(read: &Tag<'_>, usual: &Element, wording: &mut Wording) {
    let ours = &usual.extra.attributes;
    for (name, value) in ours {
        let written = read.attribute(name);
        if written != Some(value) {
            let (name, usual) = (name.clone(), Some(value.clone()));
            wording.attributes.push(Spelling { name, usual, written: written.map(str::to_owned) });
        }
    }
    let is_new = |name: &str| ours.iter().all(|(other, _)| other != name);
    for (name, value) in read.attributes().filter(|(name, _)| is_new(name)) {
        let (name, written) = (name.to_owned(), Some(value.to_owned()));
        wording.attributes.push(Spelling { name, usual: None, written });
    }
    if LISTED.contains(&read.name) {
        // Ids and names have a place of their own.
        let is_listed = |name: &&str| !["id", "name"].contains(name);
        let left: Vec<&str> = read.attributes().map(|(name, _)| name).filter(is_listed).collect();
        let right = ours.iter().map(|(name, _)| name.as_str()).filter(is_listed);
        if !left.iter().copied().eq(right) {
            wording.attribute_order = left.into_iter().map(str::to_owned).collect();
        }
    }
}

/// Children that do not stand side by side: the order in which they were read, and those that
/// nobody wrote.
fn rearranged(read: &Tag<'_>, usual: &Element, whole: &Tag<'_>, wording: &mut Wording) {
    let theirs = keys_of_tag(read);
    let ours = keys_of(&usual.extra.children);
    let by_key: BTreeMap<&str, &Child<'_>> =
        theirs.iter().map(String::as_str).zip(&read.children).collect();
    let mut common = Vec::new();
    for (key, child) in ours.iter().zip(&usual.extra.children) {
        match (by_key.get(key.as_str()), child) {
            (Some(Child::Tag(tag)), ExtraNode::Element(element)) => {
                common.push(key);
                if !OBJECTS.contains(&tag.name) {
                    let inside = compare(tag, element, whole);
                    if !inside.is_usual() {
                        wording.inside.push((key.clone(), inside));
                    }
                }
            }
            (None, ExtraNode::Element(element)) if is_new(read, usual, whole, element) => {
                wording.implied.push(element.clone());
            }
            _ => common.push(key),
        }
    }
    let kept: Vec<&String> = theirs.iter().filter(|key| ours.contains(key)).collect();
    if kept != common {
        wording.order = kept.into_iter().cloned().collect();
    }
}

/// Whether nobody wrote this child of `usual`: there are fewer of its name, and it stands nowhere
/// else. What was written and moved must never be taken for that, for it is left out again.
fn is_new(read: &Tag<'_>, usual: &Element, whole: &Tag<'_>, child: &Element) -> bool {
    let written = read.tags().filter(|tag| title(tag.name) == title(&child.name)).count();
    let all = usual.elements().filter(|other| other.name == child.name).count();
    written < all && !has(whole, child)
}

/// Whether an element of that name and id is anywhere in `tag`.
fn has(tag: &Tag<'_>, element: &Element) -> bool {
    let is_it = |tag: &Tag<'_>| element.attribute("id").is_some() && is_same(element, tag);
    tag.tags().any(|tag| is_it(tag) || has(tag, element))
}

/// What each child is called among its siblings. A name that is taken gets a number.
fn keys_of(children: &[ExtraNode]) -> Vec<String> {
    numbered(children.iter().map(|child| match child {
        ExtraNode::Element(element) => key(&element.name, element.attribute("id")),
        ExtraNode::Comment(_) => COMMENT.to_owned(),
        ExtraNode::Text(_) => TEXT.to_owned(),
    }))
}

fn keys_of_tag(tag: &Tag<'_>) -> Vec<String> {
    numbered(tag.children.iter().map(|child| match child {
        Child::Tag(tag) => key(tag.name, tag.attribute("id")),
        Child::Comment(_) => COMMENT.to_owned(),
        Child::Text(_) => TEXT.to_owned(),
    }))
}

fn key(name: &str, id: Option<&str>) -> String {
    let name = title(name);
    let id = id.filter(|id| !id.is_empty());
    id.map_or_else(|| name.to_owned(), |id| format!("{name}={id}"))
}

/// No element is called like this.
const COMMENT: &str = "!";
const TEXT: &str = "";

fn numbered(keys: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let number = |key: String| match seen.get_mut(&key) {
        Some(count) => {
            *count += 1;
            format!("{key} {count}")
        }
        None => {
            seen.insert(key.clone(), 1);
            key
        }
    };
    keys.map(number).collect()
}

/// Gives an element, written the usual way, the looks it was read with, as far as it still says
/// the same.
pub(crate) fn restore(element: &mut Element, wording: &Wording) {
    if let Some(name) = &wording.name {
        element.name.clone_from(name);
    }
    spell(element, wording);
    let children = &mut element.extra.children;
    if !wording.inside.is_empty() {
        let keys = keys_of(children);
        for (key, inside) in &wording.inside {
            let index = keys.iter().position(|other| other == key);
            if let Some(ExtraNode::Element(child)) = index.and_then(|at| children.get_mut(at)) {
                restore(child, inside);
            }
        }
    }
    let order = (!wording.order.is_empty()).then(|| keys_of(children));
    if let Some(keys) = order {
        arrange(children, &keys, &wording.order);
    }
    if !wording.implied.is_empty() {
        children.retain(|child| match child {
            ExtraNode::Element(child) => !wording.implied.contains(child),
            ExtraNode::Comment(_) | ExtraNode::Text(_) => true,
        });
    }
}

fn spell(element: &mut Element, wording: &Wording) {
    let stands =
        |spelling: &&Spelling| element.attribute(&spelling.name) == spelling.usual.as_deref();
    let (standing, gone): (Vec<&Spelling>, Vec<&Spelling>) =
        wording.attributes.iter().partition(stands);
    // What was written under another name goes with what it means.
    let is_renamed = |spelling: &&Spelling| spelling.usual.is_none();
    let has_lost = gone.iter().any(|spelling| spelling.written.is_none());
    let attributes = &mut element.extra.attributes;
    for Spelling { name, written, .. } in
        standing.into_iter().filter(|spelling| !(has_lost && is_renamed(spelling)))
    {
        let place = attributes.iter().position(|(other, _)| other == name);
        match (place, written) {
            (Some(at), Some(text)) => attributes[at].1.clone_from(text),
            (Some(at), None) => drop(attributes.remove(at)),
            (None, Some(text)) => attributes.push((name.clone(), text.clone())),
            (None, None) => {}
        }
    }
    if !wording.attribute_order.is_empty() {
        let keys: Vec<String> = attributes.iter().map(|(name, _)| name.clone()).collect();
        arrange(attributes, &keys, &wording.attribute_order);
    }
}

/// Puts what `order` names in that order; what it does not name stays behind what it stood behind.
fn arrange<T>(items: &mut Vec<T>, keys: &[String], order: &[String]) {
    let places: BTreeMap<&str, usize> =
        order.iter().enumerate().map(|(index, key)| (key.as_str(), index + 1)).collect();
    let mut place = 0;
    let mut ranked: Vec<(usize, T)> = Vec::with_capacity(items.len());
    for (item, key) in items.drain(..).zip(keys) {
        place = places.get(key.as_str()).copied().unwrap_or(place);
        ranked.push((place, item));
    }
    ranked.sort_by_key(|(place, _)| *place);
    items.extend(ranked.into_iter().map(|(_, item)| item));
}
