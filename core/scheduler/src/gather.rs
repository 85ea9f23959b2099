//! What the configuration and the status mean, typed and indexed.

use crate::index::{NodeIndex, ResourceIndex};
use crate::model::Situation;
use crate::plan::Facts;

/// Reads all that is known.
pub fn situation<'a>(facts: &Facts<'a>) -> Situation<'a> {
    let _ = facts;
    todo!()
}

impl Situation<'_> {
    /// Stands in for where a resource counts as being.
    pub fn current_node(&self, _resource: ResourceIndex) -> Option<NodeIndex> {
        todo!()
    }
}
