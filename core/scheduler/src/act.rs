//! Compares where things are with where they belong, and thinks of what is to be done.

pub(crate) mod bundle;
mod clone;
pub(crate) mod collective;
mod group;
mod instances;
pub(crate) mod notify;
pub(crate) mod orders;
mod probes;
mod promotable;

use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{Operation, Work};

/// Reads order constraints, sets unrolled.
pub(crate) fn read_orders(work: &mut Work<'_>) {
    orders::read(work);
}

/// Orders that hold without anybody saying so: within resources, groups, clones, bundles.
pub(crate) fn imply_orders(work: &mut Work<'_>) {
    let _ = work;
}

/// What changed parameters and removed resources ask for.
pub(crate) fn heed_changes(work: &mut Work<'_>) {
    let _ = work;
}

/// Thinks of all actions: probes, what resources need to get where they belong, fencing,
/// shutdowns, and the orders among those.
pub(crate) fn act(work: &mut Work<'_>) {
    let _ = work;
}

/// Stands in for what comes with the actions of primitives.
pub(crate) fn imply_orders_of(work: &mut Work<'_>, resource: ResourceIndex) {
    collective::imply_orders_of(work, resource);
}

/// Stands in for what comes with the actions of primitives.
pub(crate) fn actions_of(work: &mut Work<'_>, resource: ResourceIndex) {
    collective::actions_of(work, resource);
}

impl Work<'_> {
    /// Stands in for the action factory.
    pub(crate) fn act(
        &mut self,
        _resource: ResourceIndex,
        _operation: Operation,
        _node: Option<NodeIndex>,
        _is_optional: bool,
    ) -> ActionIndex {
        todo!()
    }

    /// Stands in for the action factory.
    pub(crate) fn pseudo(&mut self, _name: impl Into<String>) -> ActionIndex {
        todo!()
    }
}
