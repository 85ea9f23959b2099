//! Stands in for probes of primitives.

use super::collective;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::Work;

pub(crate) fn probe(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex) -> bool {
    collective::probe(work, resource, node)
}
