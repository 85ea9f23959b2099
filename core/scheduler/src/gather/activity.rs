//! Where resources of any kind are, and what they are doing there.

use super::birth::needs_fencing;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Kind, Replica, Situation};
use cluster::Role;

impl Situation<'_> {
    /// Whether a resource is active somewhere; of what consists of several, `all` of it or
    /// anything.
    pub fn is_active(&self, resource: ResourceIndex, all: bool) -> bool {
        let state = &self.resources[resource];
        match &state.kind {
            Kind::Primitive => self.is_primitive_active(resource),
            Kind::Group => {
                let active = state.children.iter().filter(|child| self.is_active(**child, all));
                let active = active.count();
                active > 0 && (!all || active == state.children.len())
            }
            Kind::Clone(_) => {
                let mut children = state.children.iter();
                if all {
                    children.all(|child| self.is_active(*child, true))
                } else {
                    children.any(|child| self.is_active(*child, false))
                }
            }
            Kind::Bundle(layout) => {
                let mut parts = layout.replicas.iter().flat_map(parts);
                if all {
                    parts.all(|part| self.is_active(part, true))
                } else {
                    parts.any(|part| self.is_active(part, false))
                }
            }
        }
    }

    fn is_primitive_active(&self, resource: ResourceIndex) -> bool {
        let state = &self.resources[resource];
        state.running_on.iter().any(|node| {
            let node = &self.nodes[*node];
            node.is_unclean || node.is_online || !state.is_managed
        })
    }

    /// The node on which a resource counts as being: where a migration began, else the first
    /// usable one if it does not have to wait for fencing, else the first.
    pub fn current_node(&self, resource: ResourceIndex) -> Option<NodeIndex> {
        let state = &self.resources[resource];
        let mut active = None;
        for node in self.nodes_in_use(resource) {
            let is_happy =
                |node: NodeIndex| self.nodes[node].is_online && !self.nodes[node].is_unclean;
            if let Some((source, _)) = state.partial_migration {
                if node == source {
                    return Some(node);
                }
            } else if !needs_fencing(&state.settings) {
                if is_happy(node) {
                    return Some(node);
                }
            } else {
                return active.or(Some(node));
            }
            active = active.or(Some(node));
        }
        active
    }

    /// The nodes that a resource is on; a bundle is where its containers are.
    fn nodes_in_use(&self, resource: ResourceIndex) -> Vec<NodeIndex> {
        let state = &self.resources[resource];
        let Some(layout) = state.bundle() else { return state.running_on.clone() };
        let containers = layout.replicas.iter().map(|replica| replica.container);
        let mut nodes = Vec::new();
        for node in containers.flat_map(|it| self.resources[it].running_on.iter().copied()) {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        nodes
    }

    /// How many nodes a resource is on that count as far as it has to wait for fencing.
    pub fn active_nodes(&self, resource: ResourceIndex) -> usize {
        let counts_all = needs_fencing(&self.resources[resource].settings);
        let is_counted = |node: &NodeIndex| {
            counts_all || (self.nodes[*node].is_online && !self.nodes[*node].is_unclean)
        };
        self.nodes_in_use(resource).iter().filter(|node| is_counted(node)).count()
    }

    /// The role of a resource: now, or the one it is to have. What consists of several has the
    /// highest of their roles; a bundle has none of its own.
    pub fn role_of(&self, resource: ResourceIndex, current: bool) -> Role {
        let state = &self.resources[resource];
        match &state.kind {
            Kind::Primitive if current => state.role,
            Kind::Primitive => state.next_role.unwrap_or(Role::Stopped),
            Kind::Group | Kind::Clone(_) => {
                let roles = state.children.iter().map(|child| self.role_of(*child, current));
                roles.max().unwrap_or(Role::Stopped)
            }
            Kind::Bundle(_) => Role::Stopped,
        }
    }
}

fn parts(replica: &Replica) -> impl Iterator<Item = ResourceIndex> + use<> {
    let parts = [replica.address, replica.child, Some(replica.container), replica.connection];
    parts.into_iter().flatten()
}
