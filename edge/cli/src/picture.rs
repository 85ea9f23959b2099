//! The cluster as one look at it shows it: configuration, status, and how a node sees the rest.

use crate::answer::Failure;
use crate::connection::Connection;
use api::NodeReport;
use base::WallTime;
use cib::Cib;
use cluster::NodeStatus;
use scheduler::{Facts, Situation};

/// One look at the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// Configuration and status.
    pub(crate) cib: Cib,
    /// How the node sees the cluster; none when the CIB comes from a file.
    pub(crate) node: Option<NodeReport>,
    /// When it was taken.
    pub(crate) taken: WallTime,
}

impl Picture {
    /// Looks at the cluster, or at the file in its place.
    pub(crate) fn take(connection: &Connection) -> Result<Self, Failure> {
        let cib = connection.cib()?;
        let node = if connection.file().is_some() { None } else { Some(connection.node()?) };
        Ok(Self { cib, node, taken: os::clock::wall() })
    }

    /// A picture of a CIB that belongs to no running cluster.
    pub(crate) fn of_file(cib: Cib) -> Self {
        Self { cib, node: None, taken: os::clock::wall() }
    }

    /// Whether the nodes have quorum: the node's own word, else what the CIB says.
    pub(crate) fn has_quorum(&self) -> bool {
        let view = self.node.as_ref().and_then(|node| node.view.as_ref());
        let written = self.cib.attribute("have-quorum").and_then(cluster::value::boolean);
        view.map(|view| view.quorate).or(written).unwrap_or(false)
    }

    /// The name of the node that decides.
    pub(crate) fn coordinator(&self) -> Option<String> {
        let view = self.node.as_ref().and_then(|node| node.view.as_ref());
        if let Some(view) = view {
            return Some(view.coordinator.clone()).filter(|name| !name.is_empty());
        }
        let id = self.cib.attribute("dc-uuid")?;
        let entry = self.cib.configuration.nodes.iter().find(|node| node.id == id)?;
        Some(entry.name.clone())
    }

    /// What it means.
    pub(crate) fn situation(&self) -> Situation<'_> {
        scheduler::situation(&self.facts())
    }

    /// What a plan for it depends on.
    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            configuration: &self.cib.configuration,
            status: &self.cib.status,
            in_flight: &[],
            has_quorum: self.has_quorum(),
            has_lost_quorum: false,
            is_masked: self.node.is_none(),
            coordinator: self.cib.attribute("dc-uuid"),
            now: self.taken,
        }
    }

    /// The status of the node of that name.
    pub(crate) fn status_of(&self, node: &str) -> Option<&NodeStatus> {
        self.cib.status.nodes.values().find(|status| status.name == node)
    }

    /// The nodes on which something of a resource is or may be active, each once, in the order
    /// of the nodes; none when there is no such resource.
    pub(crate) fn places_of(&self, resource: &str) -> Option<Vec<String>> {
        let situation = self.situation();
        let found = situation.resource(resource)?;
        let nodes = situation.active_on(found).into_iter();
        Some(nodes.map(|node| situation.nodes[node].name.clone()).collect())
    }
}
