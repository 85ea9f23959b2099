//! What an element looked like when it was read, and how it comes to look like that again.
//!
//! [`of`] compares what was read with what would be written, [`restore`] goes back the same way.
//! So nobody who reads or writes a type has to think of old spellings and unusual orders.

use crate::tag::{Child, Tag};
use cluster::{Spelling, Wording};
use std::borrow::Cow;
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
pub(crate) fn of(read: &Tag<'_>, usual: &Tag<'_>) -> Option<Box<Wording>> {
    let wording = compare(read, usual, read);
    (!wording.is_usual()).then(|| Box::new(wording))
}

/// `whole` is the object that `read` is a part of.
fn compare(read: &Tag<'_>, usual: &Tag<'_>, whole: &Tag<'_>) -> Wording {
    let mut wording = Wording { above: read.adopted, ..Wording::default() };
    if read.name != usual.name {
        wording.name = Some(read.name.to_owned());
    }
    attributes(read, usual, &mut wording);
    let (ours, theirs) = (&usual.children, &read.children);
    let is_pair = |(ours, theirs): (&Child<'_>, &Child<'_>)| match (ours, theirs) {
        (Child::Tag(ours), Child::Tag(theirs)) => is_same(ours, theirs),
        (Child::Comment(ours), Child::Comment(theirs))
        | (Child::Text(ours), Child::Text(theirs)) => ours == theirs,
        _ => false,
    };
    if ours.len() != theirs.len() || !ours.iter().zip(theirs).all(is_pair) {
        rearranged(read, usual, whole, &mut wording);
        return wording;
    }
    let mut keys = None;
    for (index, pair) in ours.iter().zip(theirs).enumerate() {
        if let (Child::Tag(ours), Child::Tag(theirs)) = pair
            && !OBJECTS.contains(&theirs.name)
        {
            let inside = compare(theirs, ours, whole);
            if !inside.is_usual() {
                let keys = keys.get_or_insert_with(|| keys_of(&usual.children));
                wording.inside.push((keys[index].clone(), inside));
            }
        }
    }
    wording
}

/// Whether it is the same element, by its name and id.
fn is_same(ours: &Tag<'_>, theirs: &Tag<'_>) -> bool {
    let says = |id: &&str| !id.is_empty();
    let same_id = ours.attribute("id").filter(says) == theirs.attribute("id").filter(says);
    title(ours.name) == title(theirs.name) && same_id
}

/// The name by which an element is known here; `master` is an older one.
fn title(name: &str) -> &str {
    if name == "master" { "clone" } else { name }
}

fn attributes(read: &Tag<'_>, usual: &Tag<'_>, wording: &mut Wording) {
    for (name, value) in usual.attributes() {
        let written = read.attribute(name);
        if written != Some(value) {
            let (name, usual) = (name.to_owned(), Some(value.to_owned()));
            wording.attributes.push(Spelling { name, usual, written: written.map(str::to_owned) });
        }
    }
    let is_new = |name: &str| usual.attribute(name).is_none();
    for (name, value) in read.attributes().filter(|(name, _)| is_new(name)) {
        let (name, written) = (name.to_owned(), Some(value.to_owned()));
        wording.attributes.push(Spelling { name, usual: None, written });
    }
    if LISTED.contains(&read.name) {
        // Ids and names have a place of their own.
        let is_listed = |name: &&str| !["id", "name"].contains(name);
        let left: Vec<&str> = read.attributes().map(|(name, _)| name).filter(is_listed).collect();
        let right = usual.attributes().map(|(name, _)| name).filter(is_listed);
        if !left.iter().copied().eq(right) {
            wording.attribute_order = left.into_iter().map(str::to_owned).collect();
        }
    }
}

/// Children that do not stand side by side: the order in which they were read, and those that
/// nobody wrote.
fn rearranged(read: &Tag<'_>, usual: &Tag<'_>, whole: &Tag<'_>, wording: &mut Wording) {
    let theirs = keys_of(&read.children);
    let ours = keys_of(&usual.children);
    let by_key: BTreeMap<&str, &Child<'_>> =
        theirs.iter().map(String::as_str).zip(&read.children).collect();
    let mut common = Vec::new();
    for (key, child) in ours.iter().zip(&usual.children) {
        match (by_key.get(key.as_str()), child) {
            (Some(Child::Tag(theirs)), Child::Tag(ours)) => {
                common.push(key);
                if !OBJECTS.contains(&theirs.name) {
                    let inside = compare(theirs, ours, whole);
                    if !inside.is_usual() {
                        wording.inside.push((key.clone(), inside));
                    }
                }
            }
            (None, Child::Tag(ours)) if is_new(read, usual, whole, ours) => {
                wording.implied.push(ours.clone().into_element());
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
fn is_new(read: &Tag<'_>, usual: &Tag<'_>, whole: &Tag<'_>, child: &Tag<'_>) -> bool {
    let written = read.tags().filter(|tag| title(tag.name) == title(child.name)).count();
    let all = usual.tags().filter(|other| other.name == child.name).count();
    written < all && !has(whole, child)
}

/// Whether an element of the name and id of `wanted` is anywhere in `tag`.
fn has(tag: &Tag<'_>, wanted: &Tag<'_>) -> bool {
    let is_it = |tag: &Tag<'_>| wanted.attribute("id").is_some() && is_same(wanted, tag);
    tag.tags().any(|tag| is_it(tag) || has(tag, wanted))
}

/// What each child is called among its siblings. A name that is taken gets a number.
fn keys_of(children: &[Child<'_>]) -> Vec<String> {
    numbered(children.iter().map(|child| match child {
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
pub(crate) fn restore<'a>(tag: &mut Tag<'a>, wording: &'a Wording) {
    if let Some(name) = &wording.name {
        tag.name = name;
    }
    spell(tag, wording);
    let children = &mut tag.children;
    if !wording.inside.is_empty() {
        let keys = keys_of(children);
        for (key, inside) in &wording.inside {
            let index = keys.iter().position(|other| other == key);
            if let Some(Child::Tag(child)) = index.and_then(|at| children.get_mut(at)) {
                restore(child, inside);
            }
        }
    }
    if !wording.order.is_empty() {
        let keys = keys_of(children);
        arrange(children, &keys, &wording.order);
    }
    if !wording.implied.is_empty() {
        children.retain(|child| match child {
            Child::Tag(child) => !wording.implied.iter().any(|implied| child.is(implied)),
            Child::Comment(_) | Child::Text(_) => true,
        });
    }
}

fn spell<'a>(tag: &mut Tag<'a>, wording: &'a Wording) {
    let stands = |spelling: &&Spelling| tag.attribute(&spelling.name) == spelling.usual.as_deref();
    let (standing, gone): (Vec<&Spelling>, Vec<&Spelling>) =
        wording.attributes.iter().partition(stands);
    // What was written under another name goes with what it means.
    let is_renamed = |spelling: &&Spelling| spelling.usual.is_none();
    let has_lost = gone.iter().any(|spelling| spelling.written.is_none());
    let standing = standing.into_iter().filter(|spelling| !(has_lost && is_renamed(spelling)));
    for Spelling { name, written, .. } in standing {
        tag.put(name, written.as_deref());
    }
    if !wording.attribute_order.is_empty() {
        tag.arrange_attributes(|attributes: &mut Vec<(&str, Cow<'_, str>)>| {
            let keys: Vec<String> = attributes.iter().map(|(name, _)| (*name).to_owned()).collect();
            arrange(attributes, &keys, &wording.attribute_order);
        });
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
