//! Fencing and shutdowns of nodes, and what they mean to the resources there.

use super::create::blank;
use super::notify;
use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{
    ActionFlags, Node, NodeKind, Operation, OrderEnd, Relation, Requires, Task, Work,
};
use crate::plan::PowerAction;
use std::time::Duration;

impl Work<'_> {
    /// The fencing (or unfencing) of a node; `None` stands for the action that is configured.
    pub(crate) fn fencing(
        &mut self,
        node: NodeIndex,
        how: Option<PowerAction>,
        is_optional: bool,
        reason: Option<&str>,
    ) -> ActionIndex {
        let how = how.unwrap_or(self.at.options.fencing_action);
        let key = format!("stonith-{}-{}", self.at.nodes[node].name, how.name());
        let known = self.actions.single(&key);
        let action = known.unwrap_or_else(|| self.make_fencing(node, how, key));
        let is_delayed = self.at.nodes[node].is_fencing_delayed
            || self.actions[action].meta.contains_key("priority-fencing-delay");
        if is_delayed && !self.at.options.priority_fencing_delay.is_zero() {
            let delay = priority_delay(self, node).as_secs().to_string();
            self.actions[action].meta.insert("priority-fencing-delay".into(), delay);
        }
        if !is_optional && self.at.can_fence(node) {
            self.actions[action].flags.is_optional = false;
        }
        if let Some(reason) = reason {
            self.actions[action].set_reason(reason, false);
        }
        action
    }

    fn make_fencing(&mut self, node: NodeIndex, how: PowerAction, key: String) -> ActionIndex {
        let flags = ActionFlags { is_optional: true, is_runnable: true, ..ActionFlags::default() };
        let mut action = blank(key, Operation::once(Task::Fence), flags);
        action.node = Some(node);
        action.meta.insert("stonith_action".into(), how.name().into());
        if how == self.at.options.fencing_action {
            action.reason.clone_from(&self.at.nodes[node].fence_reason);
        }
        if self.at.options.has_unfencing {
            let changed = super::changes::note_devices(self, node, &mut action);
            if changed {
                action.flags.is_optional = false;
            }
        }
        self.actions.push(action)
    }
}

/// The head start that a node gets whose side is not the majority, for the more important
/// resources that it runs.
fn priority_delay(work: &Work<'_>, node: NodeIndex) -> Duration {
    let target = &work.at.nodes[node];
    if target.kind != NodeKind::Member || target.is_online {
        return Duration::ZERO;
    }
    let members: Vec<&Node<'_>> =
        work.at.nodes.values().filter(|node| node.kind == NodeKind::Member).collect();
    let online = members.iter().filter(|node| node.is_online).count();
    let priorities = || members.iter().map(|node| node.priority);
    let (top, low) = (priorities().max(), priorities().min());
    if online > members.len() / 2 || top == low || Some(target.priority) < top {
        return Duration::ZERO;
    }
    work.at.options.priority_fencing_delay
}

/// Fences who has to be, lets go who wants to leave; the coordinator last.
pub(super) fn schedule(work: &mut Work<'_>) {
    let has_managed = work.at.resources.values().any(|resource| resource.is_managed);
    let mut coordinators = None;
    let (mut fencings, mut shutdowns) = (Vec::new(), Vec::new());
    for node in work.at.node_order.clone() {
        let there = &work.at.nodes[node];
        let (is_guest, is_coordinator) = (there.is_guest(), there.is_coordinator);
        let can_be_fenced = has_managed && work.at.can_fence(node);
        if is_guest {
            if there.needs_remote_reset && can_be_fenced {
                fence_guest(work, node);
            }
        } else if there.is_unclean && can_be_fenced {
            let fencing = work.fencing(node, None, false, Some("node is unclean"));
            order_around(work, fencing);
            if is_coordinator {
                coordinators = Some(fencing);
            } else {
                chain(work, &mut fencings, fencing);
            }
        } else if there.is_online && there.is_shutting_down && !there.is_remote() {
            let shutdown = shut_down(work, node);
            if is_coordinator {
                coordinators = Some(shutdown);
            } else {
                shutdowns.push(shutdown);
            }
        }
    }
    if let Some(last) = coordinators {
        put_last(work, last, &fencings, &shutdowns);
    }
}

/// Where nodes are fenced one at a time, each waits for the one before.
fn chain(work: &mut Work<'_>, fencings: &mut Vec<ActionIndex>, fencing: ActionIndex) {
    if let Some(before) = fencings.last()
        && !work.at.options.is_fencing_concurrent
    {
        work.actions.order(*before, fencing, Relation::ORDERED);
    }
    fencings.push(fencing);
}

/// The coordinator goes last: it is the one that carries the plan out. Other nodes' shutdowns do
/// not come before its fencing, as something of theirs may wait for that.
fn put_last(
    work: &mut Work<'_>,
    last: ActionIndex,
    fencings: &[ActionIndex],
    shutdowns: &[ActionIndex],
) {
    if work.actions[last].operation.task == Task::Shutdown {
        for shutdown in shutdowns {
            work.actions.order(*shutdown, last, Relation::ORDERED);
        }
    }
    let first =
        if work.at.options.is_fencing_concurrent { 0 } else { fencings.len().saturating_sub(1) };
    for fencing in &fencings[first..] {
        work.actions.order(*fencing, last, Relation::ORDERED);
    }
}

/// A node leaves when all that it runs and that the cluster may touch is stopped.
fn shut_down(work: &mut Work<'_>, node: NodeIndex) -> ActionIndex {
    let key = format!("do_shutdown-{}", work.at.nodes[node].name);
    let flags = ActionFlags { is_runnable: true, ..ActionFlags::default() };
    let mut action = blank(key, Operation::once(Task::Shutdown), flags);
    action.node = Some(node);
    action.meta.insert("op_no_wait".into(), "true".into());
    let shutdown = work.actions.push(action);
    if work.at.nodes[node].is_in_maintenance {
        return shutdown;
    }
    let is_stop_there = |work: &Work<'_>, action: ActionIndex| {
        let state = &work.actions[action];
        state.node == Some(node) && state.operation == Operation::once(Task::Stop)
    };
    let all: Vec<ActionIndex> = work.actions.keys().rev().collect();
    let stops: Vec<ActionIndex> =
        all.into_iter().filter(|action| is_stop_there(work, *action)).collect();
    for stop in stops {
        let Some(resource) = work.actions[stop].resource else { continue };
        let state = &work.at.resources[resource];
        let is_touched = state.is_managed || state.is_blocked;
        if work.at.is_in_maintenance(resource) || !is_touched {
            continue;
        }
        work.actions[stop].flags.is_optional = false;
        let relation = Relation::ORDERED | Relation::FIRST_MUST_BE_RUNNABLE;
        let first = OrderEnd::action(stop, Some(resource));
        work.order(first, OrderEnd::action(shutdown, None), relation);
    }
    shutdown
}

/// A guest is fenced by recovering its container; a point stands for that moment.
fn fence_guest(work: &mut Work<'_>, node: NodeIndex) {
    let connection = work.at.nodes[node].connection;
    let container = connection.and_then(|it| work.at.resources[it].container);
    let newest = |work: &Work<'_>, resource: Option<ResourceIndex>, task| {
        let resource = resource?;
        work.actions.find(resource, Operation::once(task), None).next_back()
    };
    let stop = newest(work, container, Task::Stop);
    let comes_back = newest(work, container, Task::Start).is_some();
    let how = if comes_back { PowerAction::Reboot } else { PowerAction::Off };
    let fencing = work.fencing(node, Some(how), false, Some("guest is unclean"));
    let flags = &mut work.actions[fencing].flags;
    (flags.is_pseudo, flags.is_runnable) = (true, true);
    let follows = Relation::FIRST_MUST_BE_RUNNABLE | Relation::FIRST_REQUIRES_THEN;
    match stop {
        Some(stop) if work.actions[stop].flags.is_pseudo => {
            // The container's stop is itself implied by the fencing of its host.
            if let Some(host) = work.actions[stop].node {
                let host = work.fencing(host, None, false, None);
                work.actions.order(host, fencing, follows);
            }
        }
        Some(stop) => {
            work.actions.order(stop, fencing, follows);
        }
        None => {
            if let Some(stop) = newest(work, connection, Task::Stop) {
                work.actions.order(stop, fencing, Relation::ORDERED);
            }
        }
    }
    order_around(work, fencing);
}

/// What is started elsewhere waits for the fencing; what would have to be stopped on the node is
/// stopped by it.
fn order_around(work: &mut Work<'_>, fencing: ActionIndex) {
    let Some(node) = work.actions[fencing].node else { return };
    for top in work.turn.clone() {
        for resource in work.at.primitives_in(top) {
            if work.at.resources[resource].is_managed {
                order_starts(work, resource, fencing, node);
                order_stops(work, resource, fencing, node);
            }
        }
    }
}

fn order_starts(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    fencing: ActionIndex,
    node: NodeIndex,
) {
    let actions: Vec<ActionIndex> = work.actions.of(resource).to_vec();
    for action in actions {
        let state = &work.actions[action];
        match state.requires {
            Requires::Fencing | Requires::Unfencing => {
                work.actions.order(fencing, action, Relation::ORDERED);
            }
            Requires::Quorum if state.operation.task == Task::Start => {
                // Nobody knows whether it is active on the node that is about to be fenced.
                let may_be = work.at.resources[resource].weights.cell(node).is_some();
                if may_be && !work.at.is_known_on(resource, node) {
                    let relation = Relation::ORDERED | Relation::FIRST_MUST_BE_RUNNABLE;
                    work.actions.order(fencing, action, relation);
                }
            }
            Requires::Quorum | Requires::Nothing => {}
        }
    }
}

fn order_stops(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    fencing: ActionIndex,
    node: NodeIndex,
) {
    let waits = work.at.resources[resource].settings.requires >= Requires::Fencing
        || work.at.nodes[node].is_guest();
    let on_node = |work: &Work<'_>, task| -> Vec<ActionIndex> {
        work.actions.find(resource, Operation::once(task), Some(node)).collect()
    };
    let top = work.at.top_of(resource, false);
    let is_in_bundle = work.at.resources[work.at.top_of(resource, true)].is_bundle();
    for stop in on_node(work, Task::Stop) {
        let flags = &mut work.actions[stop].flags;
        (flags.is_pseudo, flags.is_runnable) = (true, true);
        if waits {
            // Inside of a bundle the order of the whole is enough, more would make a circle.
            if !is_in_bundle {
                work.actions.order(fencing, stop, Relation::GUEST_ALLOWED);
            }
            let whole = work.actions.find(top, Operation::once(Task::Stop), None).next_back();
            if let Some(whole) = whole {
                work.actions.order(fencing, whole, Relation::GUEST_ALLOWED);
            }
        }
        if work.at.resources[resource].settings.is_notified {
            notify::after_fencing(work, stop, resource, fencing);
        }
    }
    let there = &work.at.nodes[node];
    let is_gone = !there.is_online || there.is_unclean || work.at.resources[resource].has_failed;
    for demote in on_node(work, Task::Demote).into_iter().filter(|_| is_gone) {
        let flags = &mut work.actions[demote].flags;
        (flags.is_pseudo, flags.is_runnable) = (true, true);
        if waits && !is_in_bundle {
            let relation = Relation::GUEST_ALLOWED | Relation::ORDERED;
            work.actions.order(fencing, demote, relation);
        }
    }
}
