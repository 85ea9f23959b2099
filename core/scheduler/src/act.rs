//! Compares where things are with where they belong, and thinks of what is to be done.
//!
//! Before placement: orders that people wrote ([`orders`]), orders that hold by themselves, and
//! what changed parameters ask for ([`changes`]). After it: probes, what brings each resource from
//! where it is to where it belongs, fencing and shutdowns. All of it is thought of, needed or not;
//! which actions are needed is settled when their orders have spoken.

pub(crate) mod bundle;
mod changes;
mod clone;
pub(crate) mod collective;
mod create;
mod fencing;
mod group;
mod instances;
mod migration;
pub(crate) mod notify;
pub(crate) mod orders;
mod primitive;
pub(crate) mod probes;
mod promotable;
mod recurring;
mod remote;
mod roles;
mod settings;
mod stops;
mod unfencing;

use crate::index::ResourceIndex;
use crate::model::Work;

/// Takes over what the history asks for, and reads order constraints, sets unrolled.
pub(crate) fn read_orders(work: &mut Work<'_>) {
    changes::take_over(work);
    orders::read(work);
}

/// Orders that hold without anybody saying so: within resources, groups, clones, bundles.
pub(crate) fn imply_orders(work: &mut Work<'_>) {
    for resource in work.at.top.clone() {
        imply_orders_of(work, resource);
    }
}

/// What changed parameters and removed resources ask for.
pub(crate) fn heed_changes(work: &mut Work<'_>) {
    changes::heed(work);
}

/// Thinks of all actions: probes, what resources need to get where they belong, fencing,
/// shutdowns, and the orders among those.
pub(crate) fn act(work: &mut Work<'_>) {
    changes::forgive_removed(work);
    changes::check_deferred(work);
    probes::schedule(work);
    for resource in work.turn.clone() {
        actions_of(work, resource);
    }
    remote::order_connections(work);
    fencing::schedule(work);
}

/// Orders that hold within `resource` without anybody saying so.
pub(crate) fn imply_orders_of(work: &mut Work<'_>, resource: ResourceIndex) {
    if work.at.resources[resource].is_primitive() {
        primitive::imply_orders(work, resource);
    } else {
        collective::imply_orders_of(work, resource);
    }
}

/// What brings `resource` from where it is to where it belongs.
pub(crate) fn actions_of(work: &mut Work<'_>, resource: ResourceIndex) {
    if work.at.resources[resource].is_primitive() {
        roles::actions(work, resource);
    } else {
        collective::actions_of(work, resource);
    }
}
