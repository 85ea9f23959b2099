//! Groups, clones and bundles: what they do, and in which order their parts do it.
//!
//! A collective resource runs nothing itself. It has points (`start`, `running`, `stop`,
//! `stopped`, ...) that stand for all its parts, so that others can be ordered against the whole.

use super::{bundle, clone, group, probes};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Kind, Work};

/// Orders that hold within `resource` without anybody saying so.
pub(crate) fn imply_orders_of(work: &mut Work<'_>, resource: ResourceIndex) {
    match work.at.resources[resource].kind {
        Kind::Primitive => {}
        Kind::Group => group::imply_orders_of(work, resource),
        Kind::Clone(_) => clone::imply_orders_of(work, resource),
        Kind::Bundle(_) => bundle::imply_orders_of(work, resource),
    }
}

/// What has to be done so that `resource` becomes what it should be.
pub(crate) fn actions_of(work: &mut Work<'_>, resource: ResourceIndex) {
    match work.at.resources[resource].kind {
        Kind::Primitive => {}
        Kind::Group => group::actions_of(work, resource),
        Kind::Clone(_) => clone::actions_of(work, resource),
        Kind::Bundle(_) => bundle::actions_of(work, resource),
    }
}

/// Looks for `resource` on `node`; says whether there is anything to look for.
pub(crate) fn probe(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex) -> bool {
    match work.at.resources[resource].kind {
        Kind::Primitive => false,
        Kind::Group => {
            let members = work.at.resources[resource].children.clone();
            probe_all(work, &members, node)
        }
        Kind::Clone(_) => clone::probe(work, resource, node),
        Kind::Bundle(_) => bundle::probe(work, resource, node),
    }
}

/// Looks for all of `resources`.
pub(super) fn probe_all(work: &mut Work<'_>, resources: &[ResourceIndex], node: NodeIndex) -> bool {
    let mut any = false;
    for resource in resources {
        any |= probes::probe(work, *resource, node);
    }
    any
}
