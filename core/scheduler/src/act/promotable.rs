//! Promotable clones: some instances get a role above the others.

use super::clone::{enclose, is_ordered};
use super::instances::{completion, point};
use super::notify;
use crate::index::ResourceIndex;
use crate::model::{Relation, Task, Work};

/// The points around promotions and demotions; those of instances are known.
pub(super) fn actions_of(work: &mut Work<'_>, clone: ResourceIndex) {
    let (mut is_promoting, mut is_demoting) = (false, false);
    for instance in &work.at.resources[clone].children {
        look_at(work, *instance, &mut is_promoting, &mut is_demoting);
    }
    let promote = point(work, clone, Task::Promote, !is_promoting, true);
    let promoted = completion(work, clone, Task::Promoted, !is_promoting);
    notify::announce_promotions(work, clone, promote, promoted);
    let demote = point(work, clone, Task::Demote, !is_demoting, true);
    let demoted = completion(work, clone, Task::Demoted, !is_demoting);
    notify::announce_demotions(work, clone, demote, demoted);
}

fn look_at(
    work: &Work<'_>,
    instance: ResourceIndex,
    is_promoting: &mut bool,
    is_demoting: &mut bool,
) {
    for child in &work.at.resources[instance].children {
        look_at(work, *child, is_promoting, is_demoting);
    }
    if !work.at.resources[instance].children.is_empty() {
        return;
    }
    for action in work.actions.of(instance) {
        let action = &work.actions[*action];
        match action.operation.task {
            Task::Promote => *is_promoting |= !action.flags.is_optional,
            Task::Demote => *is_demoting |= !action.flags.is_optional,
            _ => {}
        }
    }
}

/// Orders around promotion within a promotable clone.
pub(super) fn imply_orders_of(work: &mut Work<'_>, clone: ResourceIndex) {
    order_phases(work, clone);
    let instances = work.at.resources[clone].children.clone();
    for instance in &instances {
        let again = ((*instance, Task::Demote), (*instance, Task::Promote));
        work.order_operations(again.0, again.1, Relation::ORDERED);
        enclose(work, clone, *instance, (Task::Demote, Task::Demoted));
        for (first, then) in [
            ((clone, Task::Promote), (*instance, Task::Promote)),
            ((*instance, Task::Promote), (clone, Task::Promoted)),
        ] {
            work.order_operations(first, then, Relation::ORDERED);
        }
    }
    if is_ordered(work, clone) {
        for pair in instances.windows(2) {
            let up = ((pair[0], Task::Promote), (pair[1], Task::Promote));
            work.order_operations(up.0, up.1, Relation::ORDERED);
            let down = ((pair[1], Task::Demote), (pair[0], Task::Demote));
            work.order_operations(down.0, down.1, Relation::ORDERED);
        }
    }
}

/// All are demoted before any is stopped, stopped before any is started, started before any is
/// promoted.
pub(super) fn order_phases(work: &mut Work<'_>, resource: ResourceIndex) {
    const PHASES: [(Task, Task); 7] = [
        (Task::Stopped, Task::Start),
        (Task::Stopped, Task::Promote),
        (Task::Demoted, Task::Start),
        (Task::Running, Task::Promote),
        (Task::Demoted, Task::Stop),
        (Task::Demote, Task::Demoted),
        (Task::Demoted, Task::Promote),
    ];
    for (first, then) in PHASES {
        work.order_operations((resource, first), (resource, then), Relation::ORDERED);
    }
}
