//! What is done on remote nodes needs a connection that is up.

use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{Node, Operation, OrderEnd, Relation, Task, Work};
use cluster::Role;

/// How a remote node's connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    /// Nobody can tell before it has been tried.
    Unknown,
    /// It is up and stays where it is.
    Alive,
    /// It is about to be made elsewhere.
    Resting,
    /// It is lost and will not come back.
    Failed,
    /// It is or will be closed.
    Stopped,
}

/// How the connection to a remote node is.
pub(super) fn connection(work: &Work<'_>, node: NodeIndex) -> Connection {
    let Some(remote) = work.at.nodes[node].connection else { return Connection::Unknown };
    let state = &work.at.resources[remote];
    let holder = work.at.current_node(remote).map(|node| &work.at.nodes[node]);
    let goes_nowhere = state.next_role == Some(Role::Stopped) || work.drafts[remote].node.is_none();
    if goes_nowhere {
        let there = &work.at.nodes[node];
        return if holder.is_some_and(|holder| holder.is_unclean) {
            Connection::Failed
        } else if !state.has_failed {
            Connection::Stopped
        } else if state.next_role == Some(Role::Stopped)
            && !state.reconnect_interval.is_zero()
            && there.was_remote_fenced
            && !work.at.is_shutdown_requested(node)
        {
            // It will be tried again when the pause is over.
            Connection::Unknown
        } else {
            Connection::Failed
        };
    }
    match holder {
        None => Connection::Unknown,
        Some(holder) if holder.is_unclean || !holder.is_online => Connection::Resting,
        Some(_) if state.running_on.len() > 1 && state.partial_migration.is_some() => {
            Connection::Resting
        }
        Some(_) => Connection::Alive,
    }
}

/// Orders what is done on remote and guest nodes against their connections.
pub(super) fn order_connections(work: &mut Work<'_>) {
    if !work.at.nodes.values().any(Node::is_remote) {
        return;
    }
    let actions: Vec<ActionIndex> = work.actions.keys().rev().collect();
    for action in actions {
        order_connection(work, action);
    }
}

fn order_connection(work: &mut Work<'_>, action: ActionIndex) {
    let state = &work.actions[action];
    let (Some(resource), operation) = (state.resource, state.operation) else { return };
    let is_connection = work.at.resources[resource].remote_node.is_some();
    if is_connection && operation.task == Task::ClearFailCount {
        let clear = OrderEnd::action(action, Some(resource));
        let start = OrderEnd::of(resource, Operation::once(Task::Start));
        work.order(clear, start, Relation::ORDERED);
        return;
    }
    let Some(node) = state.node.filter(|_| !state.flags.is_pseudo) else { return };
    let Some(remote) = work.at.nodes[node].connection else { return };
    if operation == Operation::once(Task::Start) {
        keep_until_connected(work, resource, node, remote);
    }
    let task = match operation.task {
        Task::MigrateTo | Task::MigrateFrom => Task::Stop,
        task => task,
    };
    match work.at.resources[remote].container {
        Some(container) => order_in_guest(work, (action, task), node, (remote, container)),
        None => order_on_remote(work, (action, task), node, remote),
    }
}

/// What moves to a remote node is stopped only when the connection there is up.
fn keep_until_connected(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
    remote: ResourceIndex,
) {
    let stops: Vec<ActionIndex> =
        work.actions.find(resource, Operation::once(Task::Stop), None).collect();
    for stop in stops {
        if work.actions[stop].node != Some(node) {
            let start = OrderEnd::of(remote, Operation::once(Task::Start));
            work.order(start, OrderEnd::action(stop, Some(resource)), Relation::ORDERED);
        }
    }
}

/// `action` happens only after `first` was started.
fn after_start(work: &mut Work<'_>, first: ResourceIndex, action: ActionIndex, also: Relation) {
    let relation = Relation::GUEST_ALLOWED | Relation::FIRST_MUST_BE_RUNNABLE | also;
    let start = OrderEnd::of(first, Operation::once(Task::Start));
    work.order(start, OrderEnd::action(action, work.actions[action].resource), relation);
}

/// `action` happens before `then` is stopped.
fn before_stop(work: &mut Work<'_>, action: ActionIndex, then: ResourceIndex, also: Relation) {
    let relation = Relation::GUEST_ALLOWED | Relation::FIRST_MUST_BE_RUNNABLE | also;
    let stop = OrderEnd::of(then, Operation::once(Task::Stop));
    work.order(OrderEnd::action(action, work.actions[action].resource), stop, relation);
}

fn order_on_remote(
    work: &mut Work<'_>,
    (action, task): (ActionIndex, Task),
    node: NodeIndex,
    remote: ResourceIndex,
) {
    let state = connection(work, node);
    let none = Relation::NONE;
    match task {
        Task::Start | Task::Promote => {
            let is_lost = state == Connection::Failed;
            let also = if is_lost { Relation::FIRST_REQUIRES_THEN } else { none };
            after_start(work, remote, action, also);
        }
        Task::Stop => match state {
            Connection::Alive => {
                before_stop(work, action, remote, Relation::THEN_REQUIRES_FIRST);
            }
            Connection::Failed => {
                let reason = "resources are active but connection is unrecoverable";
                work.at.fence(node, reason, false);
            }
            _ if work.at.resources[remote].next_role == Some(Role::Stopped) => {
                before_stop(work, action, remote, Relation::THEN_REQUIRES_FIRST);
            }
            _ => after_start(work, remote, action, none),
        },
        Task::Demote => {
            if matches!(state, Connection::Resting | Connection::Unknown) {
                after_start(work, remote, action, none);
            }
        }
        _ if is_recurring(work, action) => {
            after_start(work, remote, action, Relation::FIRST_REQUIRES_THEN);
        }
        _ => {
            if task == Task::Monitor && state == Connection::Failed {
                let reason = "resources are in unknown state and connection is unrecoverable";
                work.at.fence(node, reason, false);
            }
            if state == Connection::Stopped && work.at.current_node(remote).is_some() {
                before_stop(work, action, remote, Relation::FIRST_MUST_BE_RUNNABLE);
            } else {
                after_start(work, remote, action, none);
            }
        }
    }
}

fn order_in_guest(
    work: &mut Work<'_>,
    (action, task): (ActionIndex, Task),
    node: NodeIndex,
    (remote, container): (ResourceIndex, ResourceIndex),
) {
    let has_failed = work.at.resources[container].has_failed;
    if has_failed {
        work.at.fence(node, "container failed", false);
    }
    match task {
        Task::Start | Task::Promote => {
            after_start(work, container, action, Relation::FIRST_REQUIRES_THEN);
            after_start(work, remote, action, Relation::NONE);
        }
        Task::Stop | Task::Demote => {
            // A failed container takes what it holds down with it.
            if !has_failed {
                before_stop(work, action, remote, Relation::NONE);
            }
        }
        // What is not repeated any more is so on both sides of a new connection.
        Task::Cancel => {}
        _ if is_recurring(work, action) => {
            after_start(work, remote, action, Relation::FIRST_REQUIRES_THEN);
        }
        _ => after_start(work, remote, action, Relation::NONE),
    }
}

fn is_recurring(work: &Work<'_>, action: ActionIndex) -> bool {
    let operation = work.actions[action].operation;
    operation.interval > 0 && operation.task != Task::Cancel
}
