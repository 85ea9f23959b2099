//! Options, defaults and nodes: what a text says is added to what is there.

use super::{Loader, Mode};
use crate::element::{self, elements_mut};
use crate::statement::{Located, Statement};
use cib::{Part, elements};
use cluster::{AttributeSet, Configuration, Element, ExtraNode};

/// Whether a part holds blocks of options, which texts extend.
pub(super) const fn is_extended(part: Part) -> bool {
    matches!(part, Part::Properties | Part::ResourceDefaults | Part::OperationDefaults)
}

impl<'a> Loader<'a> {
    pub(super) fn options(
        &mut self,
        located: &'a Located<Statement>,
        part: Part,
        mut new: Element,
    ) {
        if element::id(&new).is_empty() {
            let id = self.block_meant(part, &new);
            element::put(&mut new, "id", &id);
        }
        let id = element::id(&new).to_owned();
        self.names.reserve(&id);
        let find = |sets: &[AttributeSet]| {
            sets.iter().find(|set| set.id == id).map(|set| elements::set(&new.name, set))
        };
        let old = find(sets(self.old.all, part));
        let key = (part, id.clone());
        let mut block = match self.extended.remove(&key).or_else(|| find(sets(&self.base, part))) {
            Some(there) => extended(there, new, self.mode),
            None => new,
        };
        block = self.finished(located, block, old.as_ref());
        self.put(located, part, &block);
        self.extended.insert(key, block);
    }

    /// The block that is meant when none is named: the usual one, or the one that another tool
    /// made in its place. Values under a rule never join those without, or under another.
    fn block_meant(&self, part: Part, new: &Element) -> String {
        let usual = match part {
            Part::Properties => "cib-bootstrap-options",
            Part::ResourceDefaults => "rsc-options",
            _ => "op-options",
        };
        let has_rule = |block: &Element| element::children(block, "rule").next().is_some();
        let of_base =
            sets(&self.base, part).iter().map(|set| (set.id.as_str(), set.rule.is_some()));
        let of_text = self.extended.iter().filter(|((other, _), _)| *other == part);
        let of_text = of_text.map(|((_, id), block)| (id.as_str(), has_rule(block)));
        let there: Vec<(&str, bool)> = of_base.chain(of_text).collect();
        let fits = |(_, is_ruled): &&(&str, bool)| !is_ruled && !has_rule(new);
        let named = there.iter().find(|(id, _)| *id == usual);
        let meant = match named {
            Some(set) => Some(set).filter(fits),
            None => there.iter().find(fits),
        };
        match (meant, named) {
            (Some((id, _)), _) => (*id).to_owned(),
            (None, None) => usual.to_owned(),
            (None, Some(_)) => {
                let is_free = |id: &String| there.iter().all(|(other, _)| other != id);
                (0..).map(|n| format!("{usual}-{n}")).find(is_free).unwrap_or_default()
            }
        }
    }

    /// A node that is there keeps its id: that is what the membership calls it, and a text may have
    /// been written elsewhere.
    pub(super) fn node(&mut self, located: &'a Located<Statement>, new: &Element) {
        let name = new.attribute("uname").unwrap_or_default().to_owned();
        let find = |configuration: &Configuration| configuration.node(&name).map(elements::node);
        let old = find(self.old.all);
        let key = (Part::Nodes, name.clone());
        let there = self.extended.remove(&key).or_else(|| find(&self.base));
        let mut node = match there {
            Some(there) if !located.is_xml() => extended_node(there, new),
            _ => new.clone(),
        };
        if element::id(&node).is_empty() {
            node.extra.attributes.retain(|(name, _)| name != "id");
            node.extra.attributes.insert(0, ("id".to_owned(), name));
        }
        node = self.finished(located, node, old.as_ref());
        self.put(located, Part::Nodes, &node);
        self.extended.insert(key, node);
    }
}

/// A node to which attributes are added: to the block of the same id, or of the same place.
fn extended_node(mut node: Element, new: &Element) -> Element {
    for (name, value) in new.extra.attributes.iter().filter(|(name, _)| name != "id") {
        element::set(&mut node, name, value);
    }
    let mut added = Vec::new();
    for kind in ["instance_attributes", "utilization"] {
        for (index, set) in element::children(new, kind).enumerate() {
            let id = element::id(set);
            let mut there = elements_mut(&mut node).filter(|old| old.name == kind).enumerate();
            let is_it = |(place, old): &(usize, &mut Element)| match id {
                "" => *place == index,
                id => element::id(old) == id,
            };
            let place = there.find(is_it).map(|(_, old)| old);
            match place.filter(|_| set.attribute("id-ref").is_none()) {
                Some(old) => *old = extended(std::mem::take(old), set.clone(), Mode::Update),
                None => added.push(set.clone()),
            }
        }
    }
    added.into_iter().for_each(|set| element::push(&mut node, set));
    node
}

/// Values of `new` take the place of those of the same name. In a configuration that is replaced
/// they stand in the order of the text, behind what was kept.
fn extended(mut there: Element, new: Element, mode: Mode) -> Element {
    if there.extra.children.is_empty() {
        there.extra.children.clone_from(&new.extra.children);
    }
    for (name, value) in &new.extra.attributes {
        element::set(&mut there, name, value);
    }
    for child in new.extra.children {
        let ExtraNode::Element(child) = child else { continue };
        let name = child.attribute("name");
        let is_same = |old: &Element| {
            old.name == child.name
                && (child.name != "nvpair" || name.is_some() && old.attribute("name") == name)
        };
        let is_child = |node: &ExtraNode| matches!(node, ExtraNode::Element(old) if is_same(old));
        let children = &mut there.extra.children;
        let place = children.iter().position(is_child);
        match (place, mode) {
            (Some(at), Mode::Replace) => {
                children.remove(at);
                children.push(ExtraNode::Element(child));
            }
            (Some(at), Mode::Update) => {
                if let ExtraNode::Element(old) = &mut children[at] {
                    replace(old, child);
                }
            }
            (None, _) if child.name == "rule" => children.insert(0, ExtraNode::Element(child)),
            (None, _) => children.push(ExtraNode::Element(child)),
        }
    }
    there
}

/// The new part keeps the old one's id, unless it says its own.
fn replace(old: &mut Element, mut new: Element) {
    let id = element::id(old).to_owned();
    if element::id(&new).is_empty() && !id.is_empty() {
        new.extra.attributes.insert(0, ("id".to_owned(), id));
    }
    *old = new;
}

fn sets(configuration: &Configuration, part: Part) -> &[AttributeSet] {
    match part {
        Part::Properties => &configuration.properties,
        Part::ResourceDefaults => &configuration.resource_defaults,
        _ => &configuration.operation_defaults,
    }
}
