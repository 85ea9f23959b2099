//! Looks whether a resource runs where nobody knows.
//!
//! Nothing is started before all nodes have been asked that might run it. And who waits for a
//! resource's start waits for its probes too when it is to be restarted: otherwise it would be
//! stopped for something that turns out to run already.

use super::collective;
use super::recurring::expect;
use super::remote::{self, Connection};
use crate::index::{ActionIndex, Indexed, NodeIndex, ResourceIndex};
use crate::model::{Actions, Link, Operation, OrderEnd, OrderLink, Relation, Task, Work};
use crate::place::{Which, compatible_instance};
use cluster::{Discovery, Role, exit_code};

/// Probes of all resources on all nodes, as far as needed.
pub(super) fn schedule(work: &mut Work<'_>) {
    let wanted = wanted(work);
    for node in work.at.node_order.clone() {
        let there = &work.at.nodes[node];
        if !there.is_online {
            let is_lost = there.is_remote()
                && !there.is_guest()
                && there.connection.is_some()
                && remote::connection(work, node) == Connection::Failed;
            if is_lost {
                work.fence(node, "the connection is unrecoverable");
            }
            continue;
        }
        if there.is_unclean || !there.allows_discovery || is_being_probed(work, node) {
            continue;
        }
        for resource in &wanted[node] {
            probe(work, *resource, node);
        }
    }
}

/// Which resources each node may have to be searched for. Mostly a resource is known everywhere, or
/// can be on few nodes: that is seen fastest resource by resource.
fn wanted(work: &Work<'_>) -> Indexed<NodeIndex, Vec<ResourceIndex>> {
    let mut wanted = Indexed::filled(Vec::new(), work.at.nodes.len());
    if !work.at.options.probes {
        return wanted;
    }
    for resource in &work.turn {
        let is_primitive = work.at.resources[*resource].is_primitive();
        for node in work.at.nodes.keys() {
            if !is_primitive || is_looked_for(work, *resource, node) {
                wanted[node].push(*resource);
            }
        }
    }
    wanted
}

/// Clusters of older days said so.
fn is_being_probed(work: &Work<'_>, node: NodeIndex) -> bool {
    let said = work.at.nodes[node].attributes.get("probe_complete");
    said.is_some_and(|text| cluster::value::boolean(text) != Some(true))
}

/// Looks for `resource` on `node` if need be; says whether it does.
pub(crate) fn probe(work: &mut Work<'_>, resource: ResourceIndex, node: NodeIndex) -> bool {
    if !work.at.resources[resource].is_primitive() {
        return collective::probe(work, resource, node);
    }
    if !can_be_there(work, resource, node) || !is_looked_for(work, resource, node) {
        return false;
    }
    let top = work.at.top_of(resource, false);
    if work.at.nodes[node].is_guest() && !is_guest_there_to_stay(work, node, top) {
        return false;
    }
    let probe = work.act(resource, Operation::PROBE, Some(node), false);
    work.actions[probe].flags.is_optional = false;
    work.unfence_before(resource, probe, Relation::ORDERED);
    let state = &work.at.resources[resource];
    if !state.running_on.contains(&node) {
        expect(work, probe, exit_code::NOT_RUNNING);
    } else if state.role == Role::Promoted {
        expect(work, probe, exit_code::PROMOTED);
    }
    // Instances of a clone are started as a whole.
    let started = if work.at.resources[top].is_clone() { top } else { resource };
    order_before_start(work, resource, probe, started);
    true
}

/// Fence devices and connections are never on remote nodes, guests not inside of guests.
fn can_be_there(work: &Work<'_>, resource: ResourceIndex, node: NodeIndex) -> bool {
    let state = &work.at.resources[resource];
    let there = &work.at.nodes[node];
    if !there.is_remote() {
        return true;
    }
    let holds_guest = state.launched.iter().any(|it| work.at.resources[*it].remote_node.is_some());
    !state.agent.is_fencing() && state.remote_node.is_none() && !(there.is_guest() && holds_guest)
}

fn is_looked_for(work: &Work<'_>, resource: ResourceIndex, node: NodeIndex) -> bool {
    let state = &work.at.resources[resource];
    let is_inside = state.container.is_some() && state.remote_node.is_none();
    if is_inside || state.is_removed || state.known_on.contains(node) {
        return false;
    }
    let top = work.at.top_of(resource, false);
    let cell = state.weights.cell(node);
    let is_exclusive =
        state.has_exclusive_discovery || work.at.resources[top].has_exclusive_discovery;
    match cell.map(|cell| cell.discovery) {
        Some(Discovery::Exclusive) => true,
        Some(Discovery::Never) => false,
        Some(Discovery::Always) => !is_exclusive,
        None => !is_exclusive && !work.at.nodes[node].is_reserved,
    }
}

/// Nothing is inside of a guest that is down, and a guest that goes down is asked when it is back.
fn is_guest_there_to_stay(work: &mut Work<'_>, node: NodeIndex, top: ResourceIndex) -> bool {
    let there = &work.at.nodes[node];
    let container = there.connection.and_then(|it| work.at.resources[it].container);
    let Some(container) = container else { return true };
    let guest = &work.at.resources[container];
    if guest.role == Role::Stopped {
        let goal = work.drafts[container].node;
        if goal.is_some_and(|goal| !guest.known_on.contains(goal)) {
            let probe = (container, Task::Monitor);
            work.order_operations(probe, (top, Task::Start), Relation::ORDERED);
        }
        return false;
    }
    let goal = work.drafts[container].node;
    let is_moving =
        guest.role > Role::Stopped && goal.is_some_and(|goal| !guest.running_on.contains(&goal));
    let will_stop = there.needs_remote_reset
        || there.is_unclean
        || guest.has_failed
        || guest.next_role == Some(Role::Stopped)
        || is_moving;
    if will_stop {
        work.order_operations((container, Task::Stop), (top, Task::Start), Relation::ORDERED);
    }
    !will_stop
}

fn order_before_start(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    probe: ActionIndex,
    top: ResourceIndex,
) {
    // What cannot be looked for must not be started, but need not be stopped where it runs.
    let is_blocking =
        !work.actions[probe].flags.is_runnable && work.at.resources[top].running_on.is_empty();
    let strict = Relation::ORDERED | Relation::FIRST_MUST_BE_RUNNABLE;
    let relation = if is_blocking { strict } else { Relation::ORDERED };
    let first = OrderEnd::action(probe, Some(resource));
    work.order(first, OrderEnd::of(top, Operation::once(Task::Start)), relation);
    if top == resource {
        let reload = OrderEnd::of(top, Operation::once(Task::Reload));
        work.order(first, reload, Relation::ORDERED);
    }
}

/// Orders probes before what would otherwise be restarted too early, or come before a probed
/// resource's stop would have.
pub(crate) fn order_probes(work: &mut Work<'_>) {
    let probes = all_probes(work);
    let mut walk = Walk::new(&work.actions);
    for probe in &probes {
        let followers: Vec<Link> = work.actions[*probe].after.iter().rev().copied().collect();
        for follower in followers {
            order_before_new_instances(work, *probe, follower);
            order_before_restarts(work, &mut walk, (*probe, follower.other));
        }
    }
    if !probes.is_empty() {
        order_before_what_waits_for_stops(work);
    }
}

fn all_probes(work: &Work<'_>) -> Vec<ActionIndex> {
    let mut probes = Vec::new();
    for top in &work.turn {
        for resource in work.at.primitives_in(*top) {
            probes.extend(work.actions.find(resource, Operation::PROBE, None));
        }
    }
    probes
}

/// A probe that cannot be run does not keep a clone from being started where some of its instances
/// are active: they would all be stopped. But no other instance may be started before it is known
/// where they are.
fn order_before_new_instances(work: &mut Work<'_>, probe: ActionIndex, follower: Link) {
    let strict = Relation::FIRST_MUST_BE_RUNNABLE;
    let after = &work.actions[follower.other];
    let (Some(probed), Some(clone)) = (work.actions[probe].resource, after.resource) else {
        return;
    };
    let state = &work.at.resources[clone];
    if !(state.is_clone() || state.is_bundle())
        || work.actions[probe].flags.is_runnable
        || follower.relation.has(strict)
        || work.at.top_of(probed, false) != clone
        || after.operation.task != Task::Start
    {
        return;
    }
    let is_new_instance = |link: &&Link| {
        let then = &work.actions[link.other];
        then.operation.task == Task::Start
            && then.resource.is_some_and(|resource| {
                work.at.resources[resource].running_on.is_empty()
                    && work.at.top_of(resource, false) == clone
            })
    };
    let starts: Vec<Link> = after.after.iter().rev().filter(is_new_instance).copied().collect();
    for start in starts {
        work.actions.order(probe, start.other, Relation::ORDERED | strict);
    }
}

/// A walk from each probe along what has to happen after it.
struct Walk {
    /// The last probe from which an action was reached.
    seen: Indexed<ActionIndex, Option<ActionIndex>>,
    /// The ways on from actions, as far as a walk has come by. Instances of a large ordered clone
    /// have links to all others, which are looked through once and not for each probe.
    ways: Indexed<ActionIndex, Option<Vec<Way>>>,
}

/// A way that a walk may take.
#[derive(Clone, Copy)]
struct Way {
    to: ActionIndex,
    /// Whether the one action forces the other to happen; else it leads inside of a resource.
    is_forced: bool,
}

impl Walk {
    fn new(actions: &Actions) -> Self {
        let count = actions.iter().count();
        Self { seen: Indexed::filled(None, count), ways: Indexed::filled(None, count) }
    }

    /// Whether the walk from `probe` comes to `action` for the first time.
    fn reaches(&mut self, probe: ActionIndex, action: ActionIndex) -> bool {
        self.seen[action].replace(probe) != Some(probe)
    }

    /// The ways on from an action that is no probe: those get new followers as the walks go on.
    fn ways_from(&mut self, work: &Work<'_>, action: ActionIndex) -> &[Way] {
        self.ways[action].get_or_insert_with(|| ways_from(work, action))
    }
}

fn ways_from(work: &Work<'_>, action: ActionIndex) -> Vec<Way> {
    let outer = work.actions[action].resource;
    let way = |link: &Link| {
        let inner = work.actions[link.other].resource;
        let is_inside = inner.is_some_and(|inner| work.at.resources[inner].parent == outer);
        let is_forced = link.relation.has(Relation::FIRST_REQUIRES_THEN);
        let is_way = is_forced || (outer.is_some() && is_inside);
        is_way.then_some(Way { to: link.other, is_forced })
    };
    work.actions[action].after.iter().filter_map(way).collect()
}

/// Along everything that a start forces to happen.
fn order_before_restarts(
    work: &mut Work<'_>,
    walk: &mut Walk,
    (probe, follower): (ActionIndex, ActionIndex),
) {
    let mut queue = vec![follower];
    while let Some(after) = queue.pop() {
        if !walk.reaches(probe, after) {
            continue;
        }
        order_before_restart(work, probe, after);
        let partner = interleaved_partner(work, probe, after);
        let passes =
            |way: &Way| way.is_forced || leads_inside(work, probe, (after, way.to), partner);
        let fresh;
        let ways = if work.actions[after].operation.is_probe() {
            fresh = ways_from(work, after);
            &fresh
        } else {
            walk.ways_from(work, after)
        };
        queue.extend(ways.iter().filter(|way| passes(way)).map(|way| way.to));
    }
}

fn order_before_restart(work: &mut Work<'_>, probe: ActionIndex, after: ActionIndex) {
    let Some(resource) = work.actions[after].resource else { return };
    let is_other = work.actions[probe].resource != Some(resource);
    if !is_other || !work.at.resources[resource].is_primitive() {
        return;
    }
    let counterpart = match work.actions[after].operation.task {
        Task::Start => Task::Stop,
        Task::Promote => Task::Demote,
        _ => return,
    };
    let counterparts: Vec<ActionIndex> =
        work.actions.find(resource, Operation::once(counterpart), None).collect();
    for then in counterparts {
        if !work.actions[then].flags.is_pseudo {
            work.actions.order(probe, then, Relation::ORDERED);
        }
    }
}

/// For an interleaved clone or bundle: the instance that belongs to the probed one.
fn interleaved_partner(
    work: &Work<'_>,
    probe: ActionIndex,
    after: ActionIndex,
) -> Option<Option<ResourceIndex>> {
    let resource = work.actions[after].resource?;
    let probed = work.actions[probe].resource?;
    let is_interleaved = work.at.resources[resource].is_interleaved();
    is_interleaved.then(|| compatible_instance(work, probed, resource, None, Which::Planned))
}

/// From a group or clone on to what is inside of it.
fn leads_inside(
    work: &Work<'_>,
    probe: ActionIndex,
    (after, next): (ActionIndex, ActionIndex),
    partner: Option<Option<ResourceIndex>>,
) -> bool {
    let of = |action: ActionIndex| work.actions[action].resource;
    let (Some(outer), Some(inner)) = (of(after), of(next)) else { return false };
    let is_collective = |it: ResourceIndex| !work.at.resources[it].is_primitive();
    let is_large = |it: ResourceIndex| is_collective(it) && !work.at.resources[it].is_group();
    let probed = of(probe).and_then(|it| work.at.resources[it].parent);
    if !is_collective(outer)
        || probed == Some(outer)
        || is_large(inner)
        || work.at.resources[inner].parent != Some(outer)
    {
        return false;
    }
    partner.is_none_or(|partner| partner == Some(inner))
}

/// Who waits for a stop waits for the probe that may find that there is something to stop.
fn order_before_what_waits_for_stops(work: &mut Work<'_>) {
    for position in 0..work.orders.len() {
        let order = work.orders[position];
        let Some(relation) = relation_for_probe(work, &order) else { continue };
        let Some(first) = order.first.resource else { continue };
        let probes: Vec<ActionIndex> = work.actions.find(first, Operation::PROBE, None).collect();
        if probes.is_empty() {
            continue;
        }
        let thens: Vec<ActionIndex> = match (order.then.action, order.then.resource) {
            (Some(action), _) => vec![action],
            (None, Some(resource)) => match order.then.operation {
                Some(operation) => work.actions.find(resource, operation, None).collect(),
                None => Vec::new(),
            },
            (None, None) => Vec::new(),
        };
        for probe in probes {
            for then in &thens {
                work.actions.order(probe, *then, relation);
            }
        }
    }
}

fn relation_for_probe(work: &Work<'_>, order: &OrderLink) -> Option<Relation> {
    let (first, then) = (order.first.resource?, order.then.resource?);
    let task = |end: &OrderEnd| match (end.action, end.operation) {
        (Some(action), _) => Some(work.actions[action].operation),
        (None, operation) => operation,
    };
    let stop = Operation::once(Task::Stop);
    if order.relation.is_none() || then == first || task(&order.first) != Some(stop) {
        return None;
    }
    // A probe inside of a container that stops comes when the container is back.
    let container = work.at.resources[first].container;
    if container == Some(then) && task(&order.then) == Some(stop) {
        return None;
    }
    let exact = [Relation::SAME_NODE_IF_REQUIRED, Relation::SAME_NODE_OR_TARGET];
    if exact.contains(&order.relation) {
        return Some(order.relation);
    }
    let mut relation = Relation::ORDERED;
    for kept in [Relation::UNLESS_FIRST_MIGRATES, Relation::SAME_NODE] {
        if order.relation.has(kept) {
            relation |= kept;
        }
    }
    Some(relation)
}
