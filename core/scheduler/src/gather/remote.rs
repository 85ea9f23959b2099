//! Nodes that are reached through a connection: servers without a vote, and virtual machines that
//! a resource of the cluster runs.

use super::Reader;
use crate::index::ResourceIndex;
use crate::model::NodeKind;
use cluster::{Agent, AttributeSet, Nvpair, OperationSettings, Primitive, Resource, Written};

/// The port of the executor on a remote node.
pub(super) const REMOTE_PORT: &str = "3121";

/// How long it may take to connect to a guest, when nobody says: it has to boot first.
const GUEST_TIMEOUT: &str = "60s";

/// How a connection is made that nobody configured as a resource.
pub(super) struct Connection<'a> {
    /// Its id, which is the node's name.
    pub(super) id: String,
    /// What the node runs inside of.
    pub(super) container: String,
    pub(super) is_managed: Option<&'a str>,
    pub(super) can_migrate: Option<&'a str>,
    pub(super) start_timeout: Option<&'a str>,
    pub(super) address: Option<&'a str>,
    pub(super) port: Option<&'a str>,
}

impl<'a> Reader<'a> {
    /// Makes the nodes of all connections known before any resource is read, so that resources
    /// find them in their tables.
    pub(super) fn connections(&mut self) {
        for resource in &self.at.facts.configuration.resources {
            if let Resource::Primitive(primitive) = resource
                && is_connection(&primitive.agent)
            {
                self.remote_node(&primitive.id);
            } else {
                for connection in guests(resource) {
                    self.remote_node(&connection.id);
                }
            }
        }
    }

    fn remote_node(&mut self, name: &str) {
        if self.at.node(name).is_none() {
            self.add_node(name, name, NodeKind::Remote);
        }
    }

    /// Joins a connection and the node that it leads to.
    pub(super) fn join_connection(&mut self, connection: ResourceIndex) {
        let resource = &self.at.resources[connection];
        if !is_connection(&resource.agent) {
            return;
        }
        let is_guest = resource.container.is_some();
        let Some(node) = self.at.node(&resource.id) else { return };
        self.at.resources[connection].remote_node = Some(node);
        self.at.nodes[node].connection = Some(connection);
        if is_guest {
            self.at.nodes[node].kind = NodeKind::Guest;
            self.set_kind(node, "container");
        } else {
            self.distrust_unseen(node);
        }
    }

    /// What rules learn of a node's kind.
    pub(super) fn set_kind(&mut self, node: crate::index::NodeIndex, kind: &str) {
        self.at.nodes[node].attributes.insert("#kind".to_owned(), kind.to_owned());
    }
}

/// Whether an agent makes connections to remote nodes.
pub(super) fn is_connection(agent: &Agent) -> bool {
    agent.class == "ocf" && agent.provider.as_deref() == Some("pacemaker") && agent.kind == "remote"
}

/// The connections into virtual machines that `resource` or members of it are.
pub(super) fn guests(resource: &Resource) -> Vec<Connection<'_>> {
    match resource {
        Resource::Primitive(primitive) => guest(primitive).into_iter().collect(),
        Resource::Group(group) => group.members.iter().filter_map(guest).collect(),
        Resource::Clone(_) | Resource::Bundle(_) | Resource::Template(_) => Vec::new(),
    }
}

fn guest(primitive: &Primitive) -> Option<Connection<'_>> {
    let value = |name: &str| {
        let pairs = primitive.meta.iter().flat_map(|set| &set.pairs);
        pairs.filter(|pair| pair.name == name).filter_map(|pair| pair.value.as_deref()).next_back()
    };
    Some(Connection {
        id: value("remote-node").filter(|name| !name.is_empty())?.to_owned(),
        container: primitive.id.clone(),
        is_managed: value("is-managed"),
        can_migrate: value("remote-allow-migrate"),
        start_timeout: value("remote-connect-timeout").or(Some(GUEST_TIMEOUT)),
        address: value("remote-addr"),
        port: value("remote-port"),
    })
}

impl Connection<'_> {
    /// The resource that stands for it.
    pub(super) fn primitive(&self) -> Primitive {
        let meta = [
            ("internal_rsc", Some("true")),
            ("container", Some(self.container.as_str())),
            ("allow-migrate", self.can_migrate),
            ("is-managed", self.is_managed),
        ];
        let parameters = [("addr", self.address), ("port", self.port)];
        let has_parameters = parameters.iter().any(|(_, value)| value.is_some());
        let mut operations = vec![operation(&self.id, "monitor", "30s", Some("30s"))];
        if let Some(timeout) = self.start_timeout {
            operations.push(operation(&self.id, "start", "0", Some(timeout)));
        }
        Primitive {
            id: self.id.clone(),
            agent: Agent {
                class: "ocf".to_owned(),
                provider: Some("pacemaker".to_owned()),
                kind: "remote".to_owned(),
            },
            meta: vec![block(format!("{}-meta_attributes", self.id), &meta)],
            parameters: if has_parameters {
                vec![block(format!("{}-instance_attributes", self.id), &parameters)]
            } else {
                Vec::new()
            },
            operations,
            ..Primitive::default()
        }
    }
}

/// A block of those values that are given.
pub(super) fn block(id: String, values: &[(&str, Option<&str>)]) -> AttributeSet {
    let pairs = values.iter().filter_map(|(name, value)| {
        let value = Some((*value)?.to_owned());
        Some(Nvpair {
            id: format!("{id}-{name}"),
            name: (*name).to_owned(),
            value,
            ..Nvpair::default()
        })
    });
    let pairs = pairs.collect();
    AttributeSet { id, pairs, ..AttributeSet::default() }
}

/// An operation as it would be configured.
pub(super) fn operation(
    resource: &str,
    name: &str,
    interval: &str,
    timeout: Option<&str>,
) -> OperationSettings {
    let written = Written::duration(interval);
    let interval_or_none = written
        .unwrap_or_else(|| Written { value: std::time::Duration::ZERO, text: interval.to_owned() });
    let id = format!("{resource}-{name}-{interval}");
    let mut operation = OperationSettings::new(id, name, interval_or_none);
    operation.timeout = timeout.and_then(Written::duration);
    operation
}
