//! Nodes that have to be fenced, and whether they can be.

use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{NodeKind, QuorumPolicy, Situation};

impl Situation<'_> {
    /// Marks a node as one that has to be fenced.
    ///
    /// A guest node is fenced by recovering what it runs inside of; the connection to a remote
    /// node that is no longer configured is only cleaned up.
    pub fn fence(&mut self, node: NodeIndex, reason: &str, with_priority_delay: bool) {
        let connection = self.nodes[node].connection;
        match self.nodes[node].kind {
            NodeKind::Guest => self.recover_container(node),
            NodeKind::Remote => match connection {
                Some(connection) if self.resources[connection].is_removed => {
                    self.mark_failed(connection);
                }
                _ => {
                    let is_managed =
                        connection.is_none_or(|connection| self.resources[connection].is_managed);
                    let state = &mut self.nodes[node];
                    state.needs_remote_reset |= is_managed;
                    state.is_unclean = true;
                    state.fence_reason.get_or_insert_with(|| reason.to_owned());
                    self.to_fence.push(node);
                }
            },
            NodeKind::Member => {
                let state = &mut self.nodes[node];
                if !state.is_unclean {
                    state.is_unclean = true;
                    state.fence_reason.get_or_insert_with(|| reason.to_owned());
                    state.is_fencing_delayed |= with_priority_delay;
                    self.to_fence.push(node);
                }
            }
        }
    }

    /// The node is not marked as unclean: it may run resources again as soon as the recovery has
    /// succeeded.
    fn recover_container(&mut self, node: NodeIndex) {
        let connection = self.nodes[node].connection;
        let container = connection.and_then(|connection| self.resources[connection].container);
        if let Some(container) = container {
            let state = &self.resources[container];
            if state.is_managed && !state.has_failed {
                self.nodes[node].needs_remote_reset = true;
                self.mark_failed(container);
            }
        }
    }

    pub(crate) fn mark_failed(&mut self, resource: ResourceIndex) {
        let state = &mut self.resources[resource];
        state.has_failed = true;
        state.must_stop = true;
    }

    /// Whether a node can be fenced by us, now.
    pub fn can_fence(&self, node: NodeIndex) -> bool {
        if self.nodes[node].is_guest() {
            return self.can_recover_container(node);
        }
        let options = &self.options;
        let is_remote = self.nodes[node].kind == NodeKind::Remote;
        options.is_fencing_enabled
            && options.has_fencing_resource
            && (options.has_quorum
                || options.quorum_policy == QuorumPolicy::Ignore
                || (is_remote && options.fences_remote_without_quorum)
                || self.nodes[node].is_online)
    }

    /// What a guest node runs inside of can be stopped where it is, or what it is on be fenced.
    fn can_recover_container(&self, node: NodeIndex) -> bool {
        let connection = self.nodes[node].connection;
        let container = connection.and_then(|connection| self.resources[connection].container);
        let Some(container) = container else { return true };
        self.resources[container].running_on.iter().all(|host| {
            // A container cannot be on the very node that it is; odd input must not go in circles.
            self.nodes[*host].is_online || (!self.nodes[*host].is_guest() && self.can_fence(*host))
        })
    }
}
