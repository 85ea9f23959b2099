//! Clones: instances, the points around them, and where they are looked for.

use super::collective::probe_all;
use super::instances::sum_up;
use super::orders::order_tasks;
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
    order_tasks(work, (clone, Task::Stopped), (clone, Task::Start), Relation::ORDERED);
    order_tasks(work, (clone, Task::Start), (clone, Task::Running), must);
    order_tasks(work, (clone, Task::Stop), (clone, Task::Stopped), must);
    let is_promotable = work.at.resources[clone].is_promotable();
    if is_promotable {
        order_tasks(work, (clone, Task::Demoted), (clone, Task::Stop), Relation::ORDERED);
        order_tasks(work, (clone, Task::Running), (clone, Task::Promote), must);
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
            order_tasks(work, up.0, up.1, Relation::ORDERED);
            let down = ((*later, Task::Stop), (*instance, Task::Stop));
            order_tasks(work, down.0, down.1, Relation::ORDERED);
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
    order_tasks(work, (whole, task), (part, task), Relation::THEN_SHOWS_FIRST);
    order_tasks(work, (part, task), (whole, done), Relation::FIRST_SHOWS_THEN);
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

/// The anonymous instance that is looked for on a node: the one that is there, else the one that
/// goes there, else the first.
fn representative(work: &Work<'_>, clone: ResourceIndex, node: NodeIndex) -> Option<ResourceIndex> {
    let running = work.at.nodes[node].running.iter();
    let is_there = running.filter_map(|resource| instance_of(work, clone, *resource)).min();
    let instances = &work.at.resources[clone].children;
    is_there
        .or_else(|| instances.iter().copied().find(|it| work.node_of(*it) == Some(node)))
        .or_else(|| instances.first().copied())
}

/// The instance of `clone` that `resource` is, or is inside of.
fn instance_of(
    work: &Work<'_>,
    clone: ResourceIndex,
    resource: ResourceIndex,
) -> Option<ResourceIndex> {
    let mut at = resource;
    loop {
        let parent = work.at.resources[at].parent?;
        if parent == clone {
            return Some(at);
        }
        at = parent;
    }
}
