//! Orders that cannot be kept and are left out.

use crate::graph::counts_as_input;
use crate::index::ActionIndex;
use crate::model::{Relation, Task, Work};
use std::collections::BTreeSet;

/// Drops orders that would make a graph wait for itself.
pub(super) fn drop_invalid(work: &mut Work<'_>) {
    let actions: Vec<ActionIndex> = work.actions.keys().rev().collect();
    for action in actions {
        for position in (0..work.actions[action].before.len()).rev() {
            if is_within_guest(work, action, position) || swaps_places(work, action, position) {
                work.actions[action].before[position].relation = Relation::NONE;
            }
        }
    }
}

/// People cannot order what runs inside of a guest before the resource that the guest is.
fn is_within_guest(work: &Work<'_>, action: ActionIndex, position: usize) -> bool {
    let link = work.actions[action].before[position];
    let input = &work.actions[link.other];
    if link.relation.has(Relation::GUEST_ALLOWED) || input.resource.is_none() {
        return false;
    }
    let (Some(resource), Some(node)) = (work.actions[action].resource, input.node) else {
        return false;
    };
    let node = &work.at.nodes[node];
    node.is_guest()
        && node
            .connection
            .is_some_and(|connection| work.at.resources[connection].container == Some(resource))
}

/// Two resources that migrate to each other's nodes cannot both wait for the room that the other
/// leaves.
fn swaps_places(work: &Work<'_>, action: ActionIndex, position: usize) -> bool {
    let state = &work.actions[action];
    state.before[position].relation == Relation::SAME_NODE_OR_TARGET
        && state.resource.is_some()
        && state.operation.task == Task::MigrateTo
        && leads_back(work, action, position)
}

/// Whether `action` waits for itself through the input at `position`.
fn leads_back(work: &Work<'_>, action: ActionIndex, position: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut queue = vec![(action, position)];
    while let Some((then, position)) = queue.pop() {
        if !counts_as_input(work, then, position) {
            continue;
        }
        let input = work.actions[then].before[position].other;
        if input == action {
            return true;
        }
        if seen.insert(input) {
            queue.extend((0..work.actions[input].before.len()).map(|next| (input, next)));
        }
    }
    false
}
