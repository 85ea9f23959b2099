//! From orders between resources to links between actions.

use crate::index::{ActionIndex, ResourceIndex};
use crate::model::{Operation, OrderEnd, OrderLink, Relation, Task, Work};
use cluster::Role;

/// Makes links of all orders, in the order in which they were thought of.
pub(super) fn resolve(work: &mut Work<'_>) {
    for position in 0..work.orders.len() {
        let order = work.orders[position];
        match (order.first.resource, order.then.resource) {
            (Some(first), _) => after_resource(work, first, &order),
            (None, Some(then)) => link_to_resource(work, order.first.action, then, &order),
            (None, None) => {
                if let (Some(first), Some(then)) = (order.first.action, order.then.action) {
                    work.actions.order(first, then, order.relation);
                }
            }
        }
    }
}

/// The actions that one end stands for.
fn actions_of(work: &Work<'_>, resource: ResourceIndex, end: &OrderEnd) -> Vec<ActionIndex> {
    match (end.action, end.operation) {
        (Some(action), _) => vec![action],
        (None, Some(operation)) => work.actions.find(resource, operation, None).collect(),
        (None, None) => Vec::new(),
    }
}

fn after_resource(work: &mut Work<'_>, first: ResourceIndex, order: &OrderLink) {
    let then = order.then.resource;
    let mut firsts = actions_of(work, first, &order.first);
    if firsts.is_empty() {
        let Some(operation) = order.first.operation else { return };
        if then == Some(first) || is_pointless(work, first, operation) {
            return;
        }
        firsts.push(work.act(first, operation, None, true));
    }
    let then = then.or_else(|| work.actions[order.then.action?].resource);
    for first in firsts {
        match (then, order.then.action) {
            (Some(then), _) => link_to_resource(work, Some(first), then, order),
            (None, Some(then)) => {
                work.actions.order(first, then, order.relation);
            }
            (None, None) => {}
        }
    }
}

/// What is stopped need not be stopped, what is not promoted not be demoted: nobody has to wait.
fn is_pointless(work: &Work<'_>, resource: ResourceIndex, operation: Operation) -> bool {
    matches!(
        (work.at.role_of(resource, true), operation.task),
        (Role::Stopped, Task::Stop) | (Role::Unpromoted, Task::Demote)
    )
}

fn link_to_resource(
    work: &mut Work<'_>,
    first: Option<ActionIndex>,
    then: ResourceIndex,
    order: &OrderLink,
) {
    let mut relation = order.relation;
    let ends_own_migration = first.is_some_and(|first| {
        let first = &work.actions[first];
        first.resource == Some(then) && first.flags.ends_migration
    });
    if ends_own_migration {
        relation = relation.without(Relation::FIRST_REQUIRES_THEN);
    }
    for then in actions_of(work, then, &order.then) {
        match first {
            Some(first) => {
                work.actions.order(first, then, relation);
            }
            None if relation.has(Relation::FIRST_REQUIRES_THEN) => {
                work.actions[then].flags.is_runnable = false;
            }
            None => {}
        }
    }
}
