//! What orders mean for groups, clones and bundles.
//!
//! A point of a collective resource knows what its parts know: it is needed when a part's action
//! is. And what an order says to the whole it says to each part; between two clones with
//! `interleave`, only to the parts on the same node.

use super::{Changed, Pair, stir, update_pair};
use crate::index::{ActionIndex, Indexed, NodeIndex, ResourceIndex};
use crate::model::{
    ActionFlags, Fact, Kind, NotifyOf, NotifyPhase, Operation, Relation, Task, Work,
};
use crate::place::{self, Which, instances_of};

/// The point at which a clone's instances have been told that it is done: `running`, `stopped`,
/// `promoted` or `demoted`.
pub(crate) const fn told_of(done: Task) -> Option<Operation> {
    let of = match done {
        Task::Running => NotifyOf::Start,
        Task::Stopped => NotifyOf::Stop,
        Task::Promoted => NotifyOf::Promote,
        Task::Demoted => NotifyOf::Demote,
        _ => return None,
    };
    Some(Operation::once(Task::Notified(NotifyPhase::Post, of)))
}

/// What is known of an action, as seen from `node`; of a collective resource's point, with what is
/// known of its parts' actions, which the point remembers.
pub(crate) fn flags(
    work: &mut Work<'_>,
    action: ActionIndex,
    node: Option<NodeIndex>,
) -> ActionFlags {
    let Some(resource) = work.actions[action].resource else { return work.actions[action].flags };
    match work.at.resources[resource].kind {
        Kind::Primitive => work.actions[action].flags,
        Kind::Group => group_flags(work, action, resource, node),
        Kind::Clone(_) | Kind::Bundle(_) => {
            if let Some(known) = work.actions.summary(action, node) {
                return known;
            }
            let flags = summary(work, action, resource, node);
            work.actions.keep_summary(action, node, flags);
            flags
        }
    }
}

/// A point is possible and not needed until a part says otherwise.
fn point() -> ActionFlags {
    ActionFlags { is_pseudo: true, is_runnable: true, is_optional: true, ..ActionFlags::default() }
}

/// The parts that stand for a collective resource, to be walked without a copy of their list.
#[derive(Clone, Copy)]
enum Parts {
    /// A clone's instances, a group's members.
    Children(ResourceIndex),
    /// A bundle's containers.
    Containers(ResourceIndex),
}

impl Parts {
    fn of(work: &Work<'_>, resource: ResourceIndex) -> Self {
        match work.at.resources[resource].kind {
            Kind::Bundle(_) => Self::Containers(resource),
            _ => Self::Children(resource),
        }
    }

    /// What roles a bundle's instances have is a matter of what runs inside; all else of
    /// containers.
    fn of_task(work: &Work<'_>, resource: ResourceIndex, task: Task) -> Self {
        let concerns_containers = matches!(
            task,
            Task::Start | Task::Running | Task::Stop | Task::Stopped | Task::Monitor
        );
        match work.at.resources[resource].bundle() {
            Some(layout) if !concerns_containers => {
                layout.child.map_or(Self::Containers(resource), Self::Children)
            }
            _ => Self::of(work, resource),
        }
    }

    fn get(self, work: &Work<'_>, position: usize) -> Option<ResourceIndex> {
        match self {
            Self::Children(resource) => work.at.resources[resource].children.get(position).copied(),
            Self::Containers(bundle) => {
                let layout = work.at.resources[bundle].bundle()?;
                layout.replicas.get(position).map(|replica| replica.container)
            }
        }
    }
}

/// A group's action is needed when a member's is. What is only reached when all members have done
/// something can happen only when all can.
fn group_flags(
    work: &mut Work<'_>,
    action: ActionIndex,
    group: ResourceIndex,
    node: Option<NodeIndex>,
) -> ActionFlags {
    let mut flags = point();
    let task = work.actions[action].operation.task;
    for position in 0..work.at.resources[group].children.len() {
        let member = work.at.resources[group].children[position];
        let part = part_task(work, member, task);
        let Some(found) = newest(work, member, part, node) else {
            flags.is_runnable &= matches!(part, Task::Stop | Task::Demote);
            continue;
        };
        let its = self::flags(work, found, node);
        if !its.is_optional {
            flags.is_optional = false;
            work.actions.take(action, Fact::Optional);
        }
        if part != task && !its.is_runnable {
            flags.is_runnable = false;
            work.actions.take(action, Fact::Runnable);
        }
    }
    flags
}

/// An action of a clone or bundle is needed when an instance's is, and possible when one's is.
fn summary(
    work: &mut Work<'_>,
    action: ActionIndex,
    collective: ResourceIndex,
    node: Option<NodeIndex>,
) -> ActionFlags {
    let mut flags = point();
    let mut can_any = false;
    let task = instance_task(work, action, collective);
    let parts = Parts::of_task(work, collective, work.actions[action].operation.task);
    let mut positions = 0..;
    while let Some(instance) = positions.next().and_then(|position| parts.get(work, position)) {
        // Only a primitive's action has one node.
        let there = node.filter(|_| work.at.resources[instance].is_primitive());
        let Some(found) = newest(work, instance, task, there) else { continue };
        let its = self::flags(work, found, node);
        if !its.is_optional {
            flags.is_optional = false;
            work.actions.take(action, Fact::Optional);
        }
        can_any |= its.is_runnable;
    }
    if !can_any {
        flags.is_runnable = false;
        if node.is_none() {
            work.actions.take(action, Fact::Runnable);
        }
    }
    flags
}

/// What instances do for a point of the whole.
fn instance_task(work: &Work<'_>, action: ActionIndex, collective: ResourceIndex) -> Task {
    let task = match work.actions[action].operation.task {
        Task::Notify(NotifyPhase::Pre, of) | Task::Notified(NotifyPhase::Pre, of) => of.task(),
        Task::Notify(NotifyPhase::Post, of) | Task::Notified(NotifyPhase::Post, of) => match of {
            NotifyOf::Start => Task::Running,
            NotifyOf::Stop => Task::Stopped,
            NotifyOf::Promote => Task::Promoted,
            NotifyOf::Demote => Task::Demoted,
            NotifyOf::Fence => Task::Fence,
        },
        task => task,
    };
    match Parts::of(work, collective).get(work, 0) {
        Some(instance) => part_task(work, instance, task),
        None => task,
    }
}

/// What a part does for a point of the whole: where a group has `running`, a primitive has `start`.
fn part_task(work: &Work<'_>, part: ResourceIndex, task: Task) -> Task {
    if !work.at.resources[part].is_primitive() {
        return task;
    }
    match task {
        Task::Running => Task::Start,
        Task::Stopped => Task::Stop,
        Task::Promoted => Task::Promote,
        Task::Demoted => Task::Demote,
        task => task,
    }
}

/// The action that was thought of last.
fn newest(
    work: &Work<'_>,
    resource: ResourceIndex,
    task: Task,
    node: Option<NodeIndex>,
) -> Option<ActionIndex> {
    work.actions.of(resource).iter().rev().copied().find(|action| {
        let action = &work.actions[*action];
        action.operation.task == task && (node.is_none() || action.node == node)
    })
}

/// Lets an order speak to a pair of which the one that is to change is part of a collective
/// resource.
pub(crate) fn update(work: &mut Work<'_>, pair: Pair) -> Changed {
    let side = match pair.relation {
        Relation::THEN_REQUIRES_FIRST => pair.first,
        _ => pair.then,
    };
    match work.actions[side].resource {
        Some(resource) => update_for(work, resource, pair),
        None => Changed::default(),
    }
}

fn update_for(work: &mut Work<'_>, resource: ResourceIndex, pair: Pair) -> Changed {
    match work.at.resources[resource].kind {
        Kind::Primitive => update_plain(work, pair),
        Kind::Group => update_group(work, pair),
        Kind::Clone(_) | Kind::Bundle(_) => update_instances(work, pair),
    }
}

/// The rules for two actions. What a part of something has learnt, its own orders pass on.
fn update_plain(work: &mut Work<'_>, pair: Pair) -> Changed {
    let changed = update_pair(work, pair);
    let resource = work.actions[pair.then].resource;
    if changed.then && resource.is_some_and(|it| work.at.resources[it].parent.is_some()) {
        stir(work, pair.then);
    }
    changed
}

/// What is said to a group is said to each of its members.
fn update_group(work: &mut Work<'_>, pair: Pair) -> Changed {
    let mut changed = update_plain(work, pair);
    let Some(group) = work.actions[pair.then].resource else { return changed };
    let task = work.actions[pair.then].operation.task;
    for member in work.at.resources[group].children.clone() {
        if let Some(then) = newest(work, member, task, pair.node) {
            changed |= update_for(work, member, Pair { then, ..pair });
        }
    }
    changed
}

fn update_instances(work: &mut Work<'_>, pair: Pair) -> Changed {
    let Some(collective) = work.actions[pair.then].resource else { return Changed::default() };
    if let Some(leader) = interleaved_with(work, pair, collective) {
        return update_interleaved(work, pair, (leader, collective));
    }
    let mut changed = update_plain(work, pair);
    let task = work.actions[pair.then].operation.task;
    for instance in instances_of(work, collective) {
        let Some(then) = newest(work, instance, task, pair.node) else { continue };
        if !flags(work, then, pair.node).is_runnable {
            continue;
        }
        let its = update_for(work, instance, Pair { then, ..pair });
        if its.then {
            for position in (0..work.actions[then].after.len()).rev() {
                let follower = work.actions[then].after[position].other;
                stir(work, follower);
            }
        }
        changed |= its;
    }
    changed
}

/// The resource of the pair's first action, when its instances are to be paired with those of
/// `then`'s node by node. On the way down the one that goes last has the say.
fn interleaved_with(work: &Work<'_>, pair: Pair, then: ResourceIndex) -> Option<ResourceIndex> {
    let first = work.actions[pair.first].resource?;
    let has_instances =
        |it: ResourceIndex| matches!(work.at.resources[it].kind, Kind::Clone(_) | Kind::Bundle(_));
    if first == then || !has_instances(first) || !has_instances(then) {
        return None;
    }
    let goes_down = [Operation::once(Task::Stop), Operation::once(Task::Demote)]
        .contains(&work.actions[pair.then].operation);
    let says = &work.at.resources[if goes_down { first } else { then }];
    says.is_interleaved().then_some(first)
}

/// Each instance of `then` is ordered against the instance of `first` on its own node.
fn update_interleaved(
    work: &mut Work<'_>,
    pair: Pair,
    (first, then): (ResourceIndex, ResourceIndex),
) -> Changed {
    let done = work.actions[pair.first].operation;
    // On the way down instances meet where they are, on the way up where they will be.
    let is_down = matches!(
        done.task,
        Task::Stopped
            | Task::Demoted
            | Task::Notify(NotifyPhase::Post, NotifyOf::Stop | NotifyOf::Demote)
            | Task::Notified(NotifyPhase::Post, NotifyOf::Stop | NotifyOf::Demote)
    );
    let which = if is_down { Which::Current } else { Which::Planned };
    let first_task = instance_task(work, pair.first, first);
    let then_task = work.actions[pair.then].operation.task;
    let hosts = hosts(work, first, which);
    let mut changed = Changed::default();
    for instance in instances_of(work, then) {
        let Some(leader) = leader_of(work, instance, &hosts, which) else {
            changed.then |= give_up(work, instance, pair.relation, which);
            continue;
        };
        let is_up = !matches!(done.task, Task::Stop | Task::Stopped);
        let Some(its_first) = instance_action(work, leader, first_task, is_up, pair.node) else {
            continue;
        };
        let is_inside =
            matches!(then_task, Task::Promote | Task::Promoted | Task::Demote | Task::Demoted);
        let Some(its_then) = instance_action(work, instance, then_task, is_inside, pair.node)
        else {
            continue;
        };
        if work.actions.order(its_first, its_then, pair.relation) {
            changed |= Changed { first: true, then: true };
        }
        let first_flags = flags(work, its_first, pair.node);
        let its = Pair { first: its_first, then: its_then, first_flags, ..pair };
        changed |= update_for(work, instance, its);
    }
    changed
}

/// The first instance that is, or goes, to each node and has not failed for good.
fn hosts(
    work: &Work<'_>,
    collective: ResourceIndex,
    which: Which,
) -> Indexed<NodeIndex, Option<ResourceIndex>> {
    let mut hosts = Indexed::filled(None, work.at.nodes.len());
    for instance in instances_of(work, collective) {
        if work.is_blocked_within(instance) {
            continue;
        }
        if let Some(node) = work.only_node(instance, which) {
            hosts[node].get_or_insert(instance);
        }
    }
    hosts
}

/// The instance to wait for: the one on the same node; for an instance without node, one on the
/// best node that it might have had.
fn leader_of(
    work: &Work<'_>,
    instance: ResourceIndex,
    hosts: &Indexed<NodeIndex, Option<ResourceIndex>>,
    which: Which,
) -> Option<ResourceIndex> {
    if let Some(node) = work.only_node(instance, which) {
        return hosts[node];
    }
    place::best_among(work, instance, |node| hosts[node].is_some()).and_then(|node| hosts[node])
}

/// Where nobody is to be waited for, an instance may stop, but not start when it must wait.
fn give_up(work: &mut Work<'_>, instance: ResourceIndex, relation: Relation, which: Which) -> bool {
    let must = Relation::FIRST_MUST_BE_RUNNABLE | Relation::FIRST_REQUIRES_THEN;
    which == Which::Planned
        && relation.has_any(must)
        && place::assign_node(work, instance, None, true)
}

/// An instance's action; for a bundle's container, that of what is inside where `is_inside`.
fn instance_action(
    work: &Work<'_>,
    instance: ResourceIndex,
    task: Task,
    is_inside: bool,
    node: Option<NodeIndex>,
) -> Option<ActionIndex> {
    let inside = if is_inside { work.contained(instance) } else { None };
    match inside {
        Some(inside) => newest(work, inside, task, None),
        None => newest(work, instance, task, node),
    }
}
