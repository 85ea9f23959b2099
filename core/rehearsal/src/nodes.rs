//! Nodes in the status: found by name, added when they are missing, up, down, or lost.

use cluster::{Configuration, Expected, JoinState, NodeStatus, Status, UnsaidOfNode};

/// The status of the node of that name.
pub(crate) fn find<'s>(
    status: &'s mut Status,
    name: &str,
) -> Option<(&'s str, &'s mut NodeStatus)> {
    let found = status.nodes.iter_mut().find(|(_, node)| node.name == name);
    found.map(|(id, node)| (id.as_str(), node))
}

/// The status of the node of that name. A node without one gets one that says nothing, under
/// `id`, or else the id that the configuration knows; `None` when nobody knows the node.
pub(crate) fn find_or_add<'s>(
    status: &'s mut Status,
    configuration: &Configuration,
    (name, id): (&str, Option<&str>),
) -> Option<(&'s str, &'s mut NodeStatus)> {
    if !status.nodes.values().any(|node| node.name == name) {
        let configured = configuration.node(name).map(|node| node.id.as_str());
        let id = id.or(configured)?.to_owned();
        let last = status.nodes.values().map(|node| node.position).max();
        let unsaid =
            UnsaidOfNode { in_membership: true, is_online: true, join: true, expected: true };
        let position = last.map_or(0, |last| last.saturating_add(1));
        let node = NodeStatus { name: name.to_owned(), position, unsaid, ..NodeStatus::default() };
        status.nodes.insert(id, node);
    }
    find(status, name)
}

/// The node takes part.
pub(crate) fn bring_up(node: &mut NodeStatus) {
    set_presence(node, true);
    node.join = JoinState::Member;
    node.expected = Expected::Member;
}

/// The node has left in order, or was fenced: what it did is forgotten.
pub(crate) fn bring_down(node: &mut NodeStatus) {
    set_presence(node, false);
    node.join = JoinState::Down;
    node.expected = Expected::Down;
    node.history.clear();
    node.attributes.clear();
    node.utilization.clear();
    let is_kept = |child: &cluster::ExtraNode| match child {
        cluster::ExtraNode::Element(element) => {
            !matches!(element.name.as_str(), "lrm" | "transient_attributes")
        }
        cluster::ExtraNode::Comment(_) | cluster::ExtraNode::Text(_) => true,
    };
    node.extra.children.retain(is_kept);
}

/// The node has dropped out of the view while it took part.
pub(crate) fn lose(node: &mut NodeStatus) {
    bring_up(node);
    node.in_membership = false;
}

fn set_presence(node: &mut NodeStatus, is_there: bool) {
    node.in_membership = is_there;
    node.is_online = is_there;
    node.member_since = None;
    node.online_since = None;
    node.unsaid = UnsaidOfNode::default();
    // Words that were kept because they are not ours say something else now.
    node.extra.attributes.retain(|(name, _)| !matches!(name.as_str(), "in_ccm" | "crmd"));
}
