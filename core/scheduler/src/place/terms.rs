//! Questions about the tree of resources that every step of placement asks.

use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Kind, Work};
use cluster::Role;

/// Which nodes of a resource are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Where it is, or may be, active.
    Current,
    /// Where it goes.
    Planned,
}

impl Work<'_> {
    /// The nodes that a resource is on, or goes to: of a collective resource those of all that is
    /// inside of it, each once, in the order of what is inside.
    pub(crate) fn nodes_of(&self, resource: ResourceIndex, which: Which) -> Vec<NodeIndex> {
        let mut nodes = Vec::new();
        self.collect_nodes(resource, which, &mut nodes);
        nodes
    }

    /// The resource that a constraint means by `id`: where the id is that of what is cloned, the
    /// clone. Of an instance without a history nobody knows that other id.
    pub(crate) fn named(&self, id: &str) -> Option<ResourceIndex> {
        let found = self.at.resource(id)?;
        if self.at.resources[found].id == id {
            return Some(found);
        }
        let names = self
            .history_names
            .get_or_init(|| self.at.history.iter().map(|history| history.name).collect());
        names.contains(id).then(|| self.at.top_of(found, false))
    }

    /// The one node that a resource goes to; `None` when there is none, or more than one.
    pub(crate) fn node_of(&self, resource: ResourceIndex) -> Option<NodeIndex> {
        if self.at.resources[resource].children.is_empty() {
            return self.drafts[resource].node;
        }
        self.only_node(resource, Which::Planned)
    }

    /// The one node, of those asked for.
    pub(crate) fn only_node(&self, resource: ResourceIndex, which: Which) -> Option<NodeIndex> {
        match self.nodes_of(resource, which).as_slice() {
            [node] => Some(*node),
            _ => None,
        }
    }

    fn collect_nodes(&self, resource: ResourceIndex, which: Which, nodes: &mut Vec<NodeIndex>) {
        let state = &self.at.resources[resource];
        let mut add = |node: NodeIndex| {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        };
        if state.children.is_empty() {
            match which {
                Which::Current => state.running_on.iter().copied().for_each(&mut add),
                Which::Planned => self.drafts[resource].node.into_iter().for_each(&mut add),
            }
            return;
        }
        for child in &state.children {
            self.collect_nodes(*child, which, nodes);
        }
    }

    /// The role that a resource is to have; of a collective one the highest inside of it.
    pub(crate) fn next_role_of(&self, resource: ResourceIndex) -> Option<Role> {
        let state = &self.at.resources[resource];
        if state.children.is_empty() {
            return state.next_role;
        }
        state.children.iter().filter_map(|child| self.next_role_of(*child)).max()
    }

    /// The role that a resource has; of a collective one the highest inside of it.
    pub(crate) fn role_now(&self, resource: ResourceIndex) -> Role {
        let state = &self.at.resources[resource];
        if state.children.is_empty() {
            return state.role;
        }
        state.children.iter().map(|child| self.role_now(*child)).max().unwrap_or(Role::Stopped)
    }

    /// Whether the resource, or something inside of it, is blocked.
    pub(crate) fn is_blocked_within(&self, resource: ResourceIndex) -> bool {
        let state = &self.at.resources[resource];
        state.is_blocked || state.children.iter().any(|child| self.is_blocked_within(*child))
    }

    /// Whether the resource, or something inside of it, has failed.
    pub(crate) fn has_failed_within(&self, resource: ResourceIndex) -> bool {
        let state = &self.at.resources[resource];
        state.has_failed || state.children.iter().any(|child| self.has_failed_within(*child))
    }

    /// Whether the resource, or something inside of it, is or may be active.
    pub(crate) fn is_active_within(&self, resource: ResourceIndex) -> bool {
        let state = &self.at.resources[resource];
        !state.running_on.is_empty()
            || state.children.iter().any(|child| self.is_active_within(*child))
    }

    /// Whether instances of the clone around the resource have names of their own; what is in no
    /// clone is its own only instance.
    pub(crate) fn is_unique(&self, resource: ResourceIndex) -> bool {
        let top = self.at.top_of(resource, false);
        match self.at.resources[top].clone_settings() {
            Some(settings) => settings.is_unique,
            None => true,
        }
    }

    /// The bundle around a container, and the place of the container's replica in it.
    pub(crate) fn replica_of(&self, container: ResourceIndex) -> Option<(ResourceIndex, usize)> {
        let bundle = self.at.resources[container].parent?;
        let layout = self.at.resources[bundle].bundle()?;
        let at = layout.replicas.iter().position(|replica| replica.container == container)?;
        Some((bundle, at))
    }

    /// Whose role counts when a colocation asks for one: a container stands for what is in it.
    pub(crate) fn role_bearer(&self, resource: ResourceIndex) -> ResourceIndex {
        self.contained(resource).unwrap_or(resource)
    }

    /// What runs inside of a bundle's container.
    pub(crate) fn contained(&self, container: ResourceIndex) -> Option<ResourceIndex> {
        let (bundle, at) = self.replica_of(container)?;
        self.at.resources[bundle].bundle()?.replicas[at].child
    }

    /// Whether the members of a group go to one node, as they do unless somebody asked for the
    /// outdated contrary.
    pub(crate) fn keeps_together(&self, group: ResourceIndex) -> bool {
        let meta = &self.at.resources[group].meta;
        meta.get("collocated").and_then(|value| cluster::value::boolean(value)).unwrap_or(true)
    }

    /// Whether the resource is inside of a bundle's container.
    pub(crate) fn is_inside_container(&self, resource: ResourceIndex) -> bool {
        let top = self.at.top_of(resource, false);
        let parent = self.at.resources[top].parent;
        let layout = parent.and_then(|parent| self.at.resources[parent].bundle());
        layout.is_some_and(|layout| layout.child == Some(top))
    }

    /// Whether the node is one of a bundle's containers.
    pub(crate) fn is_bundle_node(&self, node: NodeIndex) -> bool {
        let connection = self.at.nodes[node].connection;
        connection.is_some_and(|connection| self.at.allows_remote(connection))
    }

    /// The container or virtual machine that a guest node is.
    pub(crate) fn guest_of(&self, node: NodeIndex) -> Option<ResourceIndex> {
        let node = &self.at.nodes[node];
        if !node.is_guest() {
            return None;
        }
        self.at.resources[node.connection?].container
    }
}

/// Kinds in the order in which colocations with them are heeded, last first.
pub(super) const fn weight_of(kind: &Kind) -> u8 {
    match kind {
        Kind::Primitive => 1,
        Kind::Group => 2,
        Kind::Clone(_) => 3,
        Kind::Bundle(_) => 4,
    }
}
