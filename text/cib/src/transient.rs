//! Attributes and capacity of a node that last until it leaves, and the layout they stand in.

use crate::giving::{Giving, elements};
use crate::tag::{Child, Tag};
use crate::words::SCORE;
use cluster::{NodeStatus, Score};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks of attributes.
const ATTRIBUTES: &str = "instance_attributes";

/// Blocks of capacity.
const UTILIZATION: &str = "utilization";

/// Takes the values out of a node's transient attributes. Ids that are not the usual ones, blocks
/// with rules and the like are left, as the layout to write the values into again.
pub(crate) fn attributes<'a>(mut tag: Tag<'a>, id: &str, node: &mut NodeStatus) -> Option<Tag<'a>> {
    take_values(&mut tag, ATTRIBUTES, &mut node.attributes);
    take_values(&mut tag, UTILIZATION, &mut node.utilization);
    let is_usual = !node.attributes.is_empty() && is_usual_layout(&tag, id);
    (!is_usual).then_some(tag)
}

fn take_values(tag: &mut Tag<'_>, kind: &str, values: &mut BTreeMap<String, String>) {
    let mut sets: Vec<&mut Tag<'_>> = tag
        .children
        .iter_mut()
        .filter_map(|child| match child {
            Child::Tag(set) if is_plain(set, kind) => Some(set),
            _ => None,
        })
        .collect();
    sets.sort_by_key(|set| -set.attribute("score").and_then(SCORE.parse).unwrap_or(Score::ZERO));
    for set in sets {
        for child in &mut set.children {
            if let Child::Tag(pair) = child
                && let Some(name) = pair.attribute("name").map(str::to_owned)
                && !values.contains_key(&name)
                && let Some(value) = pair.take("value")
            {
                values.insert(name, value);
            }
        }
    }
}

/// Leaves out the pairs that say no value: in the layout such a pair is one whose value was taken
/// out. It has to be done before the node is compared with what is written of it: another pair of
/// that id would be taken for the one without a value.
pub(crate) fn drop_empty_pairs(tag: &mut Tag<'_>) {
    for child in &mut tag.children {
        if let Child::Tag(set) = child
            && (is_plain(set, ATTRIBUTES) || is_plain(set, UTILIZATION))
        {
            set.children.retain(|child| !is_empty_pair(child));
        }
    }
}

fn is_empty_pair(child: &Child<'_>) -> bool {
    matches!(child, Child::Tag(pair) if pair.attribute("value").is_none())
}

/// A block of values that always count.
fn is_plain(set: &Tag<'_>, kind: &str) -> bool {
    set.name == kind && set.tags().all(|child| child.name == "nvpair")
}

fn is_usual_layout(tag: &Tag<'_>, node: &str) -> bool {
    let has_only_id =
        |tag: &Tag<'_>, id: &str| tag.attributes_left() == 1 && tag.attribute("id") == Some(id);
    let tags = |tag: &Tag<'_>| tag.tags().count() == tag.children.len();
    let [set] = tag.tags().collect::<Vec<_>>()[..] else { return false };
    let set_id = set_id(node);
    has_only_id(tag, node)
        && tags(tag)
        && set.name == ATTRIBUTES
        && has_only_id(set, &set_id)
        && tags(set)
        && set.tags().all(|pair| {
            let name = pair.attribute("name").unwrap_or_default();
            pair.attributes_left() == 2
                && pair.children.is_empty()
                && pair.attribute("id") == Some(pair_id(&set_id, name).as_str())
        })
}

fn set_id(node: &str) -> String {
    format!("status-{node}")
}

/// An id holds letters, digits, `-`, `_` and `.`; other characters become dots.
fn pair_id(set: &str, name: &str) -> String {
    let is_allowed = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let id = format!("{set}-{name}");
    id.chars().map(|c| if is_allowed(c) { c } else { '.' }).collect()
}

/// A node's transient attributes, if it has some.
pub(crate) fn attributes_element<'a>(id: &'a str, node: &'a NodeStatus) -> Option<Tag<'a>> {
    let layout = elements(&node.extra, "transient_attributes").next();
    if node.attributes.is_empty() && node.utilization.is_empty() && layout.is_none() {
        return None;
    }
    let new = || Giving::new("transient_attributes").attribute("id", id).finish();
    let mut tag = layout.map_or_else(new, Tag::of);
    fill(&mut tag, ATTRIBUTES, set_id(id), &node.attributes);
    fill(&mut tag, UTILIZATION, format!("{}-utilization", set_id(id)), &node.utilization);
    Some(tag)
}

/// Gives the blocks of a kind their values again; `new_id` is for a block that is missing.
fn fill<'a>(
    tag: &mut Tag<'a>,
    kind: &'static str,
    new_id: String,
    values: &'a BTreeMap<String, String>,
) {
    let mut missing: BTreeSet<&str> = values.keys().map(String::as_str).collect();
    for child in &mut tag.children {
        if let Child::Tag(set) = child
            && is_plain(set, kind)
        {
            set.children.retain_mut(|child| restore(child, values, &mut missing));
        }
    }
    if !missing.is_empty() {
        add(plain_set(tag, kind, new_id), values, &missing);
    }
}

/// Gives a pair of the layout its value again; false when the attribute is gone.
fn restore<'a>(
    child: &mut Child<'a>,
    values: &'a BTreeMap<String, String>,
    missing: &mut BTreeSet<&str>,
) -> bool {
    let Child::Tag(pair) = child else { return true };
    if pair.attribute("value").is_some() {
        // A second value of the same name, without effect; it goes when the attribute goes.
        return pair.attribute("name").is_none_or(|name| values.contains_key(name));
    }
    let found = pair.attribute("name").and_then(|name| values.get_key_value(name));
    let Some((_, value)) = found.filter(|(name, _)| missing.remove(name.as_str())) else {
        return false;
    };
    pair.keep("value", value);
    true
}

/// The first plain block of a kind, or a new one.
fn plain_set<'t, 'a>(tag: &'t mut Tag<'a>, kind: &'static str, new_id: String) -> &'t mut Tag<'a> {
    let children = &mut tag.children;
    let is_it = |child: &Child<'_>| matches!(child, Child::Tag(set) if is_plain(set, kind));
    let place = children.iter().position(is_it).unwrap_or_else(|| {
        children.push(Child::Tag(Giving::new(kind).attribute("id", new_id).finish()));
        children.len() - 1
    });
    match &mut children[place] {
        Child::Tag(set) => set,
        Child::Comment(_) | Child::Text(_) => unreachable!("a block is an element"),
    }
}

/// Adds the attributes that the layout has no place for.
fn add<'a>(set: &mut Tag<'a>, values: &'a BTreeMap<String, String>, missing: &BTreeSet<&'a str>) {
    let set_id = set.attribute("id").unwrap_or_default().to_owned();
    for name in missing {
        let pair = Giving::new("nvpair")
            .attribute("id", pair_id(&set_id, name))
            .attribute("name", *name)
            .maybe("value", values.get(*name));
        set.children.push(Child::Tag(pair.finish()));
    }
}
