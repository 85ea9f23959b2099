//! The status as a whole: in which order what is read.

use super::Reader;
use crate::index::NodeIndex;
use crate::model::{Demand, Finding, NodeKind, Task};
use cluster::value::boolean;
use cluster::{NodeStatus, Role};

impl<'a> Reader<'a> {
    /// Reads the state of all nodes and what resources did on them.
    pub(super) fn status(&mut self) {
        for (id, status) in self.at.facts.status.nodes_in_order() {
            let Some(node) = self.node_of_state(id, &status.name) else { continue };
            self.at.nodes[node].status = Some(status);
            if self.at.nodes[node].is_remote() {
                // More can not be said before it is known where its connection is.
                self.at.nodes[node].was_remote_fenced |= status.is_fenced;
            } else {
                self.member(node, status);
            }
        }
        // What a node did may tell of the connection to another one.
        while self.histories(false) {}
        self.histories(self.at.options.is_fencing_enabled);
        self.stop_doomed();
        self.settle_remote();
    }

    /// Reads the histories of those nodes of which enough is known by now; of `all`, when no more
    /// can become known. Says whether any was read.
    fn histories(&mut self, all: bool) -> bool {
        let mut has_read = false;
        for (id, status) in self.at.facts.status.nodes_in_order() {
            // What is no longer configured may turn out to lead to a node.
            let Some(node) = self.node_of_state(id, &status.name) else { continue };
            let is_due = !self.at.nodes[node].is_unpacked && (all || self.is_readable(node));
            if !is_due || status.name.is_empty() {
                continue;
            }
            self.at.nodes[node].status = Some(status);
            if self.at.nodes[node].is_remote() {
                self.settle_presence(node);
                self.remote_attributes(node, status);
            }
            self.node_history(node, status);
            self.at.nodes[node].is_unpacked = true;
            has_read = true;
        }
        has_read
    }

    /// Whether enough is known of a node for its history to be read.
    fn is_readable(&self, node: NodeIndex) -> bool {
        let state = &self.at.nodes[node];
        let options = &self.at.options;
        let is_started = |resource| self.at.resources[resource].role == Role::Started;
        let connection = state.connection;
        match state.kind {
            NodeKind::Guest => connection.is_some_and(|connection| {
                let container = self.at.resources[connection].container;
                is_started(connection) && container.is_some_and(is_started)
            }),
            NodeKind::Remote => connection
                .is_some_and(|connection| options.locks_on_shutdown || is_started(connection)),
            // Without fencing, those who are there get their instances' numbers first.
            NodeKind::Member => {
                options.is_fencing_enabled || options.locks_on_shutdown || state.is_online
            }
        }
    }

    /// What a guest or remote node's own attributes ask for.
    fn remote_attributes(&mut self, node: NodeIndex, status: &'a NodeStatus) {
        if !self.at.nodes[node].needs_remote_reset {
            self.at.nodes[node].is_unclean = false;
            self.at.nodes[node].is_unseen = false;
        }
        self.transient_attributes(node, &status.attributes, &status.utilization);
        let wants_down = self.at.is_shutdown_requested(node);
        let connection = self.at.nodes[node].connection;
        let is_unmanaged =
            connection.is_some_and(|connection| !self.at.resources[connection].is_managed);
        let is_fencing_enabled = self.at.options.is_fencing_enabled;
        let state = &mut self.at.nodes[node];
        state.is_shutting_down |= wants_down;
        state.is_in_maintenance |= is_unmanaged;
        let discovery = state.attributes.get("resource-discovery-enabled");
        let is_off = discovery.is_some_and(|text| boolean(text) != Some(true));
        // A remote node that is not searched has to be fenced to be sure of it.
        if is_off && (state.is_guest() || is_fencing_enabled) {
            state.allows_discovery = false;
        }
    }

    /// Whether a guest or remote node is there, as far as its connection tells.
    fn settle_presence(&mut self, node: NodeIndex) {
        let Some(connection) = self.at.nodes[node].connection else {
            self.at.nodes[node].is_online = false;
            return;
        };
        let resource = &self.at.resources[connection];
        let container = resource.container.map(|container| &self.at.resources[container]);
        let host = match resource.running_on[..] {
            [host] if container.is_some() => Some(&self.at.nodes[host]),
            _ => None,
        };
        let is_started = resource.role == Role::Started;
        let is_leaving = is_started && resource.next_role == Some(Role::Stopped);
        let has_failed = resource.has_failed;
        let is_stopped = resource.role == Role::Stopped
            || container.is_some_and(|container| container.role == Role::Stopped);
        let container_failed = container.is_some_and(|container| container.has_failed);
        let host_is_lost = host.is_some_and(|host| !host.is_online && host.is_unclean);
        let state = &mut self.at.nodes[node];
        state.is_online |= is_started;
        state.is_shutting_down |= is_leaving;
        if container_failed {
            state.is_online = false;
            state.needs_remote_reset = true;
        } else if has_failed {
            state.is_online = false;
        } else if is_stopped {
            state.is_online = false;
            state.needs_remote_reset = false;
        } else if host_is_lost {
            state.is_online = false;
            state.needs_remote_reset = true;
        }
    }

    /// Containers whose connection has failed are stopped where they are.
    fn stop_doomed(&mut self) {
        for container in std::mem::take(&mut self.doomed) {
            if let Some(node) = self.at.current_node(container) {
                self.demand(Demand { resource: container, node, task: Task::Stop });
            }
        }
    }

    /// Nodes that leave take their connection with them; those without any history are there or
    /// not as their connection is.
    fn settle_remote(&mut self) {
        for node in self.at.nodes.keys() {
            if !self.at.nodes[node].is_remote() {
                continue;
            }
            if let Some(connection) = self.at.nodes[node].connection
                && self.at.nodes[node].is_shutting_down
            {
                self.at.resources[connection].next_role = Some(Role::Stopped);
            }
            if !self.at.nodes[node].is_unpacked {
                self.settle_presence(node);
            }
        }
    }

    /// Notes that something has to be done in any case.
    pub(super) fn demand(&mut self, demand: Demand) {
        self.at.findings.add(Finding::Demand(demand));
    }
}
