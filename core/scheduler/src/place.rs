//! Gives every instance a node, or none.

use crate::index::{NodeIndex, ResourceIndex};
use crate::model::Work;

/// Reads location, colocation and ticket constraints, sets unrolled and rules evaluated.
pub(crate) fn read_constraints(work: &mut Work<'_>) {
    let _ = work;
}

/// What speaks for and against nodes before anything is placed: node health, location
/// constraints, stickiness, failures, exclusive discovery, tickets, shutdown locks.
pub(crate) fn weigh(work: &mut Work<'_>) {
    let _ = work;
}

/// Places all resources.
pub(crate) fn place(work: &mut Work<'_>) {
    let _ = work;
}

/// Stands in for placement.
pub(crate) fn assign_node(
    _work: &mut Work<'_>,
    _resource: ResourceIndex,
    _node: Option<NodeIndex>,
    _force: bool,
) -> bool {
    todo!()
}

impl Work<'_> {
    /// Stands in for placement.
    pub(crate) fn node_of(&self, _resource: ResourceIndex) -> Option<NodeIndex> {
        todo!()
    }
}
