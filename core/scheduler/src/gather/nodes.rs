//! Nodes, as the configuration has them.

use super::Reader;
use super::values::score;
use crate::index::NodeIndex;
use crate::model::{Cell, Node, NodeKind};
use cluster::{Discovery, NodeEntry, RuleContext, Score, resolved};
use std::cmp::Ordering;
use std::collections::BTreeMap;

impl<'a> Reader<'a> {
    /// All nodes that the configuration lists.
    pub(super) fn nodes(&mut self) {
        for entry in &self.at.facts.configuration.nodes {
            let is_remote =
                entry.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("remote"));
            let kind = if is_remote { NodeKind::Remote } else { NodeKind::Member };
            let node = self.add_node(&entry.id, &entry.name, kind);
            if !is_remote {
                self.distrust_unseen(node);
            }
            // Old files say how much a node is liked at the node itself.
            if let Some(score) = entry.extra.attribute("score").and_then(score) {
                self.set_cell(node, Cell { score, ..self.cells[node] });
            }
            self.permanent_attributes(node, entry);
        }
    }

    /// Members that nobody wrote down: the status knows of them because they are, or were, there.
    /// Of guests and remote nodes it does not say whether they are in the membership.
    pub(super) fn unwritten_members(&mut self) {
        let facts = self.at.facts;
        if !facts.configuration.nodes.is_empty() {
            return;
        }
        for (id, status) in facts.status.nodes_in_order() {
            let is_known = self.node_of_state(id, &status.name).is_some();
            let is_member = !status.is_remote && !status.unsaid.in_membership;
            if !is_known && is_member && !status.name.is_empty() {
                self.add_node(id, &status.name, NodeKind::Member);
            }
        }
    }

    /// Adds a node, at its place among the others.
    pub(super) fn add_node(&mut self, id: &str, name: &str, kind: NodeKind) -> NodeIndex {
        let node = self.at.nodes.push(new_node(id, name, kind));
        self.cells.push(Cell { score: Score::ZERO, discovery: Discovery::Always });
        self.fresh = None;
        self.at.node_names.entry(name.to_owned()).or_insert(node);
        self.node_ids.entry(id.to_owned()).or_insert(node);
        let nodes = &self.at.nodes;
        let is_before = |other: &NodeIndex| natural(&nodes[*other].name, name) != Ordering::Greater;
        let place = self.at.node_order.partition_point(is_before);
        self.at.node_order.insert(place, node);
        self.name_attributes(node);
        node
    }

    /// A node of which nothing has been heard may be running anything, unless people say that it
    /// does not.
    pub(super) fn distrust_unseen(&mut self, node: NodeIndex) {
        let distrusts = self.at.options.is_startup_fencing_on;
        let node = &mut self.at.nodes[node];
        node.is_unclean = distrusts;
        node.is_unseen = true;
    }

    fn permanent_attributes(&mut self, node: NodeIndex, entry: &'a NodeEntry) {
        let at = &mut self.at;
        let state = &mut at.nodes[node];
        let own = state.attributes.clone();
        let context = RuleContext {
            attributes: Some(&own),
            now: Some(at.facts.now),
            ..RuleContext::default()
        };
        let found = resolved(&entry.attributes, None, &at.references, &context, &mut at.recheck);
        for (name, value) in found {
            state.attributes.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        let capacity =
            resolved(&entry.utilization, None, &at.references, &context, &mut at.recheck);
        state.capacity = amounts(capacity);
        self.site_name(node);
    }

    /// Takes attributes that last until the node leaves; they come before permanent ones.
    pub(super) fn transient_attributes(
        &mut self,
        node: NodeIndex,
        attributes: &BTreeMap<String, String>,
        utilization: &BTreeMap<String, String>,
    ) {
        let state = &mut self.at.nodes[node];
        for (name, value) in attributes {
            state.attributes.insert(name.clone(), value.clone());
        }
        let utilization = utilization.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in amounts(utilization.collect()) {
            state.capacity.entry(name).or_insert(value);
        }
        self.site_name(node);
        self.heed_attributes(node);
    }

    /// What of a node's attributes asks for something.
    fn heed_attributes(&mut self, node: NodeIndex) {
        let state = &mut self.at.nodes[node];
        let is_on = |name: &str| {
            let value = state.attributes.get(name);
            value.and_then(|value| cluster::value::boolean(value)).unwrap_or(false)
        };
        state.is_standby |= is_on("standby");
        state.is_in_maintenance |= is_on("maintenance");
    }

    fn name_attributes(&mut self, node: NodeIndex) {
        let coordinator = self.at.facts.coordinator;
        let cluster_name = self.properties.text("cluster-name").to_owned();
        let state = &mut self.at.nodes[node];
        let is_member = state.kind == NodeKind::Member;
        state.is_coordinator = is_member && coordinator == Some(state.id.as_str());
        let kind = if is_member { "cluster" } else { "remote" };
        let is_coordinator = if state.is_coordinator { "true" } else { "false" };
        let built_in = [
            ("#uname", state.name.clone()),
            ("#id", state.id.clone()),
            ("#kind", kind.to_owned()),
            ("#is_dc", is_coordinator.to_owned()),
        ];
        state.attributes.extend(built_in.map(|(name, value)| (name.to_owned(), value)));
        if !cluster_name.is_empty() {
            state.attributes.insert("#cluster-name".to_owned(), cluster_name);
        }
    }

    /// A site is called as the node says, else as the cluster.
    fn site_name(&mut self, node: NodeIndex) {
        let attributes = &mut self.at.nodes[node].attributes;
        if !attributes.contains_key("#site-name")
            && let Some(name) =
                attributes.get("site-name").or_else(|| attributes.get("#cluster-name"))
        {
            let name = name.clone();
            attributes.insert("#site-name".to_owned(), name);
        }
    }

    /// The node of a state: by its id, else by its name.
    pub(super) fn node_of_state(&self, id: &str, name: &str) -> Option<NodeIndex> {
        self.node_ids.get(id).copied().or_else(|| self.at.node(name))
    }
}

fn new_node<'a>(id: &str, name: &str, kind: NodeKind) -> Node<'a> {
    Node {
        id: id.to_owned(),
        name: name.to_owned(),
        kind,
        connection: None,
        status: None,
        attributes: BTreeMap::new(),
        capacity: BTreeMap::new(),
        is_online: false,
        is_pending: false,
        is_unclean: false,
        is_unseen: false,
        is_shutting_down: false,
        is_expected_up: false,
        is_coordinator: false,
        is_standby: false,
        is_standby_on_fail: false,
        is_in_maintenance: false,
        needs_remote_reset: false,
        was_remote_fenced: false,
        allows_discovery: true,
        is_reserved: false,
        is_unpacked: false,
        health: 0,
        running: Vec::new(),
        priority: Score::ZERO,
        fence_reason: None,
        is_fencing_delayed: false,
    }
}

/// Capacities as numbers; what is none counts as nothing.
pub(super) fn amounts(values: BTreeMap<&str, &str>) -> BTreeMap<String, i64> {
    let numbers = values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.trim().parse().unwrap_or(0)));
    numbers.collect()
}

/// The order of names in which numbers within them count as numbers: `oss9` is before `oss10`.
/// Case does not count.
fn natural(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        match (left.first(), right.first()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(one), Some(other)) if one.is_ascii_digit() && other.is_ascii_digit() => {
                let (number, rest) = digits(left);
                let (other_number, other_rest) = digits(right);
                let by_value =
                    number.len().cmp(&other_number.len()).then_with(|| number.cmp(other_number));
                if by_value != Ordering::Equal {
                    return by_value;
                }
                (left, right) = (rest, other_rest);
            }
            (Some(one), Some(other)) => {
                let order = one.to_ascii_lowercase().cmp(&other.to_ascii_lowercase());
                if order != Ordering::Equal {
                    return order;
                }
                (left, right) = (&left[1..], &right[1..]);
            }
        }
    }
}

/// The digits in front, without leading zeros, and the rest.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let zeros = number.iter().take_while(|byte| **byte == b'0').count();
    (&number[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_within_names_count_as_numbers() {
        let mut names = ["oss10", "oss9", "mds", "oss", "OSS2"];
        names.sort_by(|one, other| natural(one, other));
        assert_eq!(names, ["mds", "oss", "OSS2", "oss9", "oss10"]);
    }
}
