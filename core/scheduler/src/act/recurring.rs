//! Monitors and other operations that are run again and again.

use crate::act::settings;
use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{Operation, OrderEnd, Relation, Task, Work};
use cluster::{Role, exit_code};
use std::collections::BTreeMap;

/// A recurring operation as configured.
#[derive(Clone, Copy)]
struct Watch {
    operation: Operation,
    role: Option<Role>,
}

/// Sets up what is to recur, and ends what no longer fits the role.
pub(super) fn schedule(work: &mut Work<'_>, resource: ResourceIndex) {
    let state = &work.at.resources[resource];
    if state.is_blocked || work.at.is_in_maintenance(resource) {
        return;
    }
    let goal = work.drafts[resource].node;
    let is_to_run = state.next_role != Some(Role::Stopped) || !state.is_managed;
    let is_touched = goal.is_some_and(|node| !work.at.nodes[node].is_in_maintenance);
    let start = (is_to_run && is_touched).then(|| work.once(resource, Task::Start, goal, true));
    for watch in watches(work, resource) {
        if let Some(start) = start {
            watch_active(work, resource, start, watch);
        }
        watch_inactive(work, resource, watch);
    }
}

/// What is configured to recur and enabled. Two with the same name and interval could not be told
/// apart, whatever their roles are, so that neither of them recurs.
fn watches(work: &Work<'_>, resource: ResourceIndex) -> Vec<Watch> {
    let mut counts: BTreeMap<Operation, u32> = BTreeMap::new();
    let mut watches = Vec::new();
    for settings in work.at.operations(resource) {
        let interval = settings.interval.value;
        let task = Task::parse(&settings.name).filter(|_| !interval.is_zero());
        let Some(task) = task else { continue };
        let operation = Operation::at_interval(task, interval);
        *counts.entry(operation).or_default() += 1;
        let is_enabled = settings::configured(work, resource, operation, false).is_some();
        if task == Task::Monitor && is_enabled {
            watches.push(Watch { operation, role: settings.role });
        }
    }
    watches.retain(|watch| counts.get(&watch.operation) == Some(&1));
    watches
}

/// The same operation on that node, as the history or another part of the plan knows it.
fn known(
    work: &Work<'_>,
    resource: ResourceIndex,
    operation: Operation,
    node: NodeIndex,
) -> Vec<ActionIndex> {
    work.actions.find(resource, operation, Some(node)).collect()
}

fn watch_active(work: &mut Work<'_>, resource: ResourceIndex, start: ActionIndex, watch: Watch) {
    let Watch { operation, role } = watch;
    if role == Some(Role::Stopped) {
        return;
    }
    let node = work.drafts[resource].node;
    let known = node.map(|node| known(work, resource, operation, node)).unwrap_or_default();
    let is_set_up = work.actions[start].flags.is_optional
        && !known.is_empty()
        && known.iter().all(|action| !work.actions[*action].flags.is_rescheduled);
    let (has, next_role) = {
        let state = &work.at.resources[resource];
        (state.role, state.next_role)
    };
    let fits = match role {
        Some(role) => next_role == Some(role),
        None => next_role != Some(Role::Promoted),
    };
    if !fits {
        if is_set_up {
            end_for_role(work, resource, operation, (has, next_role));
        }
        return;
    }
    let watch = work.act(resource, operation, node, is_set_up);
    let is_there =
        node.is_some_and(|node| work.at.nodes[node].is_online && !work.at.nodes[node].is_unclean);
    if !work.actions[start].flags.is_runnable || !is_there {
        work.actions[watch].flags.is_runnable = false;
    }
    if next_role == Some(Role::Promoted) {
        expect(work, watch, exit_code::PROMOTED);
    }
    if node.is_none() || work.at.resources[resource].is_managed {
        order_active(work, resource, watch, (has, next_role));
    }
}

/// The exit code that is no failure.
pub(super) fn expect(work: &mut Work<'_>, action: ActionIndex, code: i32) {
    work.actions[action].meta.insert("op_target_rc".into(), code.to_string());
}

fn order_active(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    watch: ActionIndex,
    (has, next_role): (Role, Option<Role>),
) {
    let of = |task| OrderEnd::of(resource, Operation::once(task));
    let strict = Relation::FIRST_REQUIRES_THEN | Relation::FIRST_MUST_BE_RUNNABLE;
    let mild = Relation::ORDERED | Relation::FIRST_MUST_BE_RUNNABLE;
    let alone = OrderEnd::action(watch, None);
    let own = OrderEnd::action(watch, Some(resource));
    work.order(of(Task::Start), alone, strict);
    work.order(of(Task::Reload), alone, strict);
    if next_role == Some(Role::Promoted) {
        work.order(of(Task::Promote), own, mild);
    } else if has == Role::Promoted {
        work.order(of(Task::Demote), own, mild);
    }
}

/// Ends a recurring operation that does not fit the role to come.
fn end_for_role(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    operation: Operation,
    (has, next_role): (Role, Option<Role>),
) {
    let Some(node) = work.drafts[resource].node else { return };
    let cancel = cancel(work, resource, operation, node);
    let before = match (has, next_role) {
        (Role::Started | Role::Unpromoted, Some(Role::Promoted)) => Task::Promote,
        (Role::Started | Role::Unpromoted, Some(Role::Stopped)) => Task::Stop,
        (Role::Promoted, _) => Task::Demote,
        _ => return,
    };
    let cancel = OrderEnd::action(cancel, Some(resource));
    let then = OrderEnd::of(resource, Operation::once(before));
    work.order(cancel, then, Relation::FIRST_MUST_BE_RUNNABLE);
}

/// An operation that watches that it is stopped where it is to be stopped.
fn watch_inactive(work: &mut Work<'_>, resource: ResourceIndex, watch: Watch) {
    let Watch { operation, role } = watch;
    // Instances that do not differ cannot be told to be stopped on a node.
    if role != Some(Role::Stopped) || !work.at.resources[resource].settings.is_unique {
        return;
    }
    let goal = work.drafts[resource].node;
    for node in work.at.node_order.clone() {
        if Some(node) == goal {
            end_before_start(work, resource, operation, node);
            continue;
        }
        let is_set_up = !known(work, resource, operation, node).is_empty();
        let watch = work.act(resource, operation, Some(node), is_set_up);
        expect(work, watch, exit_code::NOT_RUNNING);
        if work.at.resources[resource].is_managed {
            let probes = known(work, resource, Operation::PROBE, node);
            for probe in probes {
                work.actions.order(probe, watch, Relation::FIRST_MUST_BE_RUNNABLE);
            }
        }
        wait_for_stop(work, resource, node, watch);
        let there = &work.at.nodes[node];
        if !there.is_online || there.is_unclean {
            work.actions[watch].flags.is_runnable = false;
        }
    }
}

fn end_before_start(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    operation: Operation,
    node: NodeIndex,
) {
    if known(work, resource, operation, node).is_empty() {
        return;
    }
    let cancel = cancel(work, resource, operation, node);
    let next_role = work.at.resources[resource].next_role;
    if matches!(next_role, Some(Role::Started | Role::Unpromoted)) {
        let start = OrderEnd::of(resource, Operation::once(Task::Start));
        let cancel = OrderEnd::action(cancel, Some(resource));
        work.order(cancel, start, Relation::FIRST_MUST_BE_RUNNABLE);
    }
}

fn wait_for_stop(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    node: NodeIndex,
    watch: ActionIndex,
) {
    let is_managed = work.at.resources[resource].is_managed;
    for stop in known(work, resource, Operation::once(Task::Stop), node) {
        let stop_flags = work.actions[stop].flags;
        let flags = &mut work.actions[watch].flags;
        if !stop_flags.is_optional && !flags.is_optional && !is_managed {
            flags.is_optional = true;
        }
        if !stop_flags.is_runnable {
            flags.is_runnable = false;
        }
        if is_managed {
            let relation = Relation::FIRST_REQUIRES_THEN | Relation::FIRST_MUST_BE_RUNNABLE;
            let stop = OrderEnd::action(stop, Some(resource));
            work.order(stop, OrderEnd::action(watch, None), relation);
        }
    }
}

/// The end of a recurring operation. It takes the place of the operation itself.
pub(super) fn cancel(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    operation: Operation,
    node: NodeIndex,
) -> ActionIndex {
    let ended = Operation::recurring(Task::Cancel, operation.interval);
    if let Some(known) = work.actions.first(resource, ended, Some(node)) {
        return known;
    }
    let action = work.act(resource, operation, Some(node), false);
    let state = &mut work.actions[action];
    state.operation = ended;
    state.meta.insert("operation".into(), operation.task.name().into());
    state.meta.insert("interval".into(), operation.interval.to_string());
    action
}
