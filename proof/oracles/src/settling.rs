//! What must come about when the faults have ended.

use base::NodeId;
use sim::World;

/// L5 is broken: the cluster is whole again, and does not settle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    /// A daemon does not run.
    #[error("L5: the daemon of n{0} does not run")]
    Down(NodeId),
    /// Not everybody is in the same view.
    #[error("L5: n{node} sees {seen:?}")]
    Apart {
        /// The node.
        node: NodeId,
        /// Whom it sees.
        seen: Vec<NodeId>,
    },
    /// A member does not have the cluster's state.
    #[error("L5: n{0} does not know the cluster's state")]
    Ignorant(NodeId),
    /// Two members of a view differ in their state (C3).
    #[error("C3: the states of n{0} and n{1} differ")]
    Different(NodeId, NodeId),
    /// A service does not run.
    #[error("L5: {0} runs nowhere")]
    NotRunning(String),
    /// Something is still going on.
    #[error("L5: {0} actions are still in flight")]
    Busy(usize),
}

/// L5: one view, one state, every service active once, nothing in flight.
///
/// # Errors
/// With the first thing that is not so.
pub fn settled(world: &World, nodes: u32, services: &[String]) -> Result<(), Unsettled> {
    let all: Vec<NodeId> = (1..=nodes).map(NodeId).collect();
    let first = world.daemon(NodeId(1)).ok_or(Unsettled::Down(NodeId(1)))?;
    for &node in &all {
        let daemon = world.daemon(node).ok_or(Unsettled::Down(node))?;
        let seen = daemon.group().view().map(group_nodes).unwrap_or_default();
        if seen != all {
            return Err(Unsettled::Apart { node, seen });
        }
        if !daemon.manager().is_joined() {
            return Err(Unsettled::Ignorant(node));
        }
        if daemon.manager().state() != first.manager().state() {
            return Err(Unsettled::Different(NodeId(1), node));
        }
    }
    for service in services {
        if world.truth().nodes_of(service).is_empty() {
            return Err(Unsettled::NotRunning(service.clone()));
        }
    }
    match first.manager().state().flights.len() {
        0 => Ok(()),
        flights => Err(Unsettled::Busy(flights)),
    }
}

fn group_nodes(view: &sim::View) -> Vec<NodeId> {
    view.nodes()
}
