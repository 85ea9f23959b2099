//! Resources that are no longer configured, but that the status knows.

use super::Reader;
use super::birth::Birth;
use super::remote::is_connection;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Kind, NodeKind, Source};
use cluster::{ResourceHistory, Score};

impl<'a> Reader<'a> {
    /// Adds what is no longer configured: it may run where it was found until it is stopped, and
    /// nowhere else.
    pub(super) fn removed(&mut self, name: &str, records: &ResourceHistory) -> ResourceIndex {
        let resource = self.bear(Birth {
            id: name.to_owned(),
            number: None,
            parent: None,
            kind: Kind::Primitive,
            agent: records.agent.clone(),
            definition: None,
            meta: &[],
            parameters: &[],
            container: records.container.clone(),
        });
        self.at.top.push(resource);
        self.at.resources[resource].is_removed = true;
        self.at.resources[resource].is_removed_launched = records.container.is_some();
        if is_connection(&records.agent) {
            let node =
                self.at.node(name).unwrap_or_else(|| self.add_node(name, name, NodeKind::Remote));
            self.join_connection(resource);
            self.at.nodes[node].is_shutting_down = true;
        }
        if self.at.options.stops_removed {
            self.ban_everywhere(resource, "removed from the configuration");
        } else {
            self.at.resources[resource].is_managed = false;
        }
        resource
    }

    /// Adds what is no longer configured to what the container launched that it was found in.
    pub(super) fn find_container(&mut self, resource: ResourceIndex, records: &ResourceHistory) {
        let container = records.container.as_deref().and_then(|name| self.at.resource(name));
        if let Some(container) = container.filter(|container| *container != resource)
            && self.at.resources[resource].container.is_none()
        {
            self.at.resources[resource].container = Some(container);
            self.at.resources[container].launched.push(resource);
            if let Some(node) = self.at.resources[resource].remote_node {
                self.at.nodes[node].kind = NodeKind::Guest;
            }
        }
    }

    /// No node that is known by now may run it.
    pub(super) fn ban_everywhere(&mut self, resource: ResourceIndex, why: &str) {
        for node in self.at.nodes.keys() {
            self.ban(resource, node, why);
        }
    }

    /// That node may not run it, nor what is inside of it.
    pub(super) fn ban(&mut self, resource: ResourceIndex, node: NodeIndex, why: &str) {
        for child in self.at.resources[resource].children.clone() {
            self.ban(child, node, why);
        }
        self.speak(resource, node, Score::MINUS_INFINITY, why);
    }

    /// Adds to a resource's score on a node.
    pub(super) fn speak(
        &mut self,
        resource: ResourceIndex,
        node: NodeIndex,
        score: Score,
        why: &str,
    ) {
        let cell = self.cells[node];
        let weights = &mut self.at.resources[resource].weights;
        if weights.cell(node).is_none() {
            weights.insert(node, cell);
        }
        weights.add(node, score, Source::Because(why.into()));
    }
}
