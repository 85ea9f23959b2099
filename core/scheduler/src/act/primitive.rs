//! Orders that hold for a primitive without anybody saying so.

use super::unfencing;
use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{
    Colocation, Operation, OrderEnd, PlacementStrategy, Relation, Source, Task, Work,
};
use cluster::{Role, Score};

/// Stop before start, demote before stop, and what follows from where it runs.
pub(super) fn imply_orders(work: &mut Work<'_>, resource: ResourceIndex) {
    if !work.at.resources[resource].is_managed {
        return;
    }
    let restart = Relation::ORDERED | Relation::FIRST_REQUIRES_THEN | Relation::RESTART;
    work.order_operations((resource, Task::Stop), (resource, Task::Start), restart);
    let top = work.at.top_of(resource, false);
    let is_promotable = work.at.resources[top].is_promotable();
    if is_promotable || work.at.resources[resource].role > Role::Unpromoted {
        let before_stop = Relation::PROMOTED_THEN_REQUIRES_FIRST;
        work.order_operations((resource, Task::Demote), (resource, Task::Stop), before_stop);
        let after_start = Relation::FIRST_MUST_BE_RUNNABLE;
        work.order_operations((resource, Task::Start), (resource, Task::Promote), after_start);
    }
    // Who is probed anew need not be forgotten.
    let same = Relation::SAME_NODE | Relation::THEN_CANCELS_FIRST;
    work.order_operations((resource, Task::Delete), (resource, Task::Monitor), same);
    if unfencing::concerns(work, resource) {
        for node in nodes_in_table(work, resource) {
            unfencing::order_restart(work, resource, node);
        }
    }
    let counts_capacity = work.at.options.placement != PlacementStrategy::Default;
    if counts_capacity && !work.at.resources[resource].utilization.is_empty() {
        wait_for_room(work, resource);
    }
    if let Some(container) = work.at.resources[resource].container {
        follow_container(work, resource, container);
    }
    let state = &work.at.resources[resource];
    if state.remote_node.is_some() || state.agent.is_fencing() {
        avoid_remote_nodes(work, resource);
    }
}

/// The nodes of a resource's table, by name.
fn nodes_in_table(work: &Work<'_>, resource: ResourceIndex) -> Vec<NodeIndex> {
    let weights = &work.at.resources[resource].weights;
    let nodes = work.at.node_order.iter().copied();
    nodes.filter(|node| weights.cell(*node).is_some()).collect()
}

/// Where capacity counts, what leaves a node makes room before others come.
fn wait_for_room(work: &mut Work<'_>, resource: ResourceIndex) {
    let relation = Relation::SAME_NODE_OR_TARGET;
    let of = |task| OrderEnd::of(resource, Operation::once(task));
    for node in work.at.resources[resource].running_on.clone() {
        let room = room_on(work, node);
        work.order(of(Task::Stop), OrderEnd::action(room, None), relation);
    }
    for node in nodes_in_table(work, resource) {
        let room = room_on(work, node);
        for task in [Task::Start, Task::MigrateTo] {
            work.order(OrderEnd::action(room, None), of(task), relation);
        }
    }
}

/// The point at which a node has been relieved of what leaves it.
fn room_on(work: &mut Work<'_>, node: NodeIndex) -> ActionIndex {
    let name = format!("load_stopped_{}", work.at.nodes[node].name);
    let point = work.pseudo(name);
    if work.actions[point].node.is_none() {
        work.actions[point].node = Some(node);
        work.actions[point].flags.is_optional = false;
    }
    point
}

/// What runs inside of a container, or is the connection into it, follows the container.
fn follow_container(work: &mut Work<'_>, resource: ResourceIndex, container: ResourceIndex) {
    let is_connection = work.at.resources[resource].remote_node.is_some();
    let mut around = None;
    if is_connection {
        if !work.at.allows_remote(resource) {
            avoid_remote_nodes(work, container);
        }
        // A container that is found again by a probe needs no new connection.
        let probe = (container, Task::Monitor);
        work.order_operations(probe, (resource, Task::Stop), Relation::ORDERED);
    } else if work.at.resources[container].remote_node.is_some() {
        around = Some(container);
    } else {
        let launched = work.at.resources[container].launched.iter().copied();
        let mut connections = launched.filter(|it| work.at.resources[*it].remote_node.is_some());
        around = connections.next();
    }
    if let Some(connection) = around {
        stay_inside(work, resource, connection);
        return;
    }
    let up = Relation::FIRST_REQUIRES_THEN | Relation::FIRST_MUST_BE_RUNNABLE;
    work.order_operations((container, Task::Start), (resource, Task::Start), up);
    let down = Relation::THEN_REQUIRES_FIRST;
    work.order_operations((resource, Task::Stop), (container, Task::Stop), down);
    // A connection over the network may be held elsewhere, if need be.
    let prefers = Score::new(10_000);
    let score = if work.at.allows_remote(resource) { prefers } else { Score::INFINITY };
    let id = "#resource-with-container".into();
    work.colocate(Colocation { score, ..Colocation::implied(id, resource, container) });
}

/// What is inside of a guest runs there and nowhere else.
fn stay_inside(work: &mut Work<'_>, resource: ResourceIndex, connection: ResourceIndex) {
    let inside = work.at.resources[connection].remote_node;
    for node in nodes_in_table(work, resource) {
        if Some(node) != inside {
            forbid(work, resource, node, "runs inside of a guest");
        }
    }
}

/// Connections and fence devices are the business of full members. A remote node that nothing
/// leads to does not matter.
fn avoid_remote_nodes(work: &mut Work<'_>, resource: ResourceIndex) {
    for node in nodes_in_table(work, resource) {
        if work.at.nodes[node].connection.is_some() {
            forbid(work, resource, node, "remote nodes cannot run this");
        }
    }
}

fn forbid(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex, why: &str) {
    let never = Score::MINUS_INFINITY;
    work.at.resources[resource].weights.add(node, never, Source::Because(why.into()));
}
