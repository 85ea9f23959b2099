//! Clones: instances, the points around them, and where they are looked for.

use super::collective::probe_all;
use super::instances::sum_up;
use super::{notify, probes, promotable};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Relation, Task, Work};
use cluster::Discovery;

/// What instances need, and the clone's own points.
pub(super) fn actions_of(work: &mut Work<'_>, clone: ResourceIndex) {
    let instances = work.at.resources[clone].children.clone();
    for instance in &instances {
        super::actions_of(work, *instance);
    }
    let points = sum_up(work, clone, &instances);
    notify::announce_starts_and_stops(work, clone, points);
    if work.at.resources[clone].is_promotable() {
        promotable::actions_of(work, clone);
    }
}

/// Orders within a clone.
pub(super) fn imply_orders_of(work: &mut Work<'_>, clone: ResourceIndex) {
    let must = Relation::FIRST_MUST_BE_RUNNABLE;
    work.order_operations((clone, Task::Stopped), (clone, Task::Start), Relation::ORDERED);
    work.order_operations((clone, Task::Start), (clone, Task::Running), must);
    work.order_operations((clone, Task::Stop), (clone, Task::Stopped), must);
    let is_promotable = work.at.resources[clone].is_promotable();
    if is_promotable {
        work.order_operations((clone, Task::Demoted), (clone, Task::Stop), Relation::ORDERED);
        work.order_operations((clone, Task::Running), (clone, Task::Promote), must);
    }
    let is_ordered = is_ordered(work, clone);
    let instances = work.at.resources[clone].children.clone();
    for (position, instance) in instances.iter().enumerate() {
        super::imply_orders_of(work, *instance);
        enclose(work, clone, *instance, (Task::Start, Task::Running));
        enclose(work, clone, *instance, (Task::Stop, Task::Stopped));
        if !is_ordered {
            continue;
        }
        // Any of them may have nothing to do, so each is ordered against all later ones.
        for later in &instances[position + 1..] {
            let up = ((*instance, Task::Start), (*later, Task::Start));
            work.order_operations(up.0, up.1, Relation::ORDERED);
            let down = ((*later, Task::Stop), (*instance, Task::Stop));
            work.order_operations(down.0, down.1, Relation::ORDERED);
        }
    }
    if is_promotable {
        promotable::imply_orders_of(work, clone);
    }
}

/// Whether instances wait for each other.
pub(super) fn is_ordered(work: &Work<'_>, clone: ResourceIndex) -> bool {
    work.at.resources[clone].clone_settings().is_some_and(|settings| settings.is_ordered)
}

/// The whole begins, the part does it, the whole is done.
pub(super) fn enclose(
    work: &mut Work<'_>,
    whole: ResourceIndex,
    part: ResourceIndex,
    (task, done): (Task, Task),
) {
    work.order_operations((whole, task), (part, task), Relation::THEN_SHOWS_FIRST);
    work.order_operations((part, task), (whole, done), Relation::FIRST_SHOWS_THEN);
}

/// Looks for a clone on a node: for each instance when they differ, else for one of them.
pub(super) fn probe(work: &mut Work<'_>, clone: ResourceIndex, node: NodeIndex) -> bool {
    let resource = &mut work.at.resources[clone];
    if resource.has_exclusive_discovery {
        let cell = resource.weights.cell(node);
        if cell.is_none_or(|cell| cell.discovery != Discovery::Exclusive) {
            // It can never be there, so that notifications do not list the node either.
            resource.weights.remove(node);
            return false;
        }
    }
    if resource.clone_settings().is_some_and(|settings| settings.is_unique) {
        let instances = resource.children.clone();
        return probe_all(work, &instances, node);
    }
    match representative(work, clone, node) {
        Some(instance) => probes::probe(work, instance, node),
        None => false,
    }
}

/// The anonymous instance that is looked for on a node: the one that is known there, so that the
/// node is not asked again for another one, else the one that goes there, else the first.
fn representative(work: &Work<'_>, clone: ResourceIndex, node: NodeIndex) -> Option<ResourceIndex> {
    let instances = &work.at.resources[clone].children;
    let mut candidates = instances.iter().copied();
    candidates
        .clone()
        .find(|instance| is_known_on(work, *instance, node))
        .or_else(|| candidates.find(|instance| work.node_of(*instance) == Some(node)))
        .or_else(|| instances.first().copied())
}

/// Whether anything of an instance is known on a node.
fn is_known_on(work: &Work<'_>, instance: ResourceIndex, node: NodeIndex) -> bool {
    let state = &work.at.resources[instance];
    state.known_on.contains(node)
        || state.children.iter().any(|child| is_known_on(work, *child, node))
}
