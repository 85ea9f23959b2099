//! The status: nodes, their attributes, and what was done on them.

use crate::error::{Doubts, Fault};
use crate::giving::{Giving, elements};
use crate::operations::{history, history_element};
use crate::tag::{Child, Tag};
use crate::words::{EXPECTED, JOIN, PRESENCE, SCORE, Word, expected_name, join_name};
use cluster::{Element, Expected, Extra, ExtraNode, JoinState, NodeStatus, Score, Status};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn status(mut tag: Tag, doubts: &mut Doubts) -> Result<Status, Fault> {
    let mut status = Status::default();
    tag.sort_out(|mut child| {
        if child.name != "node_state" {
            return Ok(Some(child));
        }
        // Whose state it is cannot be known; it decides nothing.
        if child.attribute("id").is_none() {
            doubts.extend(child.required("id").err());
            return Ok(Some(child));
        }
        let at = child.at;
        let (id, node) = node_state(child, doubts)?;
        if status.nodes.contains_key(&id) {
            let what = format!("there are two node_state of id `{id}`");
            return Err(Fault::new(at, what, "keep the newer one"));
        }
        status.nodes.insert(id, node);
        Ok(None)
    })?;
    status.extra = tag.into_extra();
    Ok(status)
}

fn node_state(mut tag: Tag, doubts: &mut Doubts) -> Result<(String, NodeStatus), Fault> {
    let id = tag.required("id")?;
    let mut node = NodeStatus {
        name: tag.take("uname").unwrap_or_default(),
        in_membership: presence(&mut tag, "in_ccm", MEMBERSHIP, doubts),
        is_online: presence(&mut tag, "crmd", ONLINE, doubts),
        join: tag.optional("join", &JOIN, doubts).unwrap_or_default(),
        expected: tag.optional("expected", &EXPECTED, doubts).unwrap_or_default(),
        ..NodeStatus::default()
    };
    tag.sort_out(|child| match child.name.as_str() {
        "transient_attributes" => Ok(attributes(child, &id, &mut node.attributes)),
        "lrm" => history(child, &id, &mut node, doubts),
        _ => Ok(Some(child)),
    })?;
    tag.move_last(&LAYOUTS);
    node.extra = tag.into_extra();
    Ok((id, node))
}

/// Elements that are written from the typed parts and what is kept of themselves.
const LAYOUTS: [&str; 2] = ["transient_attributes", "lrm"];

/// How `in_ccm` is written: absent, present.
const MEMBERSHIP: [&str; 2] = ["false", "true"];

/// How `crmd` is written: absent, present.
const ONLINE: [&str; 2] = ["offline", "online"];

/// Whether something is there. A time since when stays in the extra, for those who read it.
fn presence(tag: &mut Tag, name: &'static str, words: [&str; 2], doubts: &mut Doubts) -> bool {
    let Some(text) = tag.attribute(name).map(str::to_owned) else { return false };
    let is_there = tag.optional(name, &PRESENCE, doubts).unwrap_or(false);
    if tag.attribute(name).is_none() && !words.contains(&text.as_str()) {
        tag.attributes.push((name.to_owned(), text));
    }
    is_there
}

/// Takes the values out of a node's transient attributes. Ids that are not the usual ones, blocks
/// with rules and the like are left, as the layout to write the values into again.
fn attributes(mut tag: Tag, node: &str, values: &mut BTreeMap<String, String>) -> Option<Tag> {
    let mut sets: Vec<&mut Tag> = tag
        .children
        .iter_mut()
        .filter_map(|child| match child {
            Child::Tag(set) if is_plain(set) => Some(set),
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
    let is_usual = !values.is_empty() && is_usual_layout(&tag, node);
    (!is_usual).then_some(tag)
}

/// A block of values that always count.
fn is_plain(set: &Tag) -> bool {
    set.name == "instance_attributes" && set.tags().all(|child| child.name == "nvpair")
}

fn is_usual_layout(tag: &Tag, node: &str) -> bool {
    let has_only_id =
        |tag: &Tag, id: &str| tag.attributes.len() == 1 && tag.attribute("id") == Some(id);
    let tags = |tag: &Tag| tag.tags().count() == tag.children.len();
    let [set] = tag.tags().collect::<Vec<_>>()[..] else { return false };
    has_only_id(tag, node)
        && tags(tag)
        && has_only_id(set, &set_id(node))
        && tags(set)
        && set.tags().all(|pair| {
            let name = pair.attribute("name").unwrap_or_default();
            pair.attributes.len() == 2
                && pair.children.is_empty()
                && pair.attribute("id") == Some(pair_id(&set_id(node), name).as_str())
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

pub(crate) fn status_element(status: &Status) -> Element {
    Giving::new("status")
        .children(status.nodes.iter().map(|(id, node)| node_element(id, node)))
        .extra(&status.extra)
}

fn node_element(id: &str, node: &NodeStatus) -> Element {
    // A remote node has no membership of its own.
    let is_remote = extra_attribute(&node.extra, "remote_node") == Some("true");
    let shown = |is_default: bool| !(is_remote && is_default);
    let online = presence_text(node, "crmd", node.is_online, ONLINE);
    let join = Some(node.join).filter(|join| shown(*join == JoinState::default()));
    let expected = Some(node.expected).filter(|expected| shown(*expected == Expected::default()));
    Giving::new("node_state")
        .attribute("id", id)
        .unless_empty("uname", &node.name)
        .attribute("in_ccm", presence_text(node, "in_ccm", node.in_membership, MEMBERSHIP))
        .maybe("crmd", Some(online).filter(|_| shown(!node.is_online)))
        .maybe("join", join.map(join_name))
        .maybe("expected", expected.map(expected_name))
        .children(attributes_element(id, node))
        .children(history_element(id, node))
        .extra_without(&node.extra, &LAYOUTS)
}

pub(crate) fn extra_attribute<'a>(extra: &'a Extra, name: &str) -> Option<&'a str> {
    extra.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The text that was read, as long as it still says the same.
fn presence_text<'a>(
    node: &'a NodeStatus,
    name: &str,
    is_there: bool,
    [absent, present]: [&'static str; 2],
) -> &'a str {
    let Word { parse, .. } = PRESENCE;
    extra_attribute(&node.extra, name)
        .filter(|text| parse(text) == Some(is_there))
        .unwrap_or(if is_there { present } else { absent })
}

fn attributes_element(id: &str, node: &NodeStatus) -> Option<Element> {
    let layout = elements(&node.extra, "transient_attributes").next();
    if node.attributes.is_empty() && layout.is_none() {
        return None;
    }
    let mut element = layout
        .cloned()
        .unwrap_or_else(|| Giving::new("transient_attributes").attribute("id", id).finish());
    let mut missing: BTreeSet<&str> = node.attributes.keys().map(String::as_str).collect();
    for child in &mut element.extra.children {
        if let ExtraNode::Element(set) = child
            && is_plain_element(set)
        {
            set.extra.children.retain_mut(|child| restore(child, &node.attributes, &mut missing));
        }
    }
    add(&mut element, id, node, &missing);
    Some(element)
}

fn is_plain_element(set: &Element) -> bool {
    set.name == "instance_attributes" && set.elements().all(|child| child.name == "nvpair")
}

/// Gives a pair of the layout its value again; false when the attribute is gone.
fn restore(
    child: &mut ExtraNode,
    values: &BTreeMap<String, String>,
    missing: &mut BTreeSet<&str>,
) -> bool {
    let ExtraNode::Element(pair) = child else { return true };
    if pair.attribute("value").is_some() {
        // A second value of the same name, without effect; it goes when the attribute goes.
        return pair.attribute("name").is_none_or(|name| values.contains_key(name));
    }
    let found = pair.attribute("name").and_then(|name| values.get_key_value(name));
    let Some((_, value)) = found.filter(|(name, _)| missing.remove(name.as_str())) else {
        return false;
    };
    pair.extra.attributes.push(("value".to_owned(), value.clone()));
    true
}

/// Adds the attributes that the layout has no place for, to its first plain block or a new one.
fn add(element: &mut Element, id: &str, node: &NodeStatus, missing: &BTreeSet<&str>) {
    if missing.is_empty() {
        return;
    }
    let is_plain =
        |child: &ExtraNode| matches!(child, ExtraNode::Element(set) if is_plain_element(set));
    if !element.extra.children.iter().any(is_plain) {
        let set = Giving::new("instance_attributes").attribute("id", set_id(id)).finish();
        element.extra.children.push(ExtraNode::Element(set));
    }
    let sets = element.extra.children.iter_mut();
    let set = sets.into_iter().find_map(|child| match child {
        ExtraNode::Element(set) if is_plain_element(set) => Some(set),
        _ => None,
    });
    if let Some(set) = set {
        let set_id = set.attribute("id").unwrap_or_default().to_owned();
        for name in missing {
            let pair = Giving::new("nvpair")
                .attribute("id", pair_id(&set_id, name))
                .attribute("name", name)
                .maybe("value", node.attributes.get(*name));
            set.extra.children.push(ExtraNode::Element(pair.finish()));
        }
    }
}
