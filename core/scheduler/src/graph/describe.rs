//! An action as the graph describes it.

use super::{attributes, router};
use crate::index::{ActionIndex, NodeIndex};
use crate::model::{Operation, Resource, Task, Work};
use crate::transition::{Carrier, GraphAction, GraphPrimitive};
use base::WallTime;

/// All that tools and executors need of an action.
pub(super) fn describe(work: &Work<'_>, action: ActionIndex) -> GraphAction {
    let state = &work.actions[action];
    let carrier = match state.operation.task {
        _ if state.flags.is_pseudo => Carrier::Nobody,
        Task::Fence | Task::Shutdown | Task::ClearFailCount => Carrier::Cluster,
        _ => Carrier::Agent,
    };
    let is_on_node = carrier != Carrier::Nobody || state.operation.task == Task::Fence;
    let node = state.node.filter(|_| is_on_node).map(|node| {
        let node = &work.at.nodes[node];
        (node.name.clone(), node.id.clone())
    });
    let known_as = state.resource.and_then(|it| known_as(&work.at.resources[it]));
    let key = known_as.map(|name| key_with_name(work, action, name));
    GraphAction {
        id: action,
        carrier,
        operation: state.operation,
        task: state.task_name().to_owned(),
        internal_key: key.as_ref().map(|_| state.key.clone()),
        key: key.unwrap_or_else(|| state.key.clone()),
        router: node.as_ref().and_then(|_| router::router(work, action)),
        downed: if node.is_some() { downed(work, action) } else { Vec::new() },
        node,
        primitive: match (state.resource, carrier) {
            (_, Carrier::Nobody) | (None, _) => None,
            (Some(resource), _) => Some(primitive(&work.at.resources[resource])),
        },
        shutdown_lock: shutdown_lock(work, action),
        attributes: attributes::attributes(work, action),
    }
}

/// What the history calls an instance, where that is not its id.
fn known_as<'r>(resource: &'r Resource<'_>) -> Option<&'r str> {
    Some(resource.history_id.as_str()).filter(|name| *name != resource.id)
}

fn key_with_name(work: &Work<'_>, action: ActionIndex, name: &str) -> String {
    let state = &work.actions[action];
    match state.operation.task {
        Task::Cancel => {
            format!("{name}_{}", Operation::recurring(Task::Monitor, state.operation.interval))
        }
        // What a fencing implies is told of as a stop.
        Task::Notify(..) => {
            let word = |name: &str| state.meta.get(name).map_or("", String::as_str);
            format!("{name}_{}_notify_{}_0", word("notify_type"), word("notify_operation"))
        }
        Task::Notified(..) => format!("{name}_{}_0", state.operation.task.name()),
        _ => format!("{name}_{}", state.operation),
    }
}

fn primitive(resource: &Resource<'_>) -> GraphPrimitive {
    let known_as = known_as(resource);
    let (id, long_id) = match known_as {
        Some(name) if resource.is_removed => (name.to_owned(), Some(resource.id.clone())),
        _ if resource.settings.is_unique => (resource.id.clone(), None),
        _ => {
            let own = resource.definition.as_ref().map_or(resource.id.as_str(), |it| &it.id);
            let long = known_as.filter(|name| *name != own).unwrap_or(&resource.id);
            (own.to_owned(), Some(long.to_owned()))
        }
    };
    GraphPrimitive { id, long_id, agent: resource.agent.clone() }
}

/// Since when a resource waits for the action's node. While that is going down, only stops keep
/// the resource waiting: whatever else is done there would end that.
fn shutdown_lock(work: &Work<'_>, action: ActionIndex) -> Option<WallTime> {
    let state = &work.actions[action];
    let (node, since) = work.at.resources[state.resource?].lock?;
    let is_leaving = work.at.nodes[node].is_shutting_down;
    let keeps = !is_leaving || state.operation.task == Task::Stop;
    (state.node == Some(node) && keeps && !state.flags.is_pseudo).then_some(since)
}

/// Ids of nodes that are down when the action has happened.
fn downed(work: &Work<'_>, action: ActionIndex) -> Vec<String> {
    let state = &work.actions[action];
    let Some(node) = state.node else { return Vec::new() };
    match (state.operation.task, state.resource) {
        (Task::Shutdown, _) => vec![work.at.nodes[node].id.clone()],
        (Task::Fence, _) => match state.meta.get("stonith_action").map(String::as_str) {
            Some("off" | "reboot" | "poweroff") => {
                let guests = guests_on(work, node).into_iter();
                let nodes = std::iter::once(node).chain(guests);
                nodes.map(|node| work.at.nodes[node].id.clone()).collect()
            }
            _ => Vec::new(),
        },
        (Task::Stop, Some(resource)) => {
            let remote = work.at.resources[resource].remote_node.is_some();
            let is_handed_over = state.before.iter().any(|link| {
                let before = &work.actions[link.other];
                before.resource == Some(resource) && before.operation.task == Task::MigrateFrom
            });
            if remote && !is_handed_over {
                vec![work.at.resources[resource].id.clone()]
            } else {
                Vec::new()
            }
        }
        _ => Vec::new(),
    }
}

/// The guest nodes whose containers run on `node`.
fn guests_on(work: &Work<'_>, node: NodeIndex) -> Vec<NodeIndex> {
    let running = work.at.nodes[node].running.iter().map(|it| &work.at.resources[*it]);
    running.filter(|it| it.container.is_some()).filter_map(|it| it.remote_node).collect()
}
