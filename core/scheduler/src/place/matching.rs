//! When two nodes count as the same: by name, or by an attribute that both have.

use super::terms::Which;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Colocation, Work};

/// What a node is for a colocation: nodes with equal marks are the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// A node; nothing when there is none yet.
    Node(Option<NodeIndex>),
    /// An attribute's value, case left out; nothing when it is not set.
    Value(Option<String>),
}

impl Work<'_> {
    /// The node whose attributes count when `resource` asks for those of `node`: of a guest the
    /// host, where the resource wants that or has no say in it.
    fn asked_node(
        &self,
        node: NodeIndex,
        resource: ResourceIndex,
        asks_host: bool,
        which: Which,
    ) -> Option<NodeIndex> {
        let Some(guest) = self.guest_of(node) else { return Some(node) };
        let wants_host = || {
            let target = self.at.resources[resource].meta.get("container-attribute-target");
            target.is_some_and(|target| target.eq_ignore_ascii_case("host"))
        };
        if !asks_host && !wants_host() {
            return Some(node);
        }
        match which {
            Which::Current => self.at.resources[guest].running_on.first().copied(),
            Which::Planned => self.drafts[guest].node,
        }
    }

    /// A node's attribute, as `resource` sees it.
    pub(super) fn attribute_for(
        &self,
        node: NodeIndex,
        name: &str,
        resource: ResourceIndex,
        which: Which,
    ) -> Option<&str> {
        let node = self.asked_node(node, resource, false, which)?;
        self.at.nodes[node].attributes.get(name).map(String::as_str)
    }

    /// What `node` is for a colocation, seen from `resource`.
    pub(super) fn mark(
        &self,
        node: NodeIndex,
        attribute: Option<&str>,
        resource: ResourceIndex,
    ) -> Mark {
        // What is with something in a container is with the container, on the container's host.
        let asks_host = self.at.nodes[node].is_guest()
            && self.is_bundle_node(node)
            && self.is_inside_container(resource);
        let asked = self.asked_node(node, resource, asks_host, Which::Planned);
        match attribute {
            None => Mark::Node(asked),
            Some(name) => {
                let value = asked.and_then(|node| self.at.nodes[node].attributes.get(name));
                Mark::Value(value.map(|value| value.to_lowercase()))
            }
        }
    }

    /// Whether the dependent of a colocation has a say in where its primary goes.
    pub(super) fn has_influence(&self, colocation: &Colocation, primary: ResourceIndex) -> bool {
        let state = &self.at.resources[primary];
        // Moving a container for the sake of its connection would cost more than it gives.
        if self.at.allows_remote(colocation.dependent)
            && !state.has_failed
            && state.running_on.len() == 1
        {
            return false;
        }
        colocation.has_influence || !self.is_active_within(primary)
    }
}
